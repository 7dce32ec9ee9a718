"""A stack policy protects resources from updates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.cloudformation.helpers import Stacks, parameter, source, template
from tests.contract.refusals import refusal


def policy(effect: str, action: str = "Update:*", resource: str = "*", **more: Any) -> str:
    statement = {"Effect": effect, "Action": action, "Principal": "*", "Resource": resource}
    return json.dumps({"Statement": [{**statement, **more}]})


ALLOW, DENY = policy("Allow"), policy("Deny")


def test_the_life_of_a_policy(stacks: Stacks, bucket: str) -> None:
    stack = stacks.create(template(A=parameter("1")), StackPolicyBody=ALLOW)
    name, cfn = stack["StackName"], stacks.cfn
    assert cfn.get_stack_policy(StackName=name)["StackPolicyBody"] == ALLOW
    cfn.set_stack_policy(StackName=name, StackPolicyBody=DENY)
    assert cfn.get_stack_policy(StackName=stack["StackId"])["StackPolicyBody"] == DENY
    stacks.aws("s3").put_object(Bucket=bucket, Key="policy.json", Body=ALLOW.encode())
    url = f"https://{bucket}.s3.amazonaws.com/policy.json"
    cfn.set_stack_policy(StackName=name, StackPolicyURL=url)
    assert cfn.get_stack_policy(StackName=name)["StackPolicyBody"] == ALLOW
    cfn.set_stack_policy(StackName=name, StackPolicyBody="{}")
    assert cfn.get_stack_policy(StackName=name)["StackPolicyBody"] == "{}"
    without = stacks.create(template(A=parameter("1")))
    assert "StackPolicyBody" not in cfn.get_stack_policy(StackName=without["StackName"])


def test_what_is_refused(stacks: Stacks, name: str) -> None:
    stack = stacks.create(template(A=parameter("1")))["StackName"]

    def refused(stack: str, **given: str) -> tuple[str, str]:
        return refusal(lambda: stacks.cfn.set_stack_policy(StackName=stack, **given))

    url = "https://s3.amazonaws.com/a/b"
    both = {"StackPolicyBody": ALLOW, "StackPolicyURL": url}
    assert refused(stack, **both)[1] == (
        "You cannot specify both StackPolicyURL and StackPolicyBody"
    )
    for text in ("no JSON", policy("Deny", "Delete:*")):
        assert refused(stack, StackPolicyBody=text) == (
            "ValidationError",
            "Error validating stack policy: Invalid stack policy",
        )
    other = policy("Deny", resource="LogicalResourceId/B")
    assert "Unknown logical id" in refused(stack, StackPolicyBody=other)[1]
    assert stacks.refused(template(A=parameter("1")), StackPolicyBody=other)[0] == "ValidationError"
    missing = ("ValidationError", f"Stack [{name}] does not exist")
    assert refused(name, StackPolicyBody="{}") == missing
    assert refusal(lambda: stacks.cfn.get_stack_policy(StackName=name)) == missing


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (DENY, template(A=parameter("2"))),
        (policy("Deny", "Update:Modify", "LogicalResourceId/A"), template(A=parameter("2"))),
        (policy("Allow", resource="LogicalResourceId/B"), template(A=parameter("2"))),
        (policy("Deny", "Update:Replace"), template(A=parameter("1", Name="another-name"))),
        (policy("Deny", "Update:Delete"), template(C=parameter("1"))),
    ],
)
def test_a_protected_resource_stays(stacks: Stacks, text: str, changed: dict[str, Any]) -> None:
    stack = stacks.create(template(A=parameter("1"), B=parameter("1")))
    stacks.cfn.set_stack_policy(StackName=stack["StackName"], StackPolicyBody=text)
    changed["Resources"].setdefault("B", parameter("1"))
    stack = stacks.update(stack, changed)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason(stack, "A").startswith("Action denied by stack policy: ")
    (kept,) = stacks.cfn.describe_stack_resources(
        StackName=stack["StackName"], LogicalResourceId="A"
    )["StackResources"]
    assert stacks.value(kept["PhysicalResourceId"]) == "1"


def test_a_change_set_keeps_to_the_policy(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")), StackPolicyBody=DENY)
    made = stacks.cfn.create_change_set(
        StackName=stack["StackName"], ChangeSetName="c", **source(template(A=parameter("2")))
    )
    stacks.cfn.execute_change_set(ChangeSetName=made["Id"])
    assert stacks.ended(stack["StackId"])["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_additions_are_no_updates(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")), StackPolicyBody=DENY)
    stack = stacks.update(stack, template(A=parameter("1"), B=parameter("1")))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"


def test_another_policy_during_an_update(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")), StackPolicyBody=DENY)
    stack = stacks.update(stack, template(A=parameter("2")), StackPolicyDuringUpdateBody=ALLOW)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.cfn.get_stack_policy(StackName=stack["StackName"])["StackPolicyBody"] == DENY
    stack = stacks.update(stack, template(A=parameter("3")))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_policy_given_with_an_update_counts_after_it(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")))
    stack = stacks.update(stack, template(A=parameter("2")), StackPolicyBody=DENY)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.cfn.get_stack_policy(StackName=stack["StackName"])["StackPolicyBody"] == DENY
    stack = stacks.update(stack, template(A=parameter("3")), StackPolicyBody=ALLOW)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.cfn.get_stack_policy(StackName=stack["StackName"])["StackPolicyBody"] == DENY
