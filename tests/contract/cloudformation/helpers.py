"""Stacks for the contract tests of CloudFormation."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import unique, wait_until

Aws = Callable[[str], Any]
Template = dict[str, Any]


def parameter(value: Any, **properties: Any) -> Template:
    """The cheapest resource there is; its value can be updated in place."""
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": value, **properties},
    }


def failing() -> Template:
    """A resource that cannot be made."""
    return {
        "Type": "AWS::Kinesis::Stream",
        "Properties": {"Name": "not a valid name!", "ShardCount": 1},
    }


def template(outputs: Mapping[str, Any] | None = None, /, **resources: Any) -> Template:
    made: Template = {"Resources": resources}
    if outputs:
        made["Outputs"] = {
            n: v if isinstance(v, dict) and "Value" in v else {"Value": v}
            for n, v in outputs.items()
        }
    return made


class Stacks:
    """Creates stacks under unique names and follows what happens to them."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.cfn = aws, aws("cloudformation")
        self.names: list[str] = []

    def create(self, body: Template | str, **settings: Any) -> dict[str, Any]:
        """Create a stack and wait for its end."""
        stack = self.begin(body, **settings)
        return self.ended(stack)

    def begin(self, body: Template | str, **settings: Any) -> str:
        name = settings.pop("StackName", None) or unique("stack")
        self.names.append(name)
        answer = self.cfn.create_stack(StackName=name, **source(body), **settings)
        return str(answer["StackId"])

    def update(self, stack: Mapping[str, Any], body: Template | str, **settings: Any) -> Any:
        self.cfn.update_stack(StackName=stack["StackName"], **source(body), **settings)
        return self.ended(stack["StackId"])

    def delete(self, stack: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
        self.cfn.delete_stack(StackName=stack["StackId"], **settings)
        return self.ended(stack["StackId"])

    def ended(self, stack_id: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            (found,) = self.cfn.describe_stacks(StackName=stack_id)["Stacks"]
            return None if found["StackStatus"].endswith("IN_PROGRESS") else dict(found)

        return wait_until(look, timeout=60, what=f"{stack_id} ends")

    def events(self, stack: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Logical id, status and reason of all events, the oldest first."""
        found = self.cfn.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        return [
            (e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason", ""))
            for e in reversed(found)
        ]

    def reason(self, stack: Mapping[str, Any], resource: str) -> str:
        """Why a resource failed."""
        reasons = [r for n, s, r in self.events(stack) if n == resource and s.endswith("_FAILED")]
        assert reasons, self.events(stack)
        return reasons[-1]

    def refused(self, body: Template | str, **settings: Any) -> tuple[str, str]:
        """Code and message of the error that CreateStack answers with."""
        name = unique("stack")
        with pytest.raises(ClientError) as e:
            self.cfn.create_stack(StackName=name, **source(body), **settings)
        with pytest.raises(ClientError):
            self.cfn.describe_stacks(StackName=name)
        return e.value.response["Error"]["Code"], e.value.response["Error"]["Message"]

    def value(self, name: str) -> str | None:
        """Value of an SSM parameter, None if there is none."""
        try:
            return str(self.aws("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError:
            return None

    def put(self, bucket: str, key: str, body: Template) -> str:
        """Put a template into S3; its URL."""
        self.aws("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(body).encode())
        return f"https://s3.amazonaws.com/{bucket}/{key}"

    def clean(self) -> None:
        for name in reversed(self.names):
            self.cfn.delete_stack(StackName=name)
        for name in self.names:
            wait_until(functools.partial(self._gone, name), timeout=60, what=f"{name} gone")

    def _gone(self, name: str) -> bool:
        try:
            (found,) = self.cfn.describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return True
        return bool(found["StackStatus"] == "DELETE_FAILED")  # the test has said enough


def source(body: Template | str) -> dict[str, str]:
    if isinstance(body, str) and body.startswith("https://"):
        return {"TemplateURL": body}
    return {"TemplateBody": body if isinstance(body, str) else json.dumps(body)}


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
