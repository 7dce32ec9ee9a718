"""Durations and bodies of signals."""

from __future__ import annotations

import pytest

from lakestack.services.cloudformation.signals import Signal, parsed, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT15M", 900), ("PT1H30M", 5400), ("PT5S", 5), ("PT12H", 43_200)]
)
def test_durations(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["15", "PT", "P1D", "PT13H", ""])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="Timeout"):
        seconds_of(text)


def test_a_signal() -> None:
    body = b'{"Status": "SUCCESS", "UniqueId": "a", "Data": "d", "Reason": null}'
    assert parsed(body) == Signal("a", "SUCCESS", "", "d")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"Status": "FAILED", "UniqueId": "a"}', b'{"Status": "SUCCESS"}']
)
def test_what_is_no_signal(body: bytes) -> None:
    with pytest.raises(ValueError):
        parsed(body)
