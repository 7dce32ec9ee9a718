"""JSONata: values, Step Functions' own functions, patterns, and expressions that never end."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.services.stepfunctions.asl.jsonata.jsonata import JSONataException

from lakestack.services.stepfunctions.jsonata import evaluation


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('($states:={"input":{"a":[1,2,3]}};$sum($states.input.a))', 6),
        ('{"a": [1..5][$ > 3], "n": null, "half": 5/2}', {"a": [4, 5], "n": None, "half": 2.5}),
        ("$exists(nothing)", False),
        ("nothing", None),
        ("$partition([1,2,3], 2)", [[1, 2], [3]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ('$parse("{\\"a\\": 1}").a', 1),
        ('$hash("a", "MD5")', "0cc175b9c0f1b6a831c399e269772661"),
        ("$random(7) = $random(7)", True),
        ("$length($uuid())", 36),
        ('$replace("a-b-c", /(-)/, "<$1$2>")', "a<->b<->c"),
        ('$replace("ab", /(a)/, "$12")', "a2b"),
        ('$replace("aXbx", /x/i, "$$", 1)', "a$bx"),
        ('$split("a, b,c", /,\\s*/)', ["a", "b", "c"]),
        ('$match("ab12", /[a-z]([0-9])/).groups', ["1"]),
        ('$contains("abc", /B/i)', True),
        ("$type(function($x){$x})", "function"),
        ("function($x){$x}", ""),
    ],
)
def test_values(expression: str, value: Any) -> None:
    found = evaluation.evaluate(expression)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1 +", ""),
        ('"a" + 1', ""),
        ('$eval("1")', "does not have"),
        ('$hash("a", "CRC")', "received 'CRC'"),
        ("$range(1, 5000, 1)", "at most 1000"),
        ('$match("a", /(/)', ""),
        ('{"f": $sum}', ""),
        ("($f := function($n){$n + $f($n + 1)}; $f(1))", ""),
    ],
)
def test_failures(expression: str, message: str) -> None:
    with pytest.raises(JSONataException) as caught:
        evaluation.evaluate(expression)
    assert message in str(caught.value.details)


def test_an_expression_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MAX_MILLISECONDS", 50)
    with pytest.raises(JSONataException):
        evaluation.evaluate("($f := function($n){$f($n)}; $f(1))")
