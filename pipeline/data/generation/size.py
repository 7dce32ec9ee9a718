"""How many people, films and tags come with so many ratings.

From the counts that GroupLens publishes with its data sets (ratings, users, films, tags)::

    ml-latest-small      100,836      610    9,742      3,683
    ml-1m              1,000,209    6,040    3,883          -
    ml-10m            10,000,054   69,878   10,681     95,580
    ml-20m            20,000,263  138,493   27,278    465,564
    ml-25m            25,000,095  162,541   62,423  1,093,360
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.errors import SettingsError

__all__ = ["FEWEST", "MINIMUM", "MOST", "Size", "parse_size"]

MINIMUM: Final = 20
"""Ratings of each person at least: MovieLens leaves out people with fewer."""
FEWEST: Final = 1_000
MOST: Final = 1_000_000_000
"""Ids of people and films keep to seven digits."""
_PER_PERSON: Final = 155
_FILMS: Final = 8_573_750
"""9,500 films at 100,000 ratings, and twice as many for eight times the ratings."""
_TAGS_PER_THOUSAND: Final = 13
_UNITS: Final = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True)
class Size:
    """How much is generated.

    Attributes:
        ratings: rows of ratings.csv
        users: people, each with at least `MINIMUM` ratings
        movies: rows of movies.csv and links.csv
        tags: rows of tags.csv
    """

    ratings: int
    users: int
    movies: int
    tags: int

    @classmethod
    def of(cls, ratings: int) -> Size:
        """The size that goes with so many ratings.

        Raises:
            SettingsError: too few or too many of them
        """
        if not FEWEST <= ratings <= MOST:
            raise SettingsError(
                f"{ratings:,} ratings cannot be generated; valid are {FEWEST:,} to {MOST:,}.",
                "lake generate --ratings 1m",
            )
        return cls(
            ratings=ratings,
            users=max(1, ratings // _PER_PERSON),
            movies=_cube_root(ratings * _FILMS),
            tags=ratings * _TAGS_PER_THOUSAND // 1_000,
        )

    @property
    def most_per_user(self) -> int:
        """Nobody has seen more than a third of all films."""
        return self.movies // 3


def parse_size(text: str) -> Size:
    """The size that a user has named: ``10k``, ``1m``, ``2.5m``, ``100000`` or ``100_000``.

    Raises:
        SettingsError: no number, or one out of range
    """
    found = re.fullmatch(r"([0-9]{1,3}(?:[,_]?[0-9]{3})*|[0-9]+)(\.[0-9]+)?([km]?)", text.lower())
    number = None
    if found:
        whole, part, unit = found[1].replace(",", "").replace("_", ""), found[2] or ".0", found[3]
        digits = len(part) - 1
        scaled = int(whole + part[1:]) * _UNITS[unit]
        number = None if scaled % 10**digits else scaled // 10**digits
    if number is None:
        raise SettingsError(
            f"{text[:40]!r} is no number of ratings; valid are numbers like 10k, 100k, 1m, 2.5m, "
            f"10m, 25m or 100000, from {FEWEST:,} to {MOST:,}.",
            "lake generate --ratings 1m",
        )
    return Size.of(number)


def _cube_root(number: int) -> int:
    """The whole part of a cube root, without floating point."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**3 <= number:
            low = middle
        else:
            high = middle - 1
    return low
