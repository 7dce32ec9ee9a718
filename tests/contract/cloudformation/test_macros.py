"""What a transform gives a meaning to is no fault; what the engine cannot evaluate is no 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template
from tests.support import ACCOUNT, unique

LANGUAGE = {"Transform": "AWS::LanguageExtensions"}
TOPIC = {"Type": "AWS::SNS::Topic"}
FUNCTION = {
    "Type": "AWS::Serverless::Function",
    "Properties": {
        "Runtime": "python3.12",
        "Handler": "index.f",
        "InlineCode": "def f(e, c): pass",
    },
}


@pytest.mark.parametrize(
    "body",
    [
        {**LANGUAGE, "Resources": {"Fn::ForEach::T": ["N", ["A", "B"], {"T${N}": TOPIC}]}},
        {
            "Transform": ["AWS::Serverless-2016-10-31"],
            "Globals": {"Function": {"Timeout": 5}},
            "Resources": {"F": FUNCTION},
        },
    ],
    ids=["foreach", "globals"],
)
def test_transforms_pass_the_checks(stacks: Stacks, body: dict[str, Any]) -> None:
    text, name = json.dumps(body), unique("macro")
    stacks.cfn.validate_template(TemplateBody=text)
    stacks.cfn.get_template_summary(TemplateBody=text)
    stacks.cfn.create_stack(
        StackName=name,
        TemplateBody=text,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        stacks.cfn.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        made = stacks.cfn.describe_stack_resources(StackName=name)["StackResources"]
        logical = {r["LogicalResourceId"] for r in made}
        assert logical >= ({"TA", "TB"} if "Globals" not in body else {"F"})
    finally:
        stacks.cfn.delete_stack(StackName=name)


@pytest.mark.parametrize(
    "body",
    [
        template(A=parameter({"Condition": "Nowhere"})),
        template(A=parameter({"Condition": []})),
        {
            **LANGUAGE,
            "Mappings": {"M": {"a": {"b": "c"}}},
            **template(A=parameter({"Fn::FindInMap": ["M", "z", {"Ref": "AWS::Region"}]})),
        },
        {**LANGUAGE, **template(A={**TOPIC, "DeletionPolicy": {"Ref": "AWS::Region"}})},
        template(A=parameter({"Fn::Join": [",", {"Fn::Cidr": ["10.0.0.0/24", 9, 6]}]})),
        template(A=parameter({"Fn::Join": [",", {"Fn::Cidr": ["nowhere", 1, 8]}]})),
    ],
    ids=lambda body: json.dumps(body)[-60:],
)
def test_what_cannot_be_evaluated_is_refused(stacks: Stacks, body: Any) -> None:
    text = json.dumps(body)
    for ask in (
        lambda: stacks.cfn.create_stack(StackName=unique("no"), TemplateBody=text, **ALLOWED),
        lambda: stacks.cfn.create_change_set(
            StackName=unique("no"),
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateBody=text,
            **ALLOWED,
        ),
    ):
        with pytest.raises(ClientError) as refused:
            ask()
        assert refused.value.response["Error"]["Code"] == "ValidationError"


ALLOWED: dict[str, Any] = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}


def test_cidr_blocks(stacks: Stacks) -> None:
    cidr = {"Fn::Cidr": ["10.0.0.0/16", "3", 8]}
    values = {"All": {"Fn::Join": [",", cidr]}, "Second": {"Fn::Select": [1, cidr]}}
    stack = stacks.create(template(values, A=parameter("a")))
    assert outputs(stack) == {"All": "10.0.0.0/24,10.0.1.0/24,10.0.2.0/24", "Second": "10.0.1.0/24"}


_ROLE = {"Version": "2012-10-17", "Statement": []}
ANSWERS = {
    "told": "return {'status': 'failure', 'errorMessage': 'not today'}",
    "silent": "return {'status': 'failure'}",
    "no template": "return {'status': 'success', 'fragment': 'text'}",
    "raises": "raise ValueError('x')",
    "sets": "event['fragment']['Value'] = 'set'; return {'status': 'success', "
    "'fragment': event['fragment']}",
    "asked": "event['fragment']['Outputs'] = {'V': {'Value': event['requestId']}}; "
    "return {'status': 'success', 'fragment': event['fragment']}",
    "adds": "event['fragment']['Outputs'] = {'V': {'Value': str(event['params']['Input'])}}; "
    "return {'status': 'success', 'fragment': event['fragment']}",
}


@pytest.fixture
def macro(stacks: Stacks, request: pytest.FixtureRequest) -> str:
    """Name of a macro whose function does this."""
    code = f"def handler(event, context):\n    {ANSWERS[request.param]}\n"
    name = unique("Macro").replace("-", "")
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _ROLE}}
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["R", "Arn"]},
            "Code": {"ZipFile": code},
        },
    }
    made = {"Name": name, "FunctionName": {"Fn::GetAtt": ["F", "Arn"]}}
    stacks.create(
        template(R=role, F=function, M={"Type": "AWS::CloudFormation::Macro", "Properties": made}),
        Capabilities=["CAPABILITY_IAM"],
    )
    return name


@pytest.mark.parametrize(
    ("macro", "reason"),
    [
        ("told", "Transform {} failed with: not today. Rollback requested by user."),
        ("silent", "Transform {} failed without an error message.. Rollback requested by user."),
        (
            "no template",
            "Template format error: unsupported structure.. Rollback requested by user.",
        ),
        ("raises", "Received malformed response from transform {}. Rollback requested by user."),
    ],
    indirect=["macro"],
)
def test_a_macro_that_fails_rolls_the_stack_back(stacks: Stacks, macro: str, reason: str) -> None:
    expected = reason.format(f"{ACCOUNT}::{macro}")

    def why(stack: Any, status: str) -> list[str]:
        return [said for _, found, said in stacks.events(stack) if found == status]

    with_macro = {"Transform": macro, **template(A=parameter("b"))}
    stack = stacks.create(with_macro, **ALLOWED)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert why(stack, "ROLLBACK_IN_PROGRESS") == [expected]

    stack = stacks.create(template({"V": "1"}, A=parameter("a")))
    stack = stacks.update(stack, with_macro, **ALLOWED)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert why(stack, "UPDATE_ROLLBACK_IN_PROGRESS") == [expected]
    assert outputs(stack) == {"V": "1"}
    assert "Transform" not in stacks.cfn.get_template(StackName=stack["StackId"])["TemplateBody"]

    kept = stacks.create(with_macro, **ALLOWED, DisableRollback=True)
    assert kept["StackStatus"] == "CREATE_FAILED"


@pytest.mark.parametrize("macro", ["sets"], indirect=True)
def test_a_macro_without_parameters_is_its_name(stacks: Stacks, macro: str) -> None:
    """Recorded on AWS by LocalStack's tests, as the next one."""
    made = parameter("a")
    made["Properties"]["Fn::Transform"] = macro
    stack = stacks.create(template({"V": {"Fn::GetAtt": ["A", "Value"]}}, A=made), **ALLOWED)
    assert outputs(stack) == {"V": "set"}


