"""Stack sets, and change sets that cannot be executed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.refusals import refusal
from tests.support import wait_until

Aws = Callable[[str], Any]
ACCOUNT, REGION = "000000000000", "us-east-1"
TEMPLATE = json.dumps(
    {
        "Parameters": {"Name": {"Type": "String"}, "Value": {"Type": "String", "Default": "a"}},
        "Resources": {
            "P": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Name": {"Ref": "Name"},
                    "Type": "String",
                    "Value": {"Ref": "Value"},
                },
            }
        },
    }
)


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()]


def test_life_of_a_stack_set(aws: Aws, name: str) -> None:
    api, where = aws("cloudformation"), {"Accounts": [ACCOUNT], "Regions": [REGION]}
    api.create_stack_set(StackSetName=name, TemplateBody=TEMPLATE, Parameters=given(Name=name))
    again = refusal(lambda: api.create_stack_set(StackSetName=name, TemplateBody=TEMPLATE))
    assert again[0] == "NameAlreadyExistsException"
    described = api.describe_stack_set(StackSetName=name)["StackSet"]
    assert (described["Status"], described["TemplateBody"]) == ("ACTIVE", TEMPLATE)
    assert name in [s["StackSetName"] for s in api.list_stack_sets()["Summaries"]]

    def ended(operation: str) -> str:
        def look() -> str | None:
            found = api.describe_stack_set_operation(StackSetName=name, OperationId=operation)
            status = str(found["StackSetOperation"]["Status"])
            return None if status == "RUNNING" else status

        return wait_until(look, timeout=90, what=f"end of {operation}")

    made = api.create_stack_instances(StackSetName=name, **where)["OperationId"]
    assert ended(made) == "SUCCEEDED"
    (instance,) = api.list_stack_instances(StackSetName=name)["Summaries"]
    assert instance["Status"] == "CURRENT"
    assert f":stack/StackSet-{name}" in instance["StackId"]
    updated = api.update_stack_set(
        StackSetName=name, UsePreviousTemplate=True, Parameters=given(Name=name, Value="b")
    )["OperationId"]
    assert ended(updated) == "SUCCEEDED"
    assert aws("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "b"
    listed = api.list_stack_set_operations(StackSetName=name)["Summaries"]
    assert [o["Action"] for o in listed] == ["UPDATE", "CREATE"]
    full = refusal(lambda: api.delete_stack_set(StackSetName=name))
    assert full == ("StackSetNotEmptyException", "StackSet is not empty")
    gone = api.delete_stack_instances(StackSetName=name, RetainStacks=False, **where)
    assert ended(gone["OperationId"]) == "SUCCEEDED"
    api.delete_stack_set(StackSetName=name)
    missing = refusal(lambda: api.describe_stack_set(StackSetName=name))
    assert missing == ("StackSetNotFoundException", f"StackSet {name} not found")


def test_an_instance_that_fails_says_why(aws: Aws, name: str) -> None:
    api = aws("cloudformation")
    api.create_stack_set(StackSetName=name, TemplateBody=TEMPLATE)  # Name has no default
    api.create_stack_instances(StackSetName=name, Accounts=[ACCOUNT], Regions=[REGION])

    def failed() -> bool:
        (found,) = api.list_stack_set_operations(StackSetName=name)["Summaries"]
        return bool(found["Status"] == "FAILED")

    wait_until(failed, 60)
    about = api.describe_stack_instance(
        StackSetName=name, StackInstanceAccount=ACCOUNT, StackInstanceRegion=REGION
    )["StackInstance"]
    assert about["Status"] == "OUTDATED"
    assert "Name" in about["StatusReason"]


def test_change_sets_that_cannot_be_executed(aws: Aws, name: str) -> None:
    api = aws("cloudformation")
    change = {"StackName": name, "ChangeSetName": "c", "TemplateBody": TEMPLATE}
    code, text = refusal(
        lambda: api.create_change_set(**change, ChangeSetType="IMPORT", ResourcesToImport=[])
    )
    assert code == "ValidationError"
    assert "does not support ChangeSetType IMPORT" in text
    api.create_change_set(**change, ChangeSetType="CREATE", Parameters=given(Name=name))
    api.get_waiter("change_set_create_complete").wait(
        StackName=name, ChangeSetName="c", WaiterConfig={"Delay": 1}
    )
    api.execute_change_set(StackName=name, ChangeSetName="c")
    api.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    def executed() -> bool:
        found = api.describe_change_set(StackName=name, ChangeSetName="c")
        return bool(found["ExecutionStatus"] == "EXECUTE_COMPLETE")

    wait_until(executed, 30)
    code, text = refusal(lambda: api.execute_change_set(StackName=name, ChangeSetName="c"))
    assert code == "InvalidChangeSetStatus"
    assert text.endswith("cannot be executed in its current execution status of [EXECUTE_COMPLETE]")
    api.delete_stack(StackName=name)


@pytest.mark.parametrize("wrong", ["1x", "a_b", "a b"])
def test_names_that_no_stack_can_have(aws: Aws, wrong: str) -> None:
    code, text = refusal(
        lambda: aws("cloudformation").create_stack(StackName=wrong, TemplateBody=TEMPLATE)
    )
    assert code == "ValidationError"
    assert f"Value '{wrong}' at 'stackName' failed to satisfy constraint" in text
