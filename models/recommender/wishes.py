"""What an instance may ask for beside its list: filters, diversity, reasons, unrated movies.

    {"user_id": 1, "genres": ["Comedy"], "years": [1990, 1999], "seen": "include",
     "diversity": 0.3, "explain": true, "unrated": 2}
    {"similar_to": 31, "k": 5}

All are optional; without them an answer is what it is without this module.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from recommender.errors import RequestError

FIELDS = frozenset(
    {"similar_to", "genres", "years", "seen", "diversity", "explain", "unrated"}
)  # fmt: skip
MAX_GENRES = 100
MAX_UNRATED = 1000
SEEN = ("exclude", "include", "only")


@dataclass(frozen=True)
class Wishes:
    """The optional part of a query.

    Attributes:
        similar_to: list what is like this movie
        genres: list only movies that have one of them
        years: list only movies of these years, both ends included
        seen: movies rated before: exclude, include or only those
        diversity: 0 (best first) to 1 (as unlike as can be)
        explain: name up to three rated movies behind each one listed
        unrated: how many places at the end go to movies that nobody rated, by genre
    """

    similar_to: int | None = None
    genres: tuple[str, ...] = ()
    years: tuple[int, int] | None = None
    seen: str = "exclude"
    diversity: float = 0.0
    explain: bool = False
    unrated: int = 0


NOTHING = Wishes()


def parse_wishes(instance: dict[str, Any], where: str) -> Wishes:
    """The wishes of an instance; raises RequestError naming the field and what is valid."""
    if not FIELDS & set(instance):
        return NOTHING
    similar_to = instance.get("similar_to")
    if similar_to is not None:
        similar_to = whole(similar_to, f"{where}.similar_to")
    explain = instance.get("explain", False)
    if not isinstance(explain, bool):
        raise RequestError(f"{where}.explain is {shown(explain)}; valid: true or false")
    seen = instance.get("seen", "exclude")
    if seen not in SEEN:
        raise RequestError(f"{where}.seen is {shown(seen)}; valid: {', '.join(SEEN)}")
    unrated = whole(instance.get("unrated", 0), f"{where}.unrated")
    if not 0 <= unrated <= MAX_UNRATED:
        raise RequestError(f"{where}.unrated is {unrated}; valid: 0 to {MAX_UNRATED}")
    return Wishes(
        similar_to,
        _genres(instance.get("genres", []), f"{where}.genres"),
        _years(instance.get("years"), f"{where}.years"),
        seen,
        _share(instance.get("diversity", 0.0), f"{where}.diversity"),
        explain,
        unrated,
    )


def _genres(value: Any, where: str) -> tuple[str, ...]:
    fits = isinstance(value, list) and len(value) <= MAX_GENRES
    if not fits or not all(isinstance(name, str) and name for name in value):
        raise RequestError(
            f"{where} is {shown(value)}; valid: a list of at most {MAX_GENRES} names"
        )
    return tuple(value)


def _years(value: Any, where: str) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise RequestError(f"{where} is {shown(value)}; valid: [first, last]")
    first, last = (whole(year, f"{where}[{i}]") for i, year in enumerate(value))
    if first > last:
        raise RequestError(f"{where} is {shown(value)}; valid: [first, last], first not after last")
    return first, last


def _share(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise RequestError(f"{where} is {shown(value)}; valid: 0 to 1")
    return float(value)


def whole(value: Any, where: str) -> int:
    """The whole number that `value` is; raises RequestError naming `where`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestError(f"{where} is {shown(value)}; valid: a whole number")
    number: int = value
    return number


def shown(value: Any) -> str:
    """`value` as JSON, cut to 60 characters."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