@pytest.mark.parametrize("macro", ["adds"], indirect=True)
def test_parameters_of_the_transform_section_are_resolved(stacks: Stacks, macro: str) -> None:
    body = {
        "Transform": {"Name": macro, "Parameters": {"Input": {"Ref": "P"}}},
        "Parameters": {"P": {"Type": "String", "Default": "given"}},
        **template(A=parameter("a")),
    }
    assert outputs(stacks.create(body, **ALLOWED)) == {"V": "given"}


@pytest.mark.parametrize("macro", ["asked"], indirect=True)
def test_a_macro_is_asked_again_by_an_update_without_a_change(stacks: Stacks, macro: str) -> None:
    body = {"Transform": macro, **template(A=parameter("a"))}
    stack = stacks.create(body, **ALLOWED)
    before = outputs(stack)
    stack = stacks.update(stack, body, **ALLOWED)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert outputs(stack) != before


def test_a_transform_makes_every_update_one(stacks: Stacks) -> None:
    """Recorded on AWS by LocalStack's tests, for this transform."""
    body: dict[str, Any] = {
        "Transform": "AWS::Serverless-2016-10-31",
        **template({"T": {"Ref": "T"}}, T=TOPIC),
    }
    stack = stacks.create(body, **ALLOWED)
    again = stacks.update(stack, body, **ALLOWED)
    assert (again["StackStatus"], outputs(again)) == ("UPDATE_COMPLETE", outputs(stack))


def test_a_macro_that_is_not_there(stacks: Stacks, name: str) -> None:
    stack = stacks.create({"Transform": name, **template(A=parameter("a"))}, **ALLOWED)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    (said,) = [r for _, s, r in stacks.events(stack) if s == "ROLLBACK_IN_PROGRESS"]
    assert said == f"No transform named {ACCOUNT}::{name} found. Rollback requested by user."


@pytest.mark.parametrize(
    ("resources", "errors"),
    [
        (
            {"A": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "x.y"}}},
            "Number of errors found: 1. Resource with id [A] is invalid. ",
        ),
        (
            {
                "App": {
                    "Type": "AWS::Serverless::Application",
                    "Properties": {
                        "Location": {"ApplicationId": "arn:x", "SemanticVersion": "1.0.0"}
                    },
                }
            },
            "Number of errors found: 1. Resource with id [App] is invalid. The AWS Serverless "
            "Application Repository is not emulated: give Location as the URL of the "
            "application's template.",
        ),
    ],
    ids=["function", "application"],
)
def test_what_sam_refuses_is_said_in_its_words(
    stacks: Stacks, resources: dict[str, Any], errors: str
) -> None:
    sam = "AWS::Serverless-2016-10-31"
    stack = stacks.create({"Transform": sam, "Resources": resources}, **ALLOWED)
    (said,) = [r for _, s, r in stacks.events(stack) if s == "ROLLBACK_IN_PROGRESS"]
    assert said.startswith(
        f"Transform {sam} failed with: Invalid Serverless Application Specification document. "
        f"{errors}"
    )
