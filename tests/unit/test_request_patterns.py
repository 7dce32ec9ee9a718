"""Patterns of the API models, written for Java, as the validation reads them."""

from __future__ import annotations

import pytest

from emulation.services.request_validation.constraints import model_pattern


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"\p{ASCII}*", "application/json", "é"),  # InvokeEndpoint's ContentType
        (r"[\p{ASCII}]+", "a/b", "é"),
        (r"[\p{Alnum}_-]+", "a_1-", "a/b"),
        (r"\[\p{Alnum}", "[a", "a"),
    ],
)
def test_posix_classes_stand_within_brackets_and_without(pattern: str, good: str, bad: str) -> None:
    compiled = model_pattern(pattern)
    assert compiled.fullmatch(good)
    assert not compiled.fullmatch(bad)
