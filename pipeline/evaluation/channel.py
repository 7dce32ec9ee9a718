"""The training channel on this machine: from the lake, from MovieLens files, or from one file."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.data import Source
from pipeline.errors import EvaluationError
from pipeline.evaluation.ratings_file import write_channel
from pipeline.home_paths import in_home
from pipeline.lake import Lake, Reporter
from pipeline.slow_step import SlowStep

__all__ = ["from_lake", "from_source"]

_STEP = "evaluate: data"


def from_lake(lake: Lake, channel: Path) -> str:
    """Fetch what the training job reads, file by file; return where it came from.

    Raises:
        EvaluationError: the lake has no training data
    """
    prefix = f"{lake.settings.training_data}/"
    entries = []
    if lake.has_bucket():
        entries = [entry for entry in lake.objects(prefix) if entry["Key"].endswith(".csv")]
    if not entries:
        raise EvaluationError(
            f"The lake has no training data below s3://{lake.bucket}/{prefix}",
            "Make it with: lake run. Or measure files: lake evaluate --source <folder>",
        )
    total, done = sum(int(entry["Size"]) for entry in entries), 0
    with SlowStep(lake.reporter, _STEP) as progress:
        for number, entry in enumerate(entries):
            progress(f"{entry['Key']}", done, total)
            table = entry["Key"].removeprefix(prefix).split("/")[0]
            folder = channel / table
            folder.mkdir(exist_ok=True)
            with lake.binary(entry["Key"]) as body, (folder / f"{number:06}.csv").open("wb") as out:
                shutil.copyfileobj(body, out, 1 << 20)
            done += int(entry["Size"])
    return f"s3://{lake.bucket}/{prefix}"


def from_source(source: str, cache: Path, channel: Path, reporter: Reporter) -> str:
    """Lay the channel out of local files; return where it came from.

    Args:
        source: folder or zip of MovieLens files, or one file of ratings

    Raises:
        DataError: it cannot be read
    """
    given = in_home(source)
    if given.is_file() and given.suffix != ".zip":
        write_channel(given, channel)
        return str(given)
    with SlowStep(reporter, _STEP) as progress:
        data = Source(source, cache).load(reporter.line, progress)
    for table, names in {
        "rating": ("ratings", "ratings-partial-load"),
        "movies": ("movies",),
        "links": ("links",),
    }.items():
        (channel / table).mkdir()
        for name in names:
            (channel / table / f"{name}.csv").symlink_to(data.files[name].path.resolve())
    return data.origin
