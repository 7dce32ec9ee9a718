"""TimeoutInMinutes, and the deletion of a stack that waits; minutes cannot be shorter here."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.contract.cloudformation.custom_resource_helpers import template as custom_template
from tests.contract.cloudformation.helpers import Stacks, parameter, template
from tests.support import wait_until

SILENT = """
import cfnresponse
def handler(event, context):
    if event["RequestType"] == "Delete":
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {})
"""
MAY = {"Capabilities": ["CAPABILITY_IAM"]}
LATE = "Stack creation time exceeded the specified timeout. "


def waiting(name: str) -> dict[str, Any]:
    """A stack that waits for the answer of a function."""
    body = custom_template(SILENT)
    body["Resources"]["Before"] = parameter("a", Name=name)
    body["Resources"]["Thing"]["DependsOn"] = "Before"
    body["Resources"]["Thing"]["Properties"]["ServiceTimeout"] = 300
    return body


def nested(url: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, **properties}}


def reason(stacks: Stacks, stack: dict[str, Any], status: str) -> str:
    (found,) = [r for n, s, r in stacks.events(stack) if (n, s) == (stack["StackName"], status)]
    return found


def test_a_creation_that_takes_too_long(stacks: Stacks, bucket: str, name: str) -> None:
    limited = stacks.put(bucket, "limited.json", waiting(f"{name}-c"))
    child = stacks.put(bucket, "child.json", waiting(f"{name}-d"))
    begun = [
        stacks.begin(waiting(f"{name}-a"), TimeoutInMinutes=1, **MAY),
        stacks.begin(waiting(f"{name}-b"), TimeoutInMinutes=1, OnFailure="DO_NOTHING", **MAY),
        stacks.begin(template(Child=nested(limited, TimeoutInMinutes=1)), **MAY),
        stacks.begin(template(Child=nested(child)), TimeoutInMinutes=1, OnFailure="DELETE", **MAY),
    ]
    began = time.monotonic()
    shown = stacks.cfn.describe_stacks(StackName=begun[0])["Stacks"][0]
    assert shown["TimeoutInMinutes"] == 1

    def ended() -> list[dict[str, Any]] | None:
        found = [stacks.cfn.describe_stacks(StackName=s)["Stacks"][0] for s in begun]
        done = not any(f["StackStatus"].endswith("IN_PROGRESS") for f in found)
        return found if done and found[3]["StackStatus"] == "DELETE_COMPLETE" else None

    rolled_back, kept, parent, deleted = wait_until(ended, timeout=120, every=0.5)
    assert time.monotonic() - began > 55
    assert rolled_back["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason(rolled_back, "Thing") == "Resource creation cancelled"
    assert (
        reason(stacks, rolled_back, "ROLLBACK_IN_PROGRESS") == f"{LATE}Rollback requested by user."
    )
    assert (kept["StackStatus"], kept["StackStatusReason"]) == ("CREATE_FAILED", LATE)
    assert [stacks.value(f"{name}-{x}") for x in "abcd"] == [None, "a", None, None]

    assert parent["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"was not successfully created: {LATE}" in stacks.reason(parent, "Child")
    assert stacks.reason(deleted, "Child") == "Resource creation cancelled"


def test_deletion_stops_the_wait_of_a_nested_stack(stacks: Stacks, bucket: str, name: str) -> None:
    url = stacks.put(bucket, "child.json", waiting(name))
    stack_id = stacks.begin(template(Child=nested(url)), **MAY)
    wait_until(lambda: stacks.value(name), what="the nested stack works")
    began = time.monotonic()
    stacks.cfn.delete_stack(StackName=stack_id)

    def status() -> str:
        return str(stacks.cfn.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])

    wait_until(lambda: status() == "DELETE_COMPLETE", timeout=60, what="deletion")
    assert time.monotonic() - began < 40
    assert stacks.value(name) is None
    assert name not in json.dumps(stacks.cfn.describe_stacks()["Stacks"], default=str)
