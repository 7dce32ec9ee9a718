"""Stack deployment against a scripted CloudFormation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.cloudformation import Outcome, Stacks, first_failure
from pipeline.errors import StackError
from pipeline.settings import Settings
from pipeline.target import Target, open_target
from tests.unit.pipeline_fakes import client_error


class Scripted:
    """A CloudFormation of one stack; each call of create and update takes the next status."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.stack: dict[str, Any] | None = None
        self.calls: list[str] = []
        self.events: list[dict[str, Any]] = []

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if self.stack is None:
            raise client_error("ValidationError", "DescribeStacks", "Stack does not exist")
        return {"Stacks": [self.stack]}

    def create_stack(self, **arguments: Any) -> None:
        self.calls.append("create")
        if self.stack is not None:
            raise client_error("AlreadyExistsException")
        self.stack = {"StackStatus": self.outcomes.pop(0), "Tags": arguments["Tags"]}

    def update_stack(self, **arguments: Any) -> None:
        self.calls.append("update")
        assert self.stack is not None
        outcome = self.outcomes.pop(0)
        if outcome == "none":
            raise client_error("ValidationError", message="No updates are to be performed.")
        self.stack = {"StackStatus": outcome, "Tags": arguments["Tags"]}

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete")
        self.stack = None

    def get_paginator(self, _: str) -> Scripted:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"StackEvents": self.events}]


def stacks(script: Scripted) -> Stacks:
    target: Target = open_target("local", environ={})
    target = replace(target, _clients={"cloudformation": script})
    return Stacks(target, Settings(target.account))


def event(logical: str, kind: str, status: str, reason: str = "") -> dict[str, Any]:
    return {
        "LogicalResourceId": logical,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def test_creates_then_leaves_alone_then_updates() -> None:
    script = Scripted("CREATE_COMPLETE", "UPDATE_COMPLETE")
    found = stacks(script)
    assert found.deploy("002-network", {}) is Outcome.CREATED
    assert found.deploy("002-network", {}) is Outcome.UNCHANGED
    assert found.deploy("002-network", {"VpcCidr": "10.1.0.0/16"}) is Outcome.UPDATED
    assert script.calls == ["create", "update"]


def test_no_updates_is_unchanged() -> None:
    script = Scripted("none")
    script.stack = {"StackStatus": "CREATE_COMPLETE"}
    assert stacks(script).deploy("002-network", {}) is Outcome.UNCHANGED


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_a_dead_stack_is_made_anew(status: str) -> None:
    script = Scripted("CREATE_COMPLETE")
    script.stack = {"StackStatus": status}
    assert stacks(script).deploy("002-network", {}) is Outcome.CREATED
    assert script.calls == ["delete", "create"]


def test_a_change_that_needs_a_replacement_replaces_the_stack() -> None:
    script = Scripted("UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    script.stack = {"StackStatus": "CREATE_COMPLETE"}
    script.events = [event("Model", "AWS::SageMaker::Model", "UPDATE_FAILED", "needs replacement")]
    assert stacks(script).deploy("002-network", {}) is Outcome.CREATED
    assert script.calls == ["update", "delete", "create"]


def test_a_failure_names_the_first_failing_resource() -> None:
    script = Scripted("ROLLBACK_COMPLETE")
    script.events = [
        event("Stack", "AWS::CloudFormation::Stack", "ROLLBACK_COMPLETE"),
        event("Subnet", "AWS::EC2::Subnet", "CREATE_FAILED", "Resource creation cancelled"),
        event("Vpc", "AWS::EC2::VPC", "CREATE_FAILED", "the limit is reached"),
        event("Stack", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS"),
        event("Vpc", "AWS::EC2::VPC", "CREATE_FAILED", "an older reason"),
    ]
    with pytest.raises(StackError) as raised:
        stacks(script).deploy("002-network", {})
    assert raised.value.message == (
        "Stack movielens-lake-002-network is ROLLBACK_COMPLETE: "
        "Vpc (AWS::EC2::VPC): the limit is reached"
    )
    assert "lake run" in raised.value.hint


def test_without_events_it_says_so() -> None:
    assert first_failure([]) == "no event says why"


def test_outputs_of_no_stack() -> None:
    with pytest.raises(StackError, match="There is no stack movielens-lake-002-network"):
        stacks(Scripted()).outputs("002-network")


def test_deleting_what_is_not_there() -> None:
    script = Scripted()
    assert stacks(script).delete("002-network") is False
    assert script.calls == []
