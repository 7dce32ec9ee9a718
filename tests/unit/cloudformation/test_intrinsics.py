"""The forms of functions, conditions and sections that CloudFormation takes and refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.template import parse_template
from lakestack.services.cloudformation.template_check import check

TOPIC = {"Type": "AWS::SNS::Topic"}


def named(value: Any, **sections: Any) -> dict[str, Any]:
    """A template with a value in a property."""
    return {
        "Parameters": {"P": {"Type": "String", "Default": "x"}},
        "Mappings": {"M": {"a": {"b": "c", "l": ["1"]}}},
        "Conditions": {"D": {"Fn::Equals": ["a", {"Ref": "P"}]}},
        "Resources": {"S": {**TOPIC, "Properties": {"DisplayName": value}}, "T": TOPIC},
        **sections,
    }


def refusal(template: Any) -> str:
    with pytest.raises(ValidationError) as e:
        check(parse_template(template if isinstance(template, str) else json.dumps(template)))
    return str(e.value.message)


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "P"},
        {"Ref": "AWS::StackName"},
        {"Fn::Join": ["", ["a", 1, True, {"Ref": "P"}]]},
        {"Fn::Join": [",", {"Fn::GetAZs": ""}]},
        {"Fn::Select": [0, ["a"]]},
        {"Fn::Select": ["1", {"Fn::Split": [",", {"Ref": "P"}]}]},
        {"Fn::Select": [{"Ref": "P"}, {"Ref": "P"}]},
        {"Fn::Sub": "${P} ${AWS::Region} ${!x} ${T.TopicName}"},
        {"Fn::Sub": ["${a}", {"a": {"Ref": "P"}}]},
        {"Fn::FindInMap": ["M", "a", "b"]},
        {"Fn::FindInMap": ["M", {"Ref": "P"}, "b"]},
        {"Fn::FindInMap": ["M", "z", "b", {"DefaultValue": "d"}]},
        {"Fn::GetAtt": ["T", "TopicName"]},
        {"Fn::GetAtt": "T.TopicName"},
        {"Fn::If": ["D", "a", {"Ref": "AWS::NoValue"}]},
        {"Fn::Base64": {"Fn::Sub": "x"}},
        {"Fn::ImportValue": {"Fn::Sub": "${P}-x"}},
        {"Fn::Cidr": ["10.0.0.0/16", 4, "8"]},
        {"Fn::Length": ["a"]},
        {"Fn::ToJsonString": {"a": 1}},
    ],
)
def test_right_uses_pass(value: Any) -> None:
    check(parse_template(json.dumps(named(value))))


@pytest.mark.parametrize(
    ("function", "wrong", "said"),
    [
        ("Ref", [None, 5, "", [], ["P"], {}, {"Ref": "P"}], "every Ref object"),
        ("Fn::Join", ["a", [], [","], [1, ["a"]], [",", "a"], [",", ["a"], 1]], "Fn::Join object"),
        ("Fn::Join", [[",", [{"a": 1}]], [",", [["a"]]], {"Ref": "P"}], "Fn::Join object"),
        (
            "Fn::Select",
            [[], [0], "a", ["a", ["b"]], [-1, ["a"]], [True, ["a"]], [1.5, ["a"]]],
            "Fn::Sel",
        ),
        ("Fn::Select", [[0, "a"], [[0], ["a"]]], "Fn::Select requires a list"),
        ("Fn::Select", [[1, ["a"]], ["7", ["a"]], [0, []]], "nonexistent value"),
        ("Fn::Split", [[], [","], ["", "a"], [1, "a"], [",", ["a"]], "a", {}], "every Fn::Split"),
        ("Fn::FindInMap", [[], ["M"], ["M", "a"], "M", ["M", "a", []], {}], "every Fn::FindInMap"),
        ("Fn::FindInMap", [["M", "a", "b", {}], ["M", "a", "b", "c"]], "every Fn::FindInMap"),
        ("Fn::FindInMap", [["M", "z", "b"], ["M", "a", "z"]], "Unable to get mapping for M::"),
        (
            "Fn::GetAtt",
            [[], ["T"], "T", "", [1, 2], ["T", 5], ["T", ["a"]], {}],
            "every Fn::GetAtt",
        ),
        ("Fn::Sub", [5, [], ["${P}"], ["a", []], [1, {}], ["a", {"b": []}], {}], "Fn::Sub"),
        ("Fn::Base64", [[], {}, {"a": 1}], "every Fn::Base64"),
        ("Fn::GetAZs", [[], {}], "every Fn::GetAZs"),
        ("Fn::ImportValue", [[], {}], "every Fn::ImportValue"),
        ("Fn::Cidr", [[], "a", ["a", "b"], [[], 1], ["a", 1, 1, 1]], "every Fn::Cidr"),
        ("Fn::If", [[], ["D"], ["D", "a"], "D", [[], 1, 2], ["D", 1, 2, 3]], "Fn::If requires"),
        ("Fn::If", [["No", "a", "b"]], "Unresolved condition No"),
        ("Fn::Length", [1, "a", {}], "every Fn::Length"),
        ("Fn::ToJsonString", [1, "a"], "every Fn::ToJsonString"),
        ("Fn::Transform", [[], {}, {"Name": 1}, {"Name": "a", "x": 1}], "every Fn::Transform"),
        (
            "Fn::And",
            [[], [{"Condition": "D"}], "a", {}, [1, 2], [{"Condition": "D"}] * 11],
            "Fn::And",
        ),
        ("Fn::Or", [[], [{"Condition": "D"}], {"Condition": "D"}], "every Fn::Or"),
        ("Fn::Not", [[], "a", {"Condition": "D"}, [1], [{"Condition": "D"}] * 2], "every Fn::Not"),
        ("Fn::Equals", [[], ["a"], "a", {}, ["a", "b", "c"]], "every Fn::Equals"),
    ],
)
def test_wrong_arguments_are_refused(function: str, wrong: list[Any], said: str) -> None:
    for argument in wrong:
        template = named({function: argument})
        if function in ("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"):
            template = named(
                "a", Conditions={"C": {function: argument}, "D": {"Fn::Equals": [1, 1]}}
            )
        if argument is None:
            assert "'null' values" in refusal(template)
        else:
            assert said in refusal(template), argument


def test_null_and_depth_are_refused_anywhere() -> None:
    assert "'null' values are not allowed" in refusal(named(None))
    assert "'null' values are not allowed" in refusal(named({"Fn::Join": [",", [None]]}))
    joins: Any = "a"
    for _ in range(100):
        joins = {"Fn::Join": ["", [joins]]}
    assert "nested" in refusal(named(joins))
    deep: Any = "a"
    for _ in range(200):
        deep = [deep]
    assert "nested" in refusal(named(deep))
    assert "nested too deeply" in refusal('{"Resources": ' + "[" * 100_000)
    assert "not well-formed" in refusal("Resources: " + "[" * 20_000)


def test_functions_stand_alone() -> None:
    assert "cannot stand beside [a]" in refusal(named({"Fn::Sub": "x", "a": 1}))
    assert "unsupported function: Fn::Contains" in refusal(named({"Fn::Contains": [["a"], "a"]}))


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"Conditions": {"C": {"Condition": "E"}, "E": {"Condition": "C"}}}, "C and E"),
        ({"Conditions": {"C": {"Fn::Not": [{"Condition": "C"}]}}}, "circular condition"),
        ({"Conditions": {"C": "a"}}, "Every Conditions member"),
        ({"Conditions": {"C": {"Ref": "P"}}}, "Every Conditions member"),
        ({"Conditions": {"C": {"Condition": "No"}}}, "Unresolved condition dependency No"),
        ({"Conditions": {"C": {"Fn::Equals": [{"Ref": "T"}, 1]}}}, "Unresolved dependencies [T]"),
        ({"Mappings": {"M": []}}, "must be a map"),
        ({"Mappings": {"M": {"a": "b"}}}, "must be a map"),
        ({"Mappings": {"M": {"a": {"b": {"Ref": "P"}}}}}, "must be a String or a List"),
        ({"Mappings": []}, "Any Mappings member must be an object"),
        ({"Outputs": {"O": {"Value": ["a"]}}}, "must evaluate to a String"),
        ({"Outputs": {"O": {"Value": "a", "Export": "x"}}}, "Export must have a Name"),
        ({"Outputs": {"O": {"Value": "a", "Condition": "No"}}}, "Unresolved condition No"),
        ({"Outputs": {"O": {"Value": {"Fn::Join": []}}}}, "every Fn::Join"),
        ({"Outputs": {"a-b": {"Value": "a"}}}, "non alphanumeric"),
        ({"Rules": {"R": {}}}, "must have Assertions"),
        ({"Rules": {"R": {"Assertions": [{"Assert": {"Fn::Contains": []}}]}}}, "Fn::Contains"),
        ({"Transform": {"a": 1}}, "Key Name of transform definition must be a string"),
        ({"Metadata": []}, "Any Metadata member must be an object"),
        ({"Description": {}}, "Description must be a string"),
        ({"Description": "é" * 600}, "greater than 1024"),
        ({"AWSTemplateFormatVersion": "2020-01-01"}, "unsupported value"),
        ({"Parameters": {"P": {"Type": "Strong"}}}, "Unrecognized parameter type"),
        ({"Parameters": {"P": {"Type": "AWS::Foo::Id"}}}, "Unrecognized parameter type"),
        ({"Parameters": {"P": {"Type": "List<AWS::EC2::Subnet>"}}}, "List<AWS::EC2::Subnet::Id>"),
        ({"Parameters": {"P": {"Type": "String", "x": 1}}}, "Invalid template parameter property"),
        (
            {"Parameters": {"P": {"Type": "String", "AllowedPattern": "("}}},
            "AllowedPattern of parameter P",
        ),
        ({"Parameters": {"P": {"Type": "String", "AllowedValues": "a"}}}, "AllowedValues"),
        ({"Parameters": {"P": {"Type": "String", "MinLength": "x"}}}, "must be a number"),
        (
            {"Parameters": {"P": {"Type": "Number", "MinValue": 2, "MaxValue": 1}}},
            "is greater than",
        ),
        ({"Parameters": {"P": {"Type": "String", "Default": {"Ref": "Q"}}}}, "Default member"),
        ({"Resources": {"S": {**TOPIC, "Metadata": "a"}}}, "Metadata] must be an object"),
        ({"Resources": {"S": {**TOPIC, "UpdatePolicy": []}}}, "UpdatePolicy] must be an object"),
        ({"Resources": {"S": {**TOPIC, "DeletionPolicy": []}}}, "Every DeletionPolicy value"),
        ({"Resources": {"S": {**TOPIC, "DependsOn": [1]}}}, "Every DependsOn value"),
        ({"Resources": {"S": {**TOPIC, "DependsOn": "S"}}}, "Circular dependency"),
        ({"Resources": {"S": {**TOPIC, "Condition": ["D"]}}}, "Every Condition member"),
        ({"Resources": {"S": {**TOPIC, "Properties": {"a": {"Ref": "AWS::X"}}}}}, "[AWS::X]"),
        ({"Resources": {f"S{i}": TOPIC for i in range(501)}}, "Number of resources, 501"),
        ({"Parameters": {f"P{i}": {"Type": "String"} for i in range(201)}}, "parameters, 201"),
        ({"Outputs": {f"O{i}": {"Value": "a"} for i in range(201)}}, "outputs, 201"),
        ({"Mappings": {f"M{i}": {"a": {"b": "c"}} for i in range(201)}}, "mappings, 201"),
    ],
)
def test_wrong_sections_are_refused(sections: dict[str, Any], said: str) -> None:
    assert said in refusal(named("a", **sections))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x, x]\nb: [*a, *a]\n", "YAML aliases are not allowed"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", "YAML aliases are not allowed"),
        ("{a: &a [x], b: *a}", "YAML aliases are not allowed"),
        ("? [a, b]\n: c\n", "no scalar"),
        ("a: !!bool x\n", "not well-formed"),
        ("a: !!int x\n", "not well-formed"),
        ("a: !!set {x, y}\n", "unsupported structure"),
        ("a: !!binary aGk=\n", "unsupported structure"),
        ("a: !!python/name:os.system\n", "not well-formed"),
        ("a: .nan\n", "unsupported structure"),
        ('{"Description": NaN}', "unsupported structure"),
        ('{"Description": 1' + "0" * 5000 + "}", "not well-formed"),
        ('{"Description": "\\ud800"}', "unsupported structure"),
        ('{"Description": "\\u0001"}', "special characters"),
    ],
)
def test_texts_that_are_no_template(text: str, said: str) -> None:
    assert said in refusal(text)


def test_an_anchor_alone_and_escaped_backslashes_are_no_fault() -> None:
    assert parse_template("a: &a x\n") == {"a": "x"}
    assert parse_template(r'{"a": "C:\\u0001\n\\b"}') == {"a": "C:\\u0001\n\\b"}
