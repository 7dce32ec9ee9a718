"""Reads a source's raw files, cleans them, and splits the ratings where the source does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.data.archive import OPTIONAL
from pipeline.data.dataset import SPLIT, DataFile
from pipeline.data.room import amount
from pipeline.data.row_log import shared_keys
from pipeline.data.split import split_ratings
from pipeline.data.tables import FILES
from pipeline.data.threshold import check_threshold
from pipeline.data.validation import Scan, clean

__all__ = ["clean_all"]

Progress = Callable[[str, float, float], None]


def clean_all(
    raw: dict[str, Path], result: Path, percent: float, progress: Progress
) -> tuple[dict[str, DataFile], int, bool]:
    """The cleaned files, how many rating pairs there are, and whether the clock has decided."""
    scans: dict[str, Scan] = {}
    total, before = sum(path.stat().st_size for path in raw.values()), 0
    for name, table in FILES.items():
        if name in raw:
            scans[name] = clean(
                raw[name],
                result / f"{name}.csv",
                table,
                name=f"{name}.csv",
                movies=scans["movies"].movies if scans else None,
                seen=_after(before, progress, f"checking {name}.csv", total),
            )
            before += raw[name].stat().st_size
            check_threshold(f"{name}.csv", scans[name].file, percent)
    files = {name: scan.file for name, scan in scans.items()}
    if OPTIONAL in scans:
        pairs = shared_keys(scans["ratings"].log, scans[OPTIONAL].log)
    else:
        progress("splitting ratings.csv", total, total)
        pairs = files["ratings"].keys
        loaded, streamed = split_ratings(scans["ratings"], result / f"{OPTIONAL}.csv")
        files |= {"ratings": loaded, OPTIONAL: streamed}
        (result / SPLIT).touch()
    for scan in scans.values():
        scan.log.close()
    clock = any(scan.hangs_on_clock for scan in scans.values())
    return {name: files[name] for name in FILES}, pairs, clock


def _after(before: int, progress: Progress, what: str, total: int) -> Callable[[int], None]:
    """Progress in a file before which so many bytes of others were read."""

    def seen(done: int) -> None:
        progress(f"{what}: {amount(before + done)} of {amount(total)}", before + done, total)

    return seen
