"""HttpParameters of a target: words, or JSON paths into the event."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.event_rules.http_target import parameters_of

EVENT = {"detail-type": "t", "detail": {"n": 7, "no": False, "list": [1, {"a": "b"}], "nil": None}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("$.detail.n", "7"),
        ("$.detail.no", "false"),
        ("$.detail-type", "t"),
        ("$.detail.list[1].a", "b"),
        ("$.detail.list", '[1,{"a":"b"}]'),
        ("$.detail.nil", ""),
        ("$.detail.gone", ""),
        *((word, word) for word in ("$", "$5", "$.a b", "x$.detail.n", "n")),
    ],
)
def test_only_an_entire_path_is_replaced(given: str, expected: str) -> None:
    http = {
        "PathParameterValues": [given],
        "HeaderParameters": {"h": given},
        "QueryStringParameters": {"q": given},
    }
    target: dict[str, Any] = {"HttpParameters": http}
    found = parameters_of(target, EVENT)
    assert (found.path, found.headers, found.query) == (
        [expected],
        {"h": expected},
        {"q": expected},
    )
    assert http["PathParameterValues"] == [given]


def test_there_may_be_none() -> None:
    found = parameters_of({}, EVENT)
    assert (found.path, found.headers, found.query) == ([], {}, {})
