"""The JSON of an invocation, checked, as queries.

    {"instances": [{"user_id": 1, "k": 10},
                   {"ratings": [{"movie_id": 31, "rating": 4.5}], "k": 5},
                   {"movie_ids": [31, 1029]}]}

`k` is optional (10). `user_id` may stand beside `ratings` or `movie_ids`; the list then decides
the taste, and what the user rated before is still left out of the answer. A movie id without a
rating counts as liked (4.0 stars). What may be asked for beside is in `wishes`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from recommender.errors import RequestError
from recommender.wishes import FIELDS as WISHES
from recommender.wishes import NOTHING, Wishes, parse_wishes, shown, whole

MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_INSTANCES = 1000
MAX_RATED_MOVIES = 10_000
DEFAULT_K = 10
LIKED = 4.0
_FIELDS = {"user_id", "k", "ratings", "movie_ids"} | WISHES
_EXAMPLE = '{"instances": [{"user_id": 1, "k": 10}]}'


@dataclass(frozen=True)
class Query:
    """One instance: a user, or (movie id → rating), or both, or a movie to list the like of."""

    user_id: int | None
    k: int
    rated: dict[int, float] | None
    wishes: Wishes = NOTHING


def parse(body: bytes | bytearray | str, content_type: str | None) -> list[Query]:
    """Queries of a request body; raises RequestError (400, 413 or 415)."""
    media = (content_type or "application/json").split(";")[0].strip().lower()
    if media != "application/json":
        raise RequestError(f"content type {media!r}; valid: application/json", 415)
    size = len(body)
    if size > MAX_BODY_BYTES:
        raise RequestError(f"the body has {size} bytes; valid: at most {MAX_BODY_BYTES}", 413)
    try:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8")
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the body is not JSON ({error}); valid: {_EXAMPLE}") from None
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not instances:
        raise RequestError(f"the body has no list of instances; valid: {_EXAMPLE}")
    if len(instances) > MAX_INSTANCES:
        raise RequestError(f"{len(instances)} instances; valid: at most {MAX_INSTANCES}", 413)
    return [_query(instance, f"instances[{i}]") for i, instance in enumerate(instances)]


def _query(instance: Any, where: str) -> Query:
    if not isinstance(instance, dict):
        raise RequestError(f"{where} is not an object; valid: {_EXAMPLE}")
    unknown = sorted(set(instance) - _FIELDS)
    if unknown:
        raise RequestError(f"{where} has {unknown}; valid fields: {sorted(_FIELDS)}")
    k = whole(instance.get("k", DEFAULT_K), f"{where}.k")
    if k <= 0:
        raise RequestError(f"{where}.k is {k}; valid: 1 or more")
    user_id = instance.get("user_id")
    if user_id is not None:
        user_id = whole(user_id, f"{where}.user_id")
    rated = _rated(instance, where)
    wishes = parse_wishes(instance, where)
    if user_id is None and rated is None and wishes.similar_to is None:
        raise RequestError(
            f"{where} has no user_id, ratings or movie_ids, and no similar_to; valid: {_EXAMPLE}"
        )
    return Query(user_id, k, rated, wishes)


def _rated(instance: dict[str, Any], where: str) -> dict[int, float] | None:
    if "ratings" in instance and "movie_ids" in instance:
        raise RequestError(f"{where} has both ratings and movie_ids; valid: one of them")
    field = "ratings" if "ratings" in instance else "movie_ids"
    entries = instance.get(field)
    if entries is None:
        return None
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_RATED_MOVIES:
        raise RequestError(f"{where}.{field} is not a list of 1 to {MAX_RATED_MOVIES} entries")
    rated: dict[int, float] = {}
    for i, entry in enumerate(entries):
        here = f"{where}.{field}[{i}]"
        if field == "movie_ids":
            movie, rating = whole(entry, here), LIKED
        elif isinstance(entry, dict) and set(entry) == {"movie_id", "rating"}:
            movie = whole(entry["movie_id"], f"{here}.movie_id")
            rating = _stars(entry["rating"], f"{here}.rating")
        else:
            raise RequestError(f'{here} is not {{"movie_id": …, "rating": …}}')
        if movie in rated:
            raise RequestError(f"{here} names movie {movie} a second time")
        rated[movie] = rating
    return rated


def _stars(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 5.0:
        raise RequestError(f"{where} is {shown(value)}; valid: 0.5 to 5.0")
    return float(value)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
