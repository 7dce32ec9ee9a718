"""The API models' patterns, which are Java's, as requests are checked against them."""

from __future__ import annotations

import pytest

from lakestack.services.request_validation.constraints import model_pattern

NOT_SURROGATES = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"
"""Glue's for names: all of Unicode."""


@pytest.mark.parametrize(
    ("pattern", "valid", "invalid"),
    [
        (r"\p{ASCII}*", "application/json", "naïve"),  # InvokeEndpoint's ContentType
        (r"[\p{ASCII}]{0,3}", "abc", "é"),
        (r"\p{Alnum}+", "ab1", "-"),
        (r"arn:[\p{Alnum}\-]+:lambda", "arn:aws-cn:lambda", "arn:aws_cn:lambda"),
        (r"\p{Print}+", "ab c", "a\x07"),
        (r"\A\S[\p{Print}]*\z", "a b", " a"),
        (r"\[\p{Alnum}\]", "[a]", "a"),
        (r"[\\]x\]", r"\x]", "x"),
        (NOT_SURROGATES, "a table 😀", "a\x07"),
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "movielens-recommender", "movielens_recommender"),
    ],
)
def test_a_pattern_means_what_it_means_in_java(pattern: str, valid: str, invalid: str) -> None:
    compiled = model_pattern(pattern)
    assert compiled is not None
    assert compiled.fullmatch(valid)
    assert not compiled.fullmatch(invalid)
