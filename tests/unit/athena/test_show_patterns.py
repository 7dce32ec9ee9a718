"""Names by the patterns of SHOW TABLES."""

from __future__ import annotations

import pytest

from lakestack.services.athena.engine.catalog_statements import _matching

NAMES = ["movies", "movies_t", "ratings", "ratings_t", "t"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (None, NAMES),
        ("*", NAMES),
        ("movies", ["movies"]),
        ("MOVIES*", ["movies", "movies_t"]),
        ("*_t", ["movies_t", "ratings_t"]),
        ("*t*t", ["ratings_t"]),
        ("m*s|t", ["movies", "t"]),
        ("t*t", []),
        ("*in*_*", ["ratings_t"]),
        ("[mr]*", []),
        ("", []),
    ],
)
def test_a_star_is_anything_and_a_bar_divides_choices(
    pattern: str | None, found: list[str]
) -> None:
    assert _matching(NAMES, pattern) == found
