"""Definitions whose states lead nowhere, or to which nothing leads, are refused as on AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lakestack.services.stepfunctions.transitions import faults

END = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
NUMBER = {"Variable": "$.x", "NumericEquals": 1}


def found(start: str, **states: Any) -> list[str]:
    """The faults of a machine."""
    return faults(json.dumps({"StartAt": start, "States": states}))


@pytest.mark.parametrize(
    ("start", "states", "expected"),
    [
        (
            "a",
            {"a": {"Type": "Pass", "Next": "c"}, "b": END},
            [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: c at /States/a/Next",
                'MISSING_TRANSITION_TARGET: State "b" is not reachable. at /States/b',
            ],
        ),
        (
            "Not sure",
            {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Succeed"}},
            [
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: Not sure at /StartAt",
                'MISSING_TRANSITION_TARGET: State "One" is not reachable. at /States/One',
            ],
        ),
        (
            "a",
            {"a": {"Type": "Choice", "Choices": [{**NUMBER, "Next": "a"}], "Default": "z"}},
            ["Missing 'Next' target: z at /States/a/Default"],
        ),
        (
            "a",
            {"a": {**TASK, "End": True, "Catch": [{"ErrorEquals": ["X"], "Next": "z"}]}},
            ["Missing 'Next' target: z at /States/a/Catch[0]/Next"],
        ),
        (
            "a",
            {
                "a": {
                    "Type": "Parallel",
                    "End": True,
                    "Branches": [{"StartAt": "x", "States": {"y": END}}],
                }
            },
            [
                "Missing 'Next' target: x at /States/a/Branches[0]/StartAt",
                'State "y" is not reachable. at /States/a/Branches[0]/States/y',
            ],
        ),
        (
            "a",
            {
                "a": {
                    "Type": "Map",
                    "End": True,
                    "ItemProcessor": {
                        "StartAt": "x",
                        "States": {"x": {"Type": "Pass", "Next": "a"}},
                    },
                }
            },
            ["Missing 'Next' target: a at /States/a/ItemProcessor/States/x/Next"],
        ),
    ],
)
def test_a_fault_is_named_with_its_place(
    start: str, states: dict[str, Any], expected: list[str]
) -> None:
    shown = found(start, **states)
    assert len(shown) == len(expected), shown
    assert all(part in fault for part, fault in zip(expected, shown, strict=True)), shown


def test_a_right_machine_has_none() -> None:
    catch = [{"ErrorEquals": ["X"], "Next": "failed"}, {"ErrorEquals": ["States.ALL"], "Next": "b"}]
    assert not found(
        "a",
        a={**TASK, "Next": "b", "Catch": catch},
        b={"Type": "Choice", "Choices": [{**NUMBER, "Next": "a"}], "Default": "c"},
        c={"Type": "Map", "End": True, "Iterator": {"StartAt": "x", "States": {"x": END}}},
        failed={"Type": "Fail"},
    )
    assert faults('{"Type": "Pass"}') == []
