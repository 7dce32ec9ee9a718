"""Everything that `lake evaluate` does before and after the measuring."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from pipeline.cache import cache_folder
from pipeline.cli.opening import open_lake
from pipeline.errors import EvaluationError
from pipeline.evaluation.champion import Champion, of_artifact, of_endpoint
from pipeline.evaluation.channel import from_lake, from_source
from pipeline.evaluation.evaluate import Evaluation, Wanted, evaluate
from pipeline.evaluation.report import write_report
from pipeline.home_paths import in_home

__all__ = ["measure"]


def measure(
    wanted: Wanted,
    *,
    source: str | None,
    model: Path | None,
    report: Path | None,
    where: tuple[str, str | None, str | None],
) -> Evaluation:
    """Fetch, measure, and write the report when one is wanted.

    Args:
        source: files to measure instead of a lake's
        model: where the champion is, instead of behind the endpoint
        report: the HTML file
        where: target, endpoint and region

    Raises:
        LakeError: no data, a wrong value, or a file that cannot be written
    """
    from pipeline.console import lake_console

    if wanted.people and report is None:
        raise EvaluationError("--user belongs to --report.", "Add: --report report.html")
    if report is not None:  # before the work, which takes longer
        _require_writable(report)
    given = None if model is None else of_artifact(in_home(model))
    with tempfile.TemporaryDirectory(prefix="lake-channel-") as work:
        channel = Path(work)
        if source is not None:
            reporter = lake_console.reporter()
            origin = from_source(source, cache_folder(), channel, reporter)
            champion = given or Champion("the defaults: no model was given")
        else:
            lake = open_lake(*where)
            reporter = lake.reporter
            origin = from_lake(lake, channel)
            champion = given or of_endpoint(lake)
        found = evaluate(channel, origin, champion, wanted, reporter)
    if report is not None:
        write_report(found, report)
        found = replace(found, report=report)
    return found


def _require_writable(path: Path) -> None:
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise EvaluationError(
            f"{path} cannot be written: it is a folder, or its folder is not there.",
            "Name a file in a folder that is there: lake evaluate --report report.html",
        )
