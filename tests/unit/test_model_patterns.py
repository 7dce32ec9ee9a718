"""Patterns of the API models, which are written for Java, on RE2."""

from __future__ import annotations

import pytest

from emulation.services.request_validation.constraints import model_pattern


@pytest.mark.parametrize(
    ("pattern", "valid", "invalid"),
    [
        (r"\p{ASCII}*", "trace=1", "é"),
        (r"[\p{ASCII}]{0,3}", "abc", "é"),
        (r"\p{Alnum}+", "ab1", "-"),
        (r"arn:[\p{Alnum}\-]+:x", "arn:aws-cn:x", "arn:aws_cn:x"),
        (r"\p{Print}+", "a b", "a\n"),
        (r"\A\S[\p{Print}]*\z", "a b", " a"),
        (r"\[\p{Alnum}\]", "[a]", "a"),
        (r"[\\]x\]", r"\x]", "x"),
    ],
)
def test_posix_classes_inside_and_outside_of_brackets(
    pattern: str, valid: str, invalid: str
) -> None:
    compiled = model_pattern(pattern)
    assert compiled.fullmatch(valid)
    assert not compiled.fullmatch(invalid)
