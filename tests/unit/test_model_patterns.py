"""The API models' patterns, which are Java's, as requests are checked against them."""

from __future__ import annotations

import pytest

from emulation.services.request_validation.constraints import model_pattern

NOT_SURROGATES = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"
"""Glue's for names: all of Unicode."""


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"\p{ASCII}*", "application/json", "naïve"),  # InvokeEndpoint's ContentType
        (r"arn:[\p{Alnum}\-]+:lambda", "arn:aws-cn:lambda", "arn:aws_cn:lambda"),
        (r"\p{Print}+", "ab c", "a\x07"),
        (NOT_SURROGATES, "a table 😀", "a\x07"),
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "movielens-recommender", "movielens_recommender"),
    ],
)
def test_a_pattern_means_what_it_means_in_java(pattern: str, good: str, bad: str) -> None:
    compiled = model_pattern(pattern)
    assert compiled is not None
    assert compiled.fullmatch(good)
    assert not compiled.fullmatch(bad)
