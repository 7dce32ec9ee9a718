"""What the rest of the pipeline knows about the source data: files, counts, rejected rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

__all__ = ["SPLIT", "DataFile", "Dataset", "Kind", "RejectedRow"]

Kind = Literal["folder", "zip", "download", "synthetic"]
SPLIT: Final = "split"
"""File beside cleaned ones whose streamed ratings were split off, since the source had none."""


@dataclass(frozen=True)
class RejectedRow:
    """A row of the source that is not loaded.

    ``line`` counts the physical lines of the source file from 1 (the header is line 1);
    ``text`` is the row itself, undecodable bytes escaped, at most 2,000 characters.
    """

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class DataFile:
    """A cleaned CSV file: UTF-8, LF, one header line, then only valid rows as in the source.

    ``rows`` counts the rows without the header. ``keys`` counts their distinct keys, which is
    what a table keyed by them can hold: (user, movie) for ratings, (user, movie, tag) for tags,
    the movie for movies and links. ``duplicates`` counts rows equal to an earlier one byte for
    byte; they are kept, the Glue job removes them. ``sha256`` is over the cleaned file.
    ``unended`` is true when the source's last line had no line end, as that of a file that was cut
    off.
    """

    path: Path
    rows: int
    rejected: list[RejectedRow]
    sha256: str
    keys: int = 0
    duplicates: int = 0
    unended: bool = False


@dataclass(frozen=True)
class Dataset:
    """The five files of the workshop, cleaned.

    ``files`` has the keys ratings, movies, links, tags, ratings-partial-load.
    ``rating_pairs`` counts the distinct (user, movie) of the two ratings files together: the
    rows of the training data. ``origin`` says in words where the data came from.
    """

    files: dict[str, DataFile]
    origin: str
    kind: Kind
    rating_pairs: int
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(f"{name}:{self.files[name].sha256}\n".encode())
        object.__setattr__(self, "fingerprint", digest.hexdigest())

    @property
    def counts(self) -> dict[str, int]:
        """Rows per file."""
        return {name: file.rows for name, file in self.files.items()}

    @property
    def rejected(self) -> list[RejectedRow]:
        """The rejected rows of all files."""
        return [row for file in self.files.values() for row in file.rejected]


def to_manifest(files: dict[str, DataFile], rating_pairs: int) -> str:
    """JSON that :func:`from_manifest` reads back; paths are stored as bare file names."""
    entries = {name: {**asdict(file), "path": file.path.name} for name, file in files.items()}
    return json.dumps({"rating_pairs": rating_pairs, "files": entries}, indent=1)


def from_manifest(text: str, folder: Path) -> tuple[dict[str, DataFile], int]:
    """The files a manifest in ``folder`` describes, and the count of rating pairs.

    Raises ValueError, KeyError or TypeError for a manifest that is not ours.
    """
    manifest: dict[str, Any] = json.loads(text)
    files = {}
    for name, entry in manifest["files"].items():
        rejected = [RejectedRow(**row) for row in entry.pop("rejected")]
        path = folder / Path(entry.pop("path")).name
        files[name] = DataFile(path=path, rejected=rejected, **entry)
    return files, int(manifest["rating_pairs"])
