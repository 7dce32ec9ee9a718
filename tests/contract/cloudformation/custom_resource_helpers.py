"""Stacks with a custom resource and its function."""

from __future__ import annotations

import json
import textwrap
import urllib.request
from typing import Any

from tests.contract.lambda_.helpers import Aws, log_of
from tests.support import wait_until

ANSWERING = """
import cfnresponse, json
def handler(event, context):
    print("REQUEST " + json.dumps(event))
    wanted = event["ResourceProperties"]
    if wanted.get("Fail") == event["RequestType"]:
        return cfnresponse.send(event, context, cfnresponse.FAILED, {}, "id-" + wanted["Id"],
                                reason="told to fail")
    data = {"Message": event["RequestType"] + " " + wanted["Text"], "Number": 7, "Yes": True}
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, "id-" + wanted["Id"])
"""


def answer(request: dict[str, Any], **fields: Any) -> None:
    """Answer a request in the place of its function."""
    body = json.dumps({"Status": "SUCCESS", **fields}).encode()
    put = urllib.request.Request(request["ResponseURL"], data=body, method="PUT")  # noqa: S310
    with urllib.request.urlopen(put) as response:  # noqa: S310
        assert response.status == 200


def template(source: str = ANSWERING, **properties: Any) -> dict[str, Any]:
    """A function with inline code and a custom resource of it."""
    return {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "lambda.amazonaws.com"},
                                "Action": "sts:AssumeRole",
                            }
                        ],
                    }
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.6",
                    "Handler": "index.handler",
                    "Timeout": 10,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": textwrap.dedent(source)},
                },
            },
            "Thing": {
                "Type": "Custom::Thing",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                    "Id": "1",
                    "Text": "hello",
                    **properties,
                },
            },
        },
        "Outputs": {
            "Function": {"Value": {"Ref": "Function"}},
            "Ref": {"Value": {"Ref": "Thing"}},
        },
    }


class CustomStacks:
    """Creates stacks and deletes them after the test."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.cfn = aws, aws("cloudformation")
        self.names: list[str] = []
        self.identities: dict[str, str] = {}

    def create(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self.names.append(name)
        created = self.cfn.create_stack(
            StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
        )
        self.identities[name] = created["StackId"]
        return self.settled(name)

    def update(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self.cfn.update_stack(
            StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"]
        )
        return self.settled(name)

    def delete(self, name: str, **settings: Any) -> dict[str, Any]:
        self.cfn.delete_stack(StackName=name, **settings)
        return self.settled(self.identities[name])

    def settled(self, name: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            stack: dict[str, Any] = self.cfn.describe_stacks(StackName=name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = wait_until(done, timeout=60, what=name)
        found = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        return {"status": stack["StackStatus"], "outputs": found}

    def events(self, name: str) -> list[tuple[str, str]]:
        """Logical id and status of all events, the oldest first."""
        events = self.cfn.describe_stack_events(StackName=name)["StackEvents"]
        return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(events)]

    def resource(self, name: str, resource: str) -> tuple[str, str]:
        """Physical id and status of a resource."""
        (found,) = self.cfn.describe_stack_resources(StackName=name, LogicalResourceId=resource)[
            "StackResources"
        ]
        return found["PhysicalResourceId"], found["ResourceStatus"]

    def reasons(self, name: str, resource: str = "Thing") -> str:
        identity = self.identities.get(name, name)  # a deleted stack is found by its id only
        events = self.cfn.describe_stack_events(StackName=identity)["StackEvents"]
        return " | ".join(
            event.get("ResourceStatusReason", "")
            for event in events
            if event["LogicalResourceId"] == resource
        )

    def requests(self, function: str) -> list[dict[str, Any]]:
        """What the function was asked, in order."""
        lines = [n for n in log_of(self.aws, function) if n.startswith("REQUEST ")]
        return [json.loads(line[len("REQUEST ") :]) for line in lines]
