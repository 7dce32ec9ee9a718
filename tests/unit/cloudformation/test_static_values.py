"""What is known of a template before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.parameter_values import is_list, of_type
from lakestack.services.cloudformation.selection import check_rules, selected
from lakestack.services.cloudformation.static_values import StaticValues

TEMPLATE: dict[str, Any] = {
    "Parameters": {"P": {"Type": "String"}, "L": {"Type": "CommaDelimitedList"}},
    "Mappings": {"M": {"a": {"b": True, "l": ["x", "y"]}, "1": {"2": "number"}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "P"}, "true"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Either": {"Fn::Or": [{"Condition": "No"}, {"Fn::Equals": [1, "1"]}]},
    },
}
TOPIC = {"Type": "AWS::SNS::Topic"}
UNKNOWN = {"Ref": "Resource"}


def values(template: dict[str, Any] = TEMPLATE, **parameters: Any) -> StaticValues:
    return StaticValues(
        template, {"P": "true", "L": ["a", "b"], **parameters}, {"AWS::Region": "us-east-1"}
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "P"}, "true"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        (UNKNOWN, UNKNOWN),
        ({"Fn::Join": ["-", ["a", True, False, 1]]}, "a-true-false-1"),
        ({"Fn::Join": ["-", [UNKNOWN]]}, {"Fn::Join": ["-", [UNKNOWN]]}),
        ({"Fn::Sub": "${P} ${!P} ${AWS::Region} ${L}"}, "true ${P} us-east-1 a,b"),
        ({"Fn::Sub": ["${x}", {"x": {"Ref": "P"}}]}, "true"),
        ({"Fn::Sub": "${P} ${Resource}"}, {"Fn::Sub": "${P} ${Resource}"}),
        ({"Fn::FindInMap": ["M", 1, "2"]}, "number"),
        ({"Fn::FindInMap": ["M", "z", "b", {"DefaultValue": "d"}]}, "d"),
        ({"Fn::Select": ["1", {"Ref": "L"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": [",", "x,y"]}]}, "x"),
        ({"Fn::Length": {"Ref": "L"}}, 2),
        ({"Fn::If": ["Yes", "a", UNKNOWN]}, "a"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
        ({"Fn::Contains": [{"Ref": "L"}, "a"]}, True),
        ({"Fn::EachMemberEquals": [{"Ref": "L"}, "a"]}, False),
        ({"Fn::EachMemberIn": [{"Ref": "L"}, ["b", "a", "c"]]}, True),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Base64": "x"}, "eA=="),
        ({"Condition": {"Is": {"a": {"Ref": "P"}}}}, {"Condition": {"Is": {"a": "true"}}}),
    ],
)
def test_resolve(value: Any, expected: Any) -> None:
    assert values().resolve(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"Fn::FindInMap": ["M", "z", "b"]},
        {"Fn::Select": [5, {"Ref": "L"}]},
        {"Fn::Cidr": ["nowhere", 1, 8]},
        {"Fn::Length": {"Ref": "P"}},
        {"Condition": "Nowhere"},
        {"Condition": []},
    ],
)
def test_what_cannot_be_evaluated(value: Any) -> None:
    with pytest.raises(ValidationError):
        values().resolve(value)


def test_conditions() -> None:
    known = values()
    assert [known.condition(name) for name in ("Yes", "No", "Either")] == [True, False, True]
    assert values(P="x").condition("No")


def test_what_a_condition_leaves_out_is_not_looked_at() -> None:
    template = {
        **TEMPLATE,
        "Resources": {
            "A": {**TOPIC, "Condition": "No"},
            "B": {**TOPIC, "Condition": "No", "Properties": {"X": {"Fn::GetAtt": ["A", "Y"]}}},
            "C": {
                **TOPIC,
                "DependsOn": ["A"],
                "Properties": {"X": {"Fn::If": ["No", {"Ref": "A"}, 1]}},
            },
        },
        "Outputs": {"O": {"Condition": "No", "Value": {"Ref": "A"}}},
    }
    made = selected(template, values(template))
    assert made["Resources"] == {"C": {**TOPIC, "DependsOn": [], "Properties": {"X": 1}}}
    assert made["Outputs"] == {}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ("Resources", {"C": {**TOPIC, "Properties": {"X": {"Fn::Join": ["", [{"Ref": "A"}]]}}}}),
        ("Resources", {"C": {**TOPIC, "Properties": {"X": {"Fn::Sub": "${A.Arn}"}}}}),
        ("Outputs", {"O": {"Value": {"Fn::GetAtt": ["A", "Arn"]}}}),
    ],
)
def test_what_is_made_names_nothing_that_is_left_out(block: str, part: Any) -> None:
    template = {**TEMPLATE, "Resources": {"A": {**TOPIC, "Condition": "No"}, "Z": TOPIC}}
    template[block] = {**template.get(block, {}), **part}
    with pytest.raises(ValidationError, match=rf"dependencies \[A\] in the {block} block"):
        selected(template, values(template))


def test_rules() -> None:
    assertion = {"Assert": {"Fn::Contains": [["a"], {"Ref": "P"}]}, "AssertDescription": "only a"}
    rule = {"RuleCondition": {"Fn::Equals": [{"Ref": "P"}, "true"]}, "Assertions": [assertion]}
    template = {**TEMPLATE, "Rules": {"R": rule}}
    check_rules(template, values(template, P="other"))
    with pytest.raises(ValidationError, match="only a"):
        check_rules(template, values(template))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("String", "a, b"),
        ("AWS::EC2::Subnet::Id", "a, b"),
        ("CommaDelimitedList", ["a", "b"]),
        ("List<Number>", ["a", "b"]),
        ("List<AWS::EC2::Subnet::Id>", ["a", "b"]),
        ("AWS::SSM::Parameter::Value<String>", "a, b"),
        ("AWS::SSM::Parameter::Value<List<String>>", ["a", "b"]),
        ("AWS::SSM::Parameter::Value<CommaDelimitedList>", ["a", "b"]),
    ],
)
def test_lists_of_parameters(kind: str, expected: Any) -> None:
    assert of_type("a, b", kind) == expected
    assert is_list(kind) == isinstance(expected, list)
