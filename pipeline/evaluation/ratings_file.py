"""Ratings in one file, as research data comes, brought into the form of the training channel.

Known are MovieLens' ``u.data`` (tabs) and ``ratings.dat`` (``::``), RecBole's ``.inter`` (tabs with
a typed header) and CSV: user, movie, rating and, where there is one, the time.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.errors import DataError

__all__ = ["write_channel"]

_SEPARATORS: Final = ("::", "\t", ",", ";")
_COLUMNS: Final = (3, 4)
_HEADER: Final = ("userid", "movieid", "rating", "timestamp")
_VALID: Final = "valid are lines of user, movie, rating and perhaps time, by tabs, :: or commas"


def write_channel(file: Path, channel: Path) -> None:
    """Write ``rating/`` and ``movies/`` of the channel; movies have titles of their ids.

    Args:
        channel: a folder that is there

    Raises:
        DataError: the file cannot be read, or a line of it is of another form
    """
    rating, movies = channel / "rating", channel / "movies"
    rating.mkdir()
    movies.mkdir()
    seen: dict[str, None] = {}
    try:
        with (rating / "ratings.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            for number, cells in enumerate(_rows(file)):
                if number == 0:
                    writer.writerow(_HEADER[: len(cells)])
                writer.writerow(cells)
                seen[cells[1]] = None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file} is no text in UTF-8: {error}.", f"Give other data: {_VALID}"
        ) from None
    except OSError as error:
        raise DataError(
            f"{file} cannot be read: {os.strerror(error.errno or 0)}.", f"Give other data: {_VALID}"
        ) from error
    if not seen:
        raise DataError(f"{file} has no ratings.", f"Give other data: {_VALID}")
    with (movies / "movies.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("movieid", "title", "genres"))
        writer.writerows((movie, f"movie {movie}", "") for movie in seen)


def _rows(file: Path) -> Iterator[list[str]]:
    separator, width = "", 0
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            text = line.rstrip("\r\n")
            if not text:
                continue
            separator = separator or next((s for s in _SEPARATORS if s in text), ",")
            cells = text.split(separator)
            if number == 1 and not _is_number(cells[0]):  # a header
                continue
            width = width or len(cells)
            if len(cells) != width or width not in _COLUMNS:
                raise DataError(
                    f"{file}, line {number} has {len(cells)} columns: {text[:80]!r}.",
                    f"Give other data: {_VALID}",
                )
            # Research data writes whole numbers as floats; what is none is refused by its reader.
            yield [cell.removesuffix(".0") for cell in cells]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
