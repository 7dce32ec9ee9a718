"""What a transform gives a meaning to is no fault; what the engine cannot evaluate is no 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, outputs, parameter, template
from tests.support import unique

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
