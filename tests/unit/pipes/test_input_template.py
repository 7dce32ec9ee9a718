"""Templates, paths and filters, on events that need no emulator."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakestack.services import event_filters
from lakestack.services.pipes import filters, input_template
from lakestack.services.pipes.event_values import MISSING, PATH, decoded, value_at

MESSAGE = {
    "messageId": "m",
    "body": json.dumps({"s": 'a "b"', "n": 1.5, "o": {"x": [1, 2]}, "l": [{"y": 1}, {"y": 2}]}),
}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("Hello", "Hello"),
        ("<$.body.s> is <$.body.n>", 'a "b" is 1.5'),
        ("<$.body.none>!", "!"),
        ("<$.body.o>", '{"x": [1, 2]}'),
        ('"of <$.body.s>"', '"of a \\"b\\""'),
        ('{"s": <$.body.s>, "t": "<$.body.s>"}', '{"s": "a \\"b\\"", "t": "a \\"b\\""}'),
        ('{"a": "\\"<$.body.n>", "b": <$.body.n>}', '{"a": "\\"1.5", "b": 1.5}'),
        ('{"x": <$.body.o.x[1]>, "y": <$.body.l[*].y>}', '{"x": 2, "y": [1, 2]}'),
        ('{"a": <$.body.none>, "b": "<$.body.none>"}', '{"a": null, "b": ""}'),
        ('{"p": <aws.pipes.pipe-name>}', '{"p": "p"}'),
        ('{"e": "<aws.pipes.event>"}', json.dumps({"e": json.dumps(MESSAGE)})),
        ("<aws.pipes.event.json>", json.dumps(decoded(MESSAGE))),
        ("1 < 2 > <b>", "1 < 2 > <b>"),
    ],
)
def test_render(template: str, rendered: str) -> None:
    assert input_template.render(template, MESSAGE, {"aws.pipes.pipe-name": "p"}) == rendered


def test_unknown_variables() -> None:
    input_template.check("<$.a.b-c[0].d> <aws.pipes.event.ingestion-time>")
    for wrong in ("<$.a..b>", "<aws.pipes.name>", "<$.a[x]>"):
        with pytest.raises(input_template.TemplateError, match="is not a variable"):
            input_template.check(wrong)


@pytest.mark.parametrize(
    "template", ["<$.body", '{"a": <$.body.x, "b": 1}', "<$.a <$.b>", "<aws.pipes.event", "<$.a b>"]
)
def test_variables_that_do_not_end(template: str) -> None:
    with pytest.raises(input_template.TemplateError, match="does not end"):
        input_template.check(template)
    input_template.check(f"a < b, {template.replace('<', '')} > <$.body.x>")


def test_paths() -> None:
    assert value_at({"a": [{"b": 1}]}, "$.a[0].b") == 1
    assert value_at({"a": 1}, "$") == {"a": 1}
    assert value_at({"a": []}, "$.a[0]") is MISSING
    assert PATH.fullmatch("$.a.b") and not PATH.fullmatch("a.b")


def _record(data: bytes) -> dict[str, Any]:
    return {"partitionKey": "k", "data": base64.b64encode(data).decode()}


def test_bytes_stay() -> None:
    assert decoded(_record(b"\xff\xfe")) == _record(b"\xff\xfe")
    assert decoded(_record(b"text"))["data"] == "text"


@pytest.mark.parametrize(
    ("pattern", "event", "passes"),
    [
        ({"data": {"n": [1]}}, _record(b'{"n": 1}'), True),
        ({"data": {"n": [1]}}, _record(b'{"n": 2}'), False),
        ({"data": {"n": [1]}}, _record(b"no JSON"), False),
        ({"partitionKey": [{"prefix": "k"}]}, _record(b"x"), True),
        ({"body": {"n": [{"numeric": [">", 1]}]}}, {"body": '{"n": 2}'}, True),
        ({"body": ["a"]}, {"body": "a"}, True),
        ({"body": {"n": [1]}}, {"body": "a"}, False),
    ],
)
def test_filter(pattern: dict[str, Any], event: dict[str, Any], passes: bool) -> None:
    given = {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]}}
    before = json.dumps(event)
    assert event_filters.passes(filters.patterns_of(given), event) is passes
    assert json.dumps(event) == before


@pytest.mark.parametrize("text", ["", "[1]", "{", "{}", '{"a": "b"}', '{"data": ["a"]}'])
def test_no_pattern(text: str) -> None:
    with pytest.raises(filters.FilterError, match="Invalid filter pattern"):
        filters.patterns_of({"FilterCriteria": {"Filters": [{"Pattern": text}]}})
