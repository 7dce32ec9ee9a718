"""What a request says of a stack beside its template is kept, shown or refused, not dropped."""

from __future__ import annotations

from tests.contract.cloudformation.helpers import Stacks, parameter, source, template
from tests.contract.refusals import refusal
from tests.support import ACCOUNT, REGION

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:stack-events"
OTHER = f"{TOPIC}-2"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"


def test_options_are_shown_and_their_lack_of_effect_is_told(stacks: Stacks) -> None:
    stack = stacks.create(
        template(A=parameter("1")),
        EnableTerminationProtection=True,
        NotificationARNs=[TOPIC],
        RollbackConfiguration={"MonitoringTimeInMinutes": 3},
        RoleARN=ROLE,
    )
    assert stack["EnableTerminationProtection"]
    assert stack["NotificationARNs"] == [TOPIC]
    assert stack["RollbackConfiguration"] == {"MonitoringTimeInMinutes": 3}
    assert stack["RoleARN"] == ROLE
    first = next(reason for who, _, reason in stacks.events(stack) if who == stack["StackName"])
    assert first == (
        "User Initiated; accepted, not applied: NotificationARNs, RollbackConfiguration"
    )
    stacks.cfn.update_termination_protection(
        StackName=stack["StackName"], EnableTerminationProtection=False
    )
    made = stacks.cfn.create_change_set(
        StackName=stack["StackName"],
        ChangeSetName="c",
        NotificationARNs=[OTHER],
        **source(template(A=parameter("2"))),
    )
    described = stacks.cfn.describe_change_set(ChangeSetName=made["Id"])
    assert described["NotificationARNs"] == [OTHER]
    stacks.cfn.execute_change_set(ChangeSetName=made["Id"])
    updated = stacks.ended(stack["StackId"])
    assert (updated["NotificationARNs"], updated["RoleARN"]) == ([OTHER], ROLE)


def test_types_that_are_not_allowed(stacks: Stacks) -> None:
    body = template(A=parameter("1"))
    code, text = stacks.refused(body, ResourceTypes=["AWS::SNS::*", "AWS::SSM:*"])
    assert code == "ValidationError"
    assert text == (
        "Resource type AWS::SSM::Parameter is not allowed by parameter ResourceTypes "
        "[AWS::SNS::*, AWS::SSM:*]"
    )
    for allowed in ("AWS::*", "AWS::SSM::*", "AWS::SSM::Parameter"):
        assert stacks.create(body, ResourceTypes=[allowed])["StackStatus"] == "CREATE_COMPLETE"


def test_names_of_change_sets(stacks: Stacks, name: str) -> None:
    code, text = refusal(
        lambda: stacks.cfn.create_change_set(
            StackName=name, ChangeSetName="1st", **source(template(A=parameter("1")))
        )
    )
    assert code == "ValidationError"
    assert "Value '1st' at 'changeSetName' failed to satisfy constraint" in text


def test_resources_and_templates_tell_their_metadata_and_constraints(stacks: Stacks) -> None:
    body = {
        "Parameters": {"P": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]}},
        **template(A={**parameter({"Ref": "P"}), "Metadata": {"Owner": "films"}}, B=parameter("b")),
    }
    stack = stacks.create(body)
    read = stacks.cfn.describe_stack_resource
    metadata = [
        read(StackName=stack["StackName"], LogicalResourceId=n)["StackResourceDetail"]["Metadata"]
        for n in "AB"
    ]
    assert metadata == ['{"Owner": "films"}', "{}"]
    for asked in ({"StackName": stack["StackName"]}, source(body)):
        (found,) = stacks.cfn.get_template_summary(**asked)["Parameters"]
        assert found == {
            "ParameterKey": "P",
            "DefaultValue": "a",
            "ParameterType": "String",
            "NoEcho": False,
            "ParameterConstraints": {"AllowedValues": ["a", "b"]},
        }


def test_what_is_no_rollback_trigger(stacks: Stacks) -> None:
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a"
    for trigger, said in (
        ({"Arn": alarm, "Type": "AWS::SNS::Topic"}, "Rollback Trigger Type not supported"),
        (
            {"Arn": alarm.replace(":alarm:", ":"), "Type": "AWS::CloudWatch::Alarm"},
            "RelativeId of a Rollback Trigger's ARN is incorrect",
        ),
    ):
        given = {"RollbackConfiguration": {"RollbackTriggers": [trigger]}}
        assert stacks.refused(template(A=parameter("1")), **given) == ("ValidationError", said)
