"""Files under raw/ in batches: what an execution has taken becomes one file that is streamed.

A batch is ``_lake/reactive/batches/<id>.json``, written once when its files have been read: from
then on they are taken, whoever comes. Good rows lie in ``data/ratings-partial-load/raw-<id>.csv``,
beside what the workshop streams, so that `lake verify` reconciles them; the others, each with its
reason, in ``ml/quarantine/raw/<id>.jsonl``.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import IO, Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing
from pipeline.lambdas import simulator
from pipeline.raw_ratings import rating_fault
from pipeline.run_state import fingerprint
from pipeline.simulated_ratings import raw_key

__all__ = ["Batch", "RawFile", "Taken", "batches", "make_batch", "new_files", "write_batch"]

LARGEST: Final = 64 << 20
"""Bytes of a file; a function has 512 MB for all of a batch."""


@dataclass(frozen=True)
class RawFile:
    """An object under raw/ as it was listed.

    Attributes:
        key: of the object
        etag: of its content
        modified: when it was put: the same content put again is another file
        size: bytes
    """

    key: str
    etag: str
    modified: datetime
    size: int

    @property
    def id(self) -> str:
        """The same for each event of one upload."""
        return fingerprint(self.key, self.etag, self.modified.isoformat())[:16]


@dataclass(frozen=True)
class Taken:
    """What has become of a file.

    Attributes:
        id: of the file
        key: of the object
        rows: good ones
        rejected: others, which are kept in the quarantine
        refused: why the whole file was not taken, "" when it was
    """

    id: str
    key: str
    rows: int = 0
    rejected: int = 0
    refused: str = ""


@dataclass
class Batch:
    """What an execution has taken.

    Attributes:
        id: of the batch
        execution: ARN of the execution
        files: all of them
        copy: key of their good rows, "" when there is none
        delivered: whether Firehose has delivered all of them
    """

    id: str
    execution: str
    files: list[Taken] = field(default_factory=list)
    copy: str = ""
    delivered: bool = False

    @property
    def rows(self) -> int:
        """Good rows of all files."""
        return sum(file.rows for file in self.files)


def batches(lake: Lake) -> list[Batch]:
    """All batches of the lake, in no order."""
    keys = [entry["Key"] for entry in lake.objects(f"{_folder(lake)}/")]
    return [found for key in keys if (found := _read(lake, key)) is not None]


def new_files(lake: Lake, known: Collection[Batch]) -> list[RawFile]:
    """Objects under raw/ that are in no batch, by key."""
    taken = {file.id for batch in known for file in batch.files}
    found = [
        RawFile(entry["Key"], entry["ETag"], entry["LastModified"], entry["Size"])
        for entry in lake.objects(lake.settings.raw_prefix)
        if not entry["Key"].endswith("/")
    ]
    return [file for file in found if file.id not in taken]


def make_batch(lake: Lake, execution: str, files: Collection[RawFile]) -> Batch:
    """Read files, write their rows to where they belong, then the batch.

    Args:
        lake: where
        execution: ARN of who takes them
        files: that are new

    Returns:
        the batch; an execution that is interrupted makes the same one again
    """
    batch = Batch(fingerprint(execution)[:16], execution)
    movies = _known_movies(lake)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as good,
        tempfile.TemporaryFile("w+", encoding="utf-8") as bad,
    ):
        csv.writer(good, lineterminator="\n").writerow(simulator.COLUMNS)
        batch.files = [_sift(lake, file, movies, good, bad) for file in files]
        if batch.rows:
            batch.copy = raw_key(lake, batch.id)
            _put(lake, batch.copy, good, "text/csv")
        if any(file.rejected for file in batch.files):
            key = f"{lake.settings.quarantine}/raw/{batch.id}.jsonl"
            _put(lake, key, bad, "application/x-ndjson")
    write_batch(lake, batch)
    return batch


def write_batch(lake: Lake, batch: Batch) -> None:
    """Keep a batch."""
    lake.s3.put_object(
        Bucket=lake.bucket,
        Key=f"{_folder(lake)}/{batch.id}.json",
        Body=json.dumps(asdict(batch), indent=1).encode("utf-8"),
        ContentType="application/json",
    )


def _sift(lake: Lake, file: RawFile, movies: Collection[int], good: IO[str], bad: IO[str]) -> Taken:
    """Write each row of a file to one of two; all or none of a file that cannot be read."""
    if file.size > LARGEST:
        return Taken(file.id, file.key, refused=f"{file.size:,} bytes, more than {LARGEST:,}")
    starts = good.tell(), bad.tell()
    writer, rows, rejected = csv.writer(good, lineterminator="\n"), 0, 0
    try:
        for line, row in _rows(lake, file.key):
            fault = rating_fault(row, movies, file.modified.timestamp())
            if fault is None:
                writer.writerow(row)
                rows += 1
            else:
                kept = {"file": file.key, "line": line, "reason": fault, "row": row}
                bad.write(json.dumps(kept, ensure_ascii=False) + "\n")
                rejected += 1
    except (ValueError, csv.Error) as error:  # UnicodeDecodeError is a ValueError
        for kept_in, start in zip((good, bad), starts, strict=True):
            kept_in.seek(start)
            kept_in.truncate()
        return Taken(file.id, file.key, refused=f"no CSV of ratings: {error}")
    if not rows:
        why = (
            f"none of its rows ({rejected:,}) is a rating of a known movie" if rejected else "empty"
        )
        return Taken(file.id, file.key, 0, rejected, why)
    return Taken(file.id, file.key, rows, rejected)


def _rows(lake: Lake, key: str) -> Iterator[tuple[int, list[str]]]:
    with lake.text(key) as lines:
        yield from simulator.read_rows(lines)


def _known_movies(lake: Lake) -> set[int]:
    """Ids of the movies of the training data: the job rejects ratings of others."""
    found: set[int] = set()
    for entry in lake.objects(f"{lake.settings.training_data}/movies/"):
        if entry["Key"].endswith(".csv"):
            with lake.text(entry["Key"]) as lines:
                rows = csv.reader(lines)
                next(rows, None)
                found.update(int(row[0]) for row in rows if row)
    return found


def _put(lake: Lake, key: str, text: IO[str], content_type: str) -> None:
    text.flush()
    body: io.BufferedIOBase = text.buffer  # type: ignore[attr-defined]
    body.seek(0)
    lake.s3.put_object(Bucket=lake.bucket, Key=key, Body=body, ContentType=content_type)


def _folder(lake: Lake) -> str:
    return f"{lake.settings.state}/reactive/batches"


def _read(lake: Lake, key: str) -> Batch | None:
    try:
        found: dict[str, Any] = json.loads(lake.read(key))
        return Batch(**{**found, "files": [Taken(**file) for file in found["files"]]})
    except ClientError as error:
        if not is_missing(error):
            raise
        return None
    except (KeyError, TypeError, ValueError):
        return None  # of another version: its files are taken again
