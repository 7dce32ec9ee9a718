"""An evaluation as one HTML page that needs nothing else: no network, no script, no font."""

from pipeline.evaluation.report.page import page
from pipeline.evaluation.report.writing import write_report

__all__ = ["page", "write_report"]
