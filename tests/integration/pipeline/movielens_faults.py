"""A MovieLens-shaped folder with malformed rows of every kind, below and above the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.integration.pipeline.movielens_data import LOADED, MOVIES, STREAMED, TAGS, write_folder

MALFORMED = (
    b"12,7,3.0",  # a column too few
    b"12,7,3.0,1200000000,more",  # a column too many
    b'12,"7,3.0,1200000000',  # a quote that is not closed
    b"twelve,7,3.0,1200000000",  # no number
    b"12,7,5.5,1200000000",  # off the scale
    b"12,7,3.3,1200000000",  # off the half-step
    b"12,7,NaN,1200000000",
    b"-12,7,3.0,1200000000",
    b"12,7\x00,3.0,1200000000",
    b"12,7,3.0,1200000000000",  # milliseconds
    b"12,9999,3.0,1200000000",  # a movie that is not in movies.csv
    b"12,7,3.0,12\xe900000000",  # not UTF-8
)
"""Rows for ratings.csv, each bad in its own way: 0.5 % of the file that `spoil` makes."""


@dataclass(frozen=True)
class Spoilt:
    """What a folder that `write_spoilt` made must give."""

    items: dict[str, int]
    streamed: int
    pairs: int
    lines: dict[int, bytes]
    """Line number in ratings.csv and text of every malformed row."""


def write_spoilt(folder: Path) -> Spoilt:
    """Write a folder in which 0.5 % of ratings.csv is malformed, spread over the file."""
    write_folder(folder)
    path = folder / "ratings.csv"
    header, *rows = path.read_bytes().splitlines()[: LOADED + 1]  # without its own two bad rows
    lines = {}
    for number, bad in enumerate(MALFORMED):
        at = 1 + number * (len(rows) // len(MALFORMED))
        rows.insert(at, bad)
        lines[at + 2] = bad  # the header is line 1
    path.write_bytes(b"\n".join([header, *rows]) + b"\n")
    partial = folder / "ratings-partial-load.csv"
    partial.write_bytes(b"\n".join(partial.read_bytes().splitlines()[: STREAMED + 1]) + b"\n")
    return Spoilt(
        items={"ratings_t": LOADED, "movies_t": MOVIES, "links_t": MOVIES, "tags_t": TAGS},
        streamed=STREAMED,
        pairs=LOADED + STREAMED,
        lines=lines,
    )


def write_ruined(folder: Path) -> int:
    """Write a folder in which more than 1 % of ratings.csv is malformed; returns how many rows."""
    write_spoilt(folder)
    path = folder / "ratings.csv"
    path.write_bytes(path.read_bytes() + b"12,7,3.0\n" * len(MALFORMED) * 2)
    return 3 * len(MALFORMED)
