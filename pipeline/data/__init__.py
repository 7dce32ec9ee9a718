"""Source data: where it comes from, what makes it valid, and synthetic data in its place."""

from pipeline.data.dataset import DataFile, Dataset, RejectedRow
from pipeline.data.loading import load_dataset
from pipeline.data.source import Source

__all__ = ["DataFile", "Dataset", "RejectedRow", "Source", "load_dataset"]
