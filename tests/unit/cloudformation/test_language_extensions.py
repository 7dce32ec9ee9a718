"""Loops of AWS::LanguageExtensions."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.language_extensions import apply
from lakestack.services.cloudformation.static_values import StaticValues

TOPIC = {"Type": "AWS::SNS::Topic"}


def applied(**sections: Any) -> dict[str, Any]:
    return apply(sections, StaticValues(sections, {"L": ["a-b", "c"], "K": "Retain"}, {}))


def test_a_loop_over_a_parameter() -> None:
    body = {"T&{N}": {**TOPIC, "Properties": {"DisplayName": {"Ref": "N"}, "X": "${N}!"}}}
    made = applied(Resources={"Fn::ForEach::T": ["N", {"Ref": "L"}, body], "Z": TOPIC})
    assert made["Resources"] == {
        "Tab": {**TOPIC, "Properties": {"DisplayName": "a-b", "X": "a-b!"}},
        "Tc": {**TOPIC, "Properties": {"DisplayName": "c", "X": "c!"}},
        "Z": TOPIC,
    }


def test_a_loop_within_a_loop_takes_its_collection_from_the_outer() -> None:
    inner = ["K", {"Fn::FindInMap": ["M", {"Ref": "N"}, "l"]}, {"T${N}${K}": TOPIC}]
    made = applied(
        Mappings={"M": {"a": {"l": ["1", "2"]}, "b": {"l": ["3"]}}},
        Resources={"Fn::ForEach::N": ["N", ["a", "b"], {"Fn::ForEach::K": inner}]},
    )
    assert sorted(made["Resources"]) == ["Ta1", "Ta2", "Tb3"]


def test_loops_in_every_section_and_within_properties() -> None:
    made = applied(
        Conditions={"Fn::ForEach::C": ["N", ["a", "b"], {"Is${N}": {"Fn::Equals": ["${N}", "a"]}}]},
        Resources={
            "A": {
                **TOPIC,
                "DeletionPolicy": {"Fn::If": ["Isa", {"Ref": "K"}, "Delete"]},
                "Properties": {
                    "Fn::ForEach::P": ["N", ["x"], {"${N}": {"Fn::Length": {"Ref": "L"}}}]
                },
            }
        },
        Outputs={
            "Fn::ForEach::O": ["N", ["A"], {"O${N}": {"Value": {"Fn::GetAtt": ["${N}", "Arn"]}}}]
        },
    )
    assert sorted(made["Conditions"]) == ["Isa", "Isb"]
    assert made["Resources"]["A"]["DeletionPolicy"] == "Retain"
    assert made["Resources"]["A"]["Properties"] == {"x": 2}
    assert made["Outputs"] == {"OA": {"Value": {"Fn::GetAtt": ["A", "Arn"]}}}


@pytest.mark.parametrize(
    "loop",
    [
        "x",
        ["N", ["a"]],
        [1, ["a"], {}],
        ["N", {"Ref": "Resource"}, {"T${N}": TOPIC}],
        ["N", [["a"]], {"T${N}": TOPIC}],
        ["N", ["a", "b"], {"Same": TOPIC}],
    ],
)
def test_faulty_loops(loop: Any) -> None:
    with pytest.raises(ValidationError, match="Fn::ForEach"):
        applied(Resources={"Fn::ForEach::T": loop})
