"""Resources that wait for signals: through a handle's URL, and by SignalResource.

AWS CloudFormation User Guide, "Create wait conditions in a CloudFormation template"; API Reference,
"SignalResource".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, outputs, template
from tests.support import wait_until

HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


def condition(count: int = 1, timeout: int = 60) -> dict[str, Any]:
    given = {"Handle": {"Ref": "H"}, "Count": count, "Timeout": str(timeout)}
    return {"Type": "AWS::CloudFormation::WaitCondition", "Properties": given}


def waiting(stacks: Stacks, stack: str, name: str) -> dict[str, str]:
    """Physical ids by logical id, once this resource is being made."""

    def look() -> dict[str, str] | None:
        found = stacks.cfn.describe_stack_resources(StackName=stack)["StackResources"]
        known = {r["LogicalResourceId"]: r.get("PhysicalResourceId", "") for r in found}
        return known if name in known else None

    return wait_until(look, timeout=30, what=f"{name} is being made")


def put(url: str, status: str, unique_id: str, data: str = "") -> None:
    body = {"Status": status, "Reason": "said", "UniqueId": unique_id, "Data": data}
    request = Request(url, json.dumps(body).encode(), method="PUT")  # noqa: S310 - loopback
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        assert answer.status == 200


def test_a_condition_waits_for_its_signals(stacks: Stacks) -> None:
    values = {"Data": {"Fn::GetAtt": ["W", "Data"]}}
    stack = stacks.begin(template(values, H=HANDLE, W=condition(count=2)))
    url = waiting(stacks, stack, "W")["H"]
    put(url, "SUCCESS", "one", "first")
    put(url, "SUCCESS", "one", "again")
    (found,) = stacks.cfn.describe_stacks(StackName=stack)["Stacks"]
    assert found["StackStatus"] == "CREATE_IN_PROGRESS"
    put(url, "SUCCESS", "two", "second")
    made = stacks.ended(stack)
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert json.loads(outputs(made)["Data"]) == {"one": "first", "two": "second"}


def test_a_signal_of_failure_and_none_at_all(stacks: Stacks) -> None:
    stack = stacks.begin(template(H=HANDLE, W=condition()))
    put(waiting(stacks, stack, "W")["H"], "FAILURE", "one")
    late = stacks.create(template(H=HANDLE, W=condition(timeout=1)))
    said = [r for each in (stacks.ended(stack), late) for _, _, r in stacks.events(each) if r]
    assert "WaitCondition received failed message: 'said' for uniqueId: one" in "\n".join(said)
    assert "WaitCondition timed out. Received 0 conditions when expecting 1" in "\n".join(said)


def test_a_condition_without_a_handle_is_there_at_once(stacks: Stacks) -> None:
    plain = {"Type": "AWS::CloudFormation::WaitCondition"}
    assert stacks.create(template(W=plain))["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_signals_by_the_api(stacks: Stacks, status: str) -> None:
    policy = {"ResourceSignal": {"Count": 1, "Timeout": "PT1M"}}
    body = template(W={"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": policy})
    stack = stacks.begin(body)
    waiting(stacks, stack, "W")
    signal = {"StackName": stack, "UniqueId": "i-1", "Status": status}
    with pytest.raises(ClientError, match="Resource X does not exist for stack"):
        stacks.cfn.signal_resource(LogicalResourceId="X", **signal)
    stacks.cfn.signal_resource(LogicalResourceId="W", **signal)

    ended = stacks.ended(stack)
    expected = "CREATE_COMPLETE" if status == "SUCCESS" else "ROLLBACK_COMPLETE"
    assert ended["StackStatus"] == expected
    reasons = [r for _, _, r in stacks.events(ended)]
    assert f"Received {status} signal with UniqueId i-1" in reasons
    with pytest.raises(ClientError, match="state and can not be signaled"):
        stacks.cfn.signal_resource(LogicalResourceId="W", **signal)


def test_an_instance_is_not_waited_for_and_its_event_says_so(stacks: Stacks) -> None:
    machine = {
        "Type": "AWS::EC2::Instance",
        "Properties": {"ImageId": "ami-12c6146b"},
        "CreationPolicy": {"ResourceSignal": {"Timeout": "PT15M"}},
    }
    stack = stacks.create(template(I=machine))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert ("I", "CREATE_COMPLETE", "accepted, not applied: CreationPolicy") in stacks.events(stack)
