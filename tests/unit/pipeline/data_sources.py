"""A small MovieLens-shaped source, and shortcuts, for the tests of pipeline.data."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.data import Dataset, load_dataset
from pipeline.data.synthetic import Shape, generate
from pipeline.errors import DataError

SMALL = Shape(users=20, movies=300, ratings=800, streamed=200, tags=30, links_without_tmdb=3)
COUNTS = {"movies": 300, "links": 300, "ratings": 800, "ratings-partial-load": 200, "tags": 30}


def make_source(folder: Path) -> Path:
    """Write the five files of ``SMALL`` into a new folder."""
    folder.mkdir()
    generate(folder, SMALL)
    return folder


def load(source: Path | str | None, cache: Path, **options: Any) -> tuple[Dataset, list[str]]:
    """The data set and the notices the user gets."""
    notices: list[str] = []
    given = None if source is None else str(source)
    return load_dataset(given, cache, notices.append, **options), notices


def refused(source: Path | str, cache: Path) -> DataError:
    """The error that loading ``source`` ends in; nothing half done may be left behind."""
    with pytest.raises(DataError) as error:
        load(source, cache)
    assert not list((cache / "work").glob("*"))
    assert not list((cache / "clean").glob("*"))
    return error.value


def zipped(folder: Path, archive: Path, prefix: str = "ml-latest-small/") -> Path:
    """Pack a folder as GroupLens does."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.iterdir()):
            out.write(path, prefix + path.name)
        out.writestr(f"{prefix}README.txt", "terms")
    return archive
