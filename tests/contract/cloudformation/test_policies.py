"""What becomes of a resource by its DeletionPolicy and UpdateReplacePolicy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.cloudformation.helpers import Stacks, failing, parameter, template


def group(name: str, **policies: str) -> dict[str, Any]:
    """A resource whose change of name is a replacement."""
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}, **policies}


def groups(stacks: Stacks, prefix: str) -> list[str]:
    """Log groups there are, without the prefix; they are deleted on the way."""
    logs = stacks.aws("logs")
    found = [
        g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    ]
    for each in found:
        logs.delete_log_group(logGroupName=each)
    return [each.removeprefix(f"{prefix}-") for each in found]


@pytest.mark.parametrize(
    ("policies", "left"),
    [
        ({"UpdateReplacePolicy": "Retain"}, ["old"]),
        ({"UpdateReplacePolicy": "Delete", "DeletionPolicy": "Retain"}, ["new"]),
        ({"DeletionPolicy": "Retain"}, ["new"]),
        ({"UpdateReplacePolicy": "Snapshot", "DeletionPolicy": "Snapshot"}, []),
        ({"UpdateReplacePolicy": "Retain", "DeletionPolicy": "Retain"}, ["new", "old"]),
    ],
)
def test_each_policy_decides_its_own_case(
    stacks: Stacks,
    name: str,
    policies: dict[str, str],
    left: list[str],
) -> None:
    stack = stacks.create(template(A=group(f"{name}-old", **policies)))
    stack = stacks.update(stack, template(A=group(f"{name}-new", **policies)))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    (shown,) = stacks.cfn.describe_stack_resources(StackName=stack["StackId"])["StackResources"]
    assert (shown["PhysicalResourceId"], shown["ResourceStatus"]) == (
        f"{name}-new",
        "UPDATE_COMPLETE",
    )
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert groups(stacks, name) == left


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_what_leaves_the_template_is_retained(stacks: Stacks, name: str, policy: str) -> None:
    kept = group(f"{name}-kept", DeletionPolicy=policy)
    stack = stacks.create(template(A=kept, B=parameter("b")))
    stack = stacks.update(stack, template(B=parameter("b")))
    assert ("A", "DELETE_SKIPPED", "") in stacks.events(stack)
    shown = stacks.cfn.describe_stack_resources(StackName=stack["StackId"])["StackResources"]
    assert [s["LogicalResourceId"] for s in shown] == ["B"]
    assert groups(stacks, name) == ["kept"]


def test_an_update_that_fails_retains_nothing_new(stacks: Stacks, name: str) -> None:
    """Not even a replacement: the old one is still there."""
    policies = {"UpdateReplacePolicy": "Retain", "DeletionPolicy": "RetainExceptOnCreate"}
    stack = stacks.create(template(A=group(f"{name}-old", **policies)))
    changed = template(
        A=group(f"{name}-new", **policies),
        B=group(f"{name}-added", **policies),
        C={**failing(), "DependsOn": ["A", "B"]},
    )
    stack = stacks.update(stack, changed)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (shown,) = stacks.cfn.describe_stack_resources(
        StackName=stack["StackId"], LogicalResourceId="A"
    )["StackResources"]
    assert (shown["PhysicalResourceId"], shown["ResourceStatus"]) == (
        f"{name}-old",
        "UPDATE_COMPLETE",
    )
    assert groups(stacks, name) == ["old"]


@pytest.mark.parametrize(
    ("policy", "rolled_back", "deleted"),
    [("Delete", [], []), ("Retain", ["a"], ["a"]), ("RetainExceptOnCreate", [], ["a"])],
)
def test_creation_rolled_back_and_stack_deleted(
    stacks: Stacks,
    name: str,
    policy: str,
    rolled_back: list[str],
    deleted: list[str],
) -> None:
    resource = group(f"{name}-a", DeletionPolicy=policy)
    stack = stacks.create(template(A=resource, B={**failing(), "DependsOn": "A"}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert groups(stacks, name) == rolled_back

    stack = stacks.create(template(A=resource))
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert groups(stacks, name) == deleted


def test_policies_that_there_are_not(stacks: Stacks) -> None:
    for policy in ("RetainExceptOnCreate", "Keep"):
        code, message = stacks.refused(template(A=group("a", UpdateReplacePolicy=policy)))
        assert code == "ValidationError"
        assert f"Unrecognized UpdateReplacePolicy {policy} for resource A" in message
