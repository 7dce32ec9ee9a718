"""Writes a generated data set: whole, under its name, or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from pipeline.data.generation.csv_text import RatingText
from pipeline.data.generation.draws import Draws
from pipeline.data.generation.films import Films
from pipeline.data.generation.people import People
from pipeline.data.generation.ratings import Block, blocks
from pipeline.data.generation.size import Size
from pipeline.data.room import require_room
from pipeline.data.tables import RATINGS, TAGS
from pipeline.data.words import TAG_WORDS
from pipeline.data.work_folders import sweep
from pipeline.errors import DataError, SettingsError

__all__ = ["Generated", "Progress", "generate_folder"]

Progress = Callable[[str, float, float], None]
"""Told what is written, and how many rows of how many are."""

_FILES: Final = frozenset({"ratings.csv", "movies.csv", "links.csv", "tags.csv"})
_WHERE: Final = 4


@dataclass(frozen=True)
class Generated:
    """What has been generated.

    Attributes:
        folder: where it is
        size: rows by file
        seed: the argument
        bytes: of all files
        sha256: over the files in order of their names
        seconds: that it took
    """

    folder: Path
    size: Size
    seed: int
    bytes: int
    sha256: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folder": str(self.folder),
            **asdict(self.size),
            "seed": self.seed,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "seconds": round(self.seconds, 2),
        }


def generate_folder(
    folder: Path, size: Size, seed: int, progress: Progress, *, force: bool = False
) -> Generated:
    """Write ratings.csv, movies.csv, links.csv and tags.csv into a new `folder`.

    The bytes depend on `size` and `seed` alone.

    Args:
        folder: made; it is there only when all of it is
        size: how many rows
        seed: 0 to 2^63 - 1
        progress: told how far it is
        force: whether a folder with files of these names may be replaced

    Raises:
        SettingsError: the seed is none, or something is there already
        DataError: the disk has too little space, or does not take the files
    """
    if not 0 <= seed < 1 << 63:
        raise SettingsError(
            f"The seed {seed} cannot be used; valid are 0 to 2^63 - 1.", "lake generate --seed 7"
        )
    began = time.monotonic()
    _refuse_what_is_there(folder, force)
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        require_room(parent, _most_bytes(size), f"{size.ratings:,} ratings", "--output")
        with _unfinished(folder) as work:
            written, digest = _write(work, size, seed, progress)
            _put_in_place(work, folder, force)
    except OSError as error:
        raise _disk_error(error, folder) from error
    return Generated(folder, size, seed, written, digest, time.monotonic() - began)


def _refuse_what_is_there(folder: Path, force: bool) -> None:
    if not (folder.exists() or folder.is_symlink()):
        return
    if not force:
        raise SettingsError(
            f"{folder} is there already.",
            "Choose another folder with --output, or replace it: add --force",
        )
    strange = [folder] if folder.is_symlink() or not folder.is_dir() else []
    strange += [path for path in folder.glob("*") if path.name not in _FILES]
    if strange:
        raise SettingsError(
            f"{folder} is not replaced: {strange[0]} is no file of a generated data set.",
            "Choose another folder with --output.",
        )


def _most_bytes(size: Size) -> int:
    """An upper bound of the size of all files."""
    user, movie = len(str(size.users)) + 1, len(str(8 * size.movies)) + 1
    rating = user + movie + len("4.5,1537747200\n")
    tag = user + movie + max(len(word) for word in TAG_WORDS) + len('"""",1537747200\n')
    return size.ratings * rating + size.tags * tag + size.movies * 130 + 4_096


@contextlib.contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A folder beside `folder`; what killed runs have left there is swept after an hour."""
    parent, prefix = folder.absolute().parent, f".{folder.name}.unfinished-"
    sweep(parent.glob(f"{prefix}*"))
    work = parent / f"{prefix}{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put_in_place(work: Path, folder: Path, force: bool) -> None:
    if force and folder.exists():
        before = work.with_name(f"{work.name}-before")
        folder.rename(before)
        work.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    else:
        work.rename(folder)


def _write(work: Path, size: Size, seed: int, progress: Progress) -> tuple[int, str]:
    """Bytes of all files, and their SHA-256."""
    films, people = Films.of(size, seed), People.of(size, seed)
    progress("movies.csv", 0, size.ratings)
    (work / "movies.csv").write_bytes(films.movies_csv())
    (work / "links.csv").write_bytes(films.links_csv())
    text, tags = RatingText(films.ids), _Tags(films, size, seed)
    with (work / "ratings.csv").open("wb") as ratings, (work / "tags.csv").open("wb") as tagged:
        ratings.write(f"{RATINGS.header}\n".encode())
        tagged.write(f"{TAGS.header}\n".encode())
        done = 0
        for block in blocks(films, people, seed):
            ratings.write(text.rows(block))
            tags.write(tagged, block, done)
            done += len(block.users)
            progress("ratings.csv", done, size.ratings)
    digest, written = hashlib.sha256(), 0
    for path in sorted(work.iterdir()):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        written += path.stat().st_size
    return written, digest.hexdigest()


class _Tags:
    """Some ratings are followed by a tag, a minute later: every seventy-seventh, about."""

    def __init__(self, films: Films, size: Size, seed: int) -> None:
        self._ids, self._seed = films.ids, seed
        self._ratings, self._tags = size.ratings, size.tags
        self._words = [_quoted(word) for word in TAG_WORDS]

    def write(self, out: BinaryIO, block: Block, done: int) -> None:
        """The tags of a block before which `done` ratings were."""
        # One in each stretch of the same length, so that the sum is exact.
        ratings, tags, count = self._ratings, self._tags, len(block.users)
        first, last = -(-done * tags // ratings), -(-(done + count) * tags // ratings)
        number = np.arange(first, last)
        start = number * ratings // tags
        picked = np.clip(start - done, 0, count - 1)
        draws = Draws(self._seed, _WHERE, done)
        words = draws.below(len(self._words), len(number)).tolist()
        users, movies = block.users[picked] + 1, self._ids[block.movies[picked]]
        rows = zip(
            users.tolist(), movies.tolist(), words, (block.times[picked] + 60).tolist(), strict=True
        )
        out.write("".join(f"{u},{m},{self._words[w]},{time}\n" for u, m, w, time in rows).encode())


def _quoted(word: str) -> str:
    doubled = word.replace('"', '""')
    return f'"{doubled}"' if "," in word or '"' in word else word


def _disk_error(error: OSError, folder: Path) -> DataError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DataError(
            f"The disk is full: {folder} could not be written, and nothing of it is left.",
            f"Free some space (df -h {folder.absolute().parent}) and run the command again.",
        )
    where = error.filename or folder
    return DataError(
        f"{where} could not be written: {error.strerror or error}.",
        "Choose another folder with --output.",
    )
