"""Properties against the schemas of their types."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lakestack.services.cloudformation.application import specified
from lakestack.services.cloudformation.conformity import PropertyError, conform
from lakestack.services.cloudformation.lines import where
from lakestack.services.cloudformation.schemas import schema_of


def conformed(resource_type: str, **properties: Any) -> dict[str, Any]:
    schema = schema_of(resource_type)
    assert schema is not None
    return conform(properties, schema)


@pytest.mark.parametrize(
    ("resource_type", "given", "expected"),
    [
        ("AWS::SQS::Queue", {"DelaySeconds": "5"}, {"DelaySeconds": 5}),
        ("AWS::SQS::Queue", {"FifoQueue": "true"}, {"FifoQueue": True}),
        ("AWS::SQS::Queue", {"QueueName": 5}, {"QueueName": "5"}),
        (
            "AWS::SQS::Queue",
            {"Tags": [{"Key": "n", "Value": True}]},
            {"Tags": [{"Key": "n", "Value": "true"}]},
        ),
        (
            "AWS::SQS::Queue",
            {"RedrivePolicy": {"maxReceiveCount": "3"}},
            {"RedrivePolicy": {"maxReceiveCount": 3}},
        ),
        ("AWS::Glue::Job", {"MaxCapacity": "0.5"}, {"MaxCapacity": 0.5}),
        ("AWS::Glue::Job", {"DefaultArguments": {"a": 1}}, {"DefaultArguments": {"a": 1}}),
        (
            "AWS::Lambda::Function",
            {"Environment": {"Variables": {"A": True, "B": 1.5}}},
            {"Environment": {"Variables": {"A": "true", "B": "1.5"}}},
        ),
    ],
)
def test_scalars_get_the_schemas_types(
    resource_type: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    required: dict[str, Any] = {
        "AWS::Glue::Job": {"Role": "r", "Command": {}},
        "AWS::Lambda::Function": {"Role": "r", "Code": {}},
    }.get(resource_type, {})
    assert conformed(resource_type, **required, **given) == {**required, **expected}


@pytest.mark.parametrize(
    ("given", "message", "path"),
    [
        (
            {"DelaySecond": 1},
            r"extraneous key \[DelaySecond\].*mean DelaySeconds",
            ("DelaySecond",),
        ),
        ({"Arn": "a"}, "read only", ("Arn",)),
        ({"DelaySeconds": "soon"}, "#/DelaySeconds: expected type: Number", ("DelaySeconds",)),
        ({"DelaySeconds": True}, "expected type: Number, found: Boolean", ("DelaySeconds",)),
        ({"QueueName": ["a"]}, "expected type: String, found: JSONArray", ("QueueName",)),
        ({"QueueName": {"a": 1}}, "expected type: String, found: JSONObject", ("QueueName",)),
        ({"Tags": "a"}, "expected type: JSONArray, found: String", ("Tags",)),
        (
            {"Tags": [{"Key": "a", "Vlaue": 1}]},
            r"#/Tags: extraneous key \[Vlaue\]",
            ("Tags", "Vlaue"),
        ),
    ],
)
def test_what_a_type_does_not_take(given: dict[str, Any], message: str, path: Any) -> None:
    with pytest.raises(PropertyError, match=message) as refused:
        conformed("AWS::SQS::Queue", **given)
    assert refused.value.path == path


@pytest.mark.parametrize("given", ["text", 5, True])
def test_an_object_whose_members_are_known_is_no_scalar(given: Any) -> None:
    code = {"Code": {}, "Role": "r"}
    with pytest.raises(PropertyError, match="expected type: JSONObject, found: ") as refused:
        conformed("AWS::Lambda::Function", **code, Environment={"Variables": given})
    assert refused.value.path == ("Environment", "Variables")
    with pytest.raises(PropertyError, match="#/Environment: expected type: JSONObject"):
        conformed("AWS::Lambda::Function", **code, Environment=given)


def test_a_document_may_be_json_text() -> None:
    role = {"AssumeRolePolicyDocument": "{}"}
    assert conformed("AWS::IAM::Role", **role) == role


def test_a_required_property() -> None:
    with pytest.raises(PropertyError, match=r"required key \[Role\] not found"):
        conformed("AWS::Lambda::Function", Code={})


def test_the_line_of_a_property() -> None:
    text = "Resources:\n A:\n  Type: T\n  Properties:\n   Tags:\n   - Key: a\n   - Vlaue: b\n"
    assert where(text, "A", ("Tags", "Vlaue")) == " (line 7)"
    assert where('{"Resources": {"A": {\n"Properties": {"X": 1}}}}', "A", ("X",)) == " (line 2)"
    assert where(text, "B", ("Tags",)) == where("{", "A", ()) == where(None, "A", ()) == ""


def test_stack_tags_are_the_resources_unless_it_has_its_own() -> None:
    tags = [{"Key": "team", "Value": "lake"}, {"Key": "own", "Value": "stack"}]
    queue = specified("AWS::SQS::Queue", {"Tags": [{"Key": "own", "Value": "q"}]}, tags)
    assert queue == {"Tags": [{"Key": "own", "Value": "q"}, {"Key": "team", "Value": "lake"}]}
    job = {"Role": "r", "Command": {}, "Tags": {"own": "j"}}
    assert specified("AWS::Glue::Job", job, tags)["Tags"] == {"team": "lake", "own": "j"}
    assert specified("AWS::IAM::Policy", {"PolicyName": "p", "PolicyDocument": {}}, tags) == {
        "PolicyName": "p",
        "PolicyDocument": {},
    }
    assert specified("Custom::Thing", {"a": 1}, tags) == {"a": 1}


def test_two_hundred_resources_take_little_time() -> None:
    given = {"DelaySeconds": "5", "Tags": [{"Key": str(i), "Value": i} for i in range(10)]}
    conformed("AWS::SQS::Queue", **given)
    taken = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(200):
            conformed("AWS::SQS::Queue", **given)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.05


def test_a_custom_resource_takes_any_property() -> None:
    given = {"ServiceToken": "arn", "TaskArn": "a", "Id": 3, "Nested": {"Any": [True]}}
    for kind in ("AWS::CloudFormation::CustomResource", "Custom::Task"):
        assert specified(kind, given, []) == given


def test_properties_by_a_pattern_of_their_names() -> None:
    schema = {"properties": {"Name": {"type": "string"}}, "patternProperties": {"^x-": {}}}
    assert conform({"Name": 1, "x-any": 2}, schema) == {"Name": "1", "x-any": 2}
