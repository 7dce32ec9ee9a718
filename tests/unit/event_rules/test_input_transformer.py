"""Values of the event in a target's template."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.event_rules.input_transformer import filled, values_of

EVENT = {"detail": {"n": 7, "zero": 0, "no": False, "text": "a", "all": {"b": 1}, "list": [1, "c"]}}
PATHS = {name: f"$.detail.{name}" for name in (*EVENT["detail"], "gone")}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"number <n>"', "number 7"),
        ('"<zero> <no> <text> <gone>|"', "0 false a |"),
        ('{"n": <n>, "zero": <zero>, "no": <no>}', {"n": 7, "zero": 0, "no": False}),
        ('{"text": <text>, "in": "x <text> <n>"}', {"text": "a", "in": "x a 7"}),
        ('{"all": <all>, "list": <list>}', {"all": {"b": 1}, "list": [1, "c"]}),
        ('[<n>, <text>, "in <n>"]', [7, "a", "in 7"]),
        ("<all>", {"b": 1}),
        ("<zero>", 0),
        ("<text>", "a"),
        ("<text> is <n>", "a is 7"),
    ],
)
def test_templates(template: str, expected: Any) -> None:
    values = values_of({"InputPathsMap": PATHS, "InputTemplate": template}, EVENT)
    assert filled(template, values) == expected


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        filled('{"n": n}', {})
