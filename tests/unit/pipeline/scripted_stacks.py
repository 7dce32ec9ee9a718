"""A CloudFormation whose answers a test writes down before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.cloudformation import Stacks
from pipeline.settings import Settings
from pipeline.target import Target, open_target
from tests.unit.pipeline.fakes import client_error

NESTED_STACK = "movielens-lake-lab-1-nested"

OWN = [{"Key": "project", "Value": "movielens-lake"}]


class Scripted:
    """A CloudFormation of one stack; each call of create and update takes the next status."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.stack: dict[str, Any] | None = None
        self.body = ""
        self.tags: list[list[dict[str, str]]] = []
        self.calls: list[str] = []
        self.events: list[dict[str, Any]] = []

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if self.stack is None:
            raise client_error("ValidationError", "DescribeStacks", "Stack does not exist")
        return {"Stacks": [{"Tags": OWN, **self.stack}]}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": self.body}

    def create_stack(self, **arguments: Any) -> None:
        self.calls.append("create")
        if self.stack is not None:
            raise client_error("AlreadyExistsException")
        self._take(arguments)
        self.stack = {"StackStatus": self.outcomes.pop(0), **_given(arguments)}

    def update_stack(self, **arguments: Any) -> None:
        self.calls.append("update")
        assert self.stack is not None
        outcome = self.outcomes.pop(0)
        if outcome == "none":
            raise client_error("ValidationError", message="No updates are to be performed.")
        self._take(arguments)
        self.stack = {"StackStatus": outcome, **_given(arguments)}

    def _take(self, arguments: dict[str, Any]) -> None:
        self.body = arguments["TemplateBody"]
        self.tags.append(arguments["Tags"])

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete")
        self.stack = None

    def get_paginator(self, _: str) -> Scripted:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"StackEvents": self.events}]


class NoRoles:
    """An IAM without roles."""

    def get_role(self, **_: str) -> None:
        raise client_error("NoSuchEntity", "GetRole")


class TwoZones:
    """An EC2 and a DMS of two zones, which offer the lake's class."""

    def describe_availability_zones(self, **_: Any) -> dict[str, Any]:
        return {"AvailabilityZones": [{"ZoneName": "a"}, {"ZoneName": "b"}]}

    def get_paginator(self, _: str) -> TwoZones:
        return self

    def paginate(self) -> list[dict[str, Any]]:
        offer = {"ReplicationInstanceClass": "dms.t3.medium", "AvailabilityZones": ["a", "b"]}
        return [{"OrderableReplicationInstances": [offer]}]


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": arguments["Tags"], "Parameters": arguments["Parameters"]}


def stacks(script: Scripted) -> Stacks:
    target: Target = open_target("local", environ={})
    clients = {"cloudformation": script, "iam": NoRoles(), "ec2": TwoZones(), "dms": TwoZones()}
    target = replace(target, _clients=clients)
    return Stacks(target, Settings(target.account))


def event(logical: str, kind: str, status: str, reason: str = "") -> dict[str, Any]:
    return {
        "LogicalResourceId": logical,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }
