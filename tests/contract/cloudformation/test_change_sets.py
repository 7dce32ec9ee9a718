"""Change sets beside each other and beside their stack, as AWS's API Reference has them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, failing, parameter, source, template
from tests.contract.refusals import refusal
from tests.support import unique


def propose(stacks: Stacks, stack: str, value: str, kind: str, **settings: Any) -> dict[str, Any]:
    """Create a change set and describe it."""
    stacks.names.append(stack)
    made = stacks.cfn.create_change_set(
        StackName=stack,
        ChangeSetName=settings.pop("ChangeSetName", unique("change")),
        ChangeSetType=kind,
        **source(template(A=parameter(value))),
        **settings,
    )
    return dict(stacks.cfn.describe_change_set(ChangeSetName=made["Id"]))


def listed(stacks: Stacks, stack: str) -> dict[str, str]:
    """Execution status of the stack's change sets, by name."""
    found = stacks.cfn.list_change_sets(StackName=stack)["Summaries"]
    return {c["ChangeSetName"]: c["ExecutionStatus"] for c in found}


def test_execution_deletes_the_other_change_sets(stacks: Stacks, name: str) -> None:
    first = propose(stacks, name, "1", "CREATE")
    second = propose(stacks, name, "2", "CREATE")
    stacks.cfn.execute_change_set(ChangeSetName=second["ChangeSetId"])
    assert stacks.ended(second["StackId"])["StackStatus"] == "CREATE_COMPLETE"
    code, text = refusal(lambda: stacks.cfn.execute_change_set(ChangeSetName=first["ChangeSetId"]))
    assert code == "ChangeSetNotFound"
    assert text == f"ChangeSet [{first['ChangeSetId']}] does not exist"
    again = stacks.cfn.describe_change_set(ChangeSetName=second["ChangeSetId"])
    assert again["ExecutionStatus"] == "EXECUTE_COMPLETE"
    assert listed(stacks, name) == {}


def test_an_update_makes_change_sets_obsolete(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")))
    waiting = propose(stacks, stack["StackName"], "2", "UPDATE")
    failed = propose(stacks, stack["StackName"], "1", "UPDATE")
    assert "didn't contain changes" in failed["StatusReason"]
    stacks.update(stack, template(A=parameter("3")))
    assert listed(stacks, stack["StackName"]) == {
        waiting["ChangeSetName"]: "OBSOLETE",
        failed["ChangeSetName"]: "UNAVAILABLE",
    }
    code, text = refusal(
        lambda: stacks.cfn.execute_change_set(ChangeSetName=waiting["ChangeSetId"])
    )
    assert code == "InvalidChangeSetStatus"
    assert text.endswith("execution status of [OBSOLETE]")


def test_a_stack_under_review_is_created_by_its_name(stacks: Stacks, name: str) -> None:
    reviewed = propose(stacks, name, "1", "CREATE", ChangeSetName="c")
    code, text = refusal(lambda: propose(stacks, name, "2", "UPDATE"))
    assert code == "ValidationError"
    assert text.endswith("is in REVIEW_IN_PROGRESS state and can not be updated.")
    assert refusal(lambda: propose(stacks, name, "2", "CREATE", ChangeSetName="c"))[0] == (
        "AlreadyExistsException"
    )
    stack = stacks.create(template(A=parameter("3")), StackName=name)
    assert stack["StackId"] == reviewed["StackId"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    found = stacks.cfn.describe_change_set(ChangeSetName=reviewed["ChangeSetId"])
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "OBSOLETE")
    states = [state for who, state, _ in stacks.events(stack) if who == name]
    assert states == ["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_a_change_set_follows_a_rolled_back_update(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")))
    back = stacks.update(stack, template(A=parameter("1"), B=failing()))
    assert back["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    made = propose(stacks, stack["StackName"], "2", "UPDATE")
    (now,) = stacks.cfn.describe_stacks(StackName=stack["StackId"])["Stacks"]
    assert now["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    stacks.cfn.execute_change_set(ChangeSetName=made["ChangeSetId"])
    assert stacks.ended(stack["StackId"])["StackStatus"] == "UPDATE_COMPLETE"


def test_templates_of_change_sets_are_read(stacks: Stacks, name: str) -> None:
    made = propose(stacks, name, "1", "CREATE")
    read = stacks.cfn.get_template
    expected = template(A=parameter("1"))
    for stage in ("Original", "Processed"):
        found = read(ChangeSetName=made["ChangeSetId"], TemplateStage=stage)
        assert found["TemplateBody"] == expected
        assert "TemplateBody" not in read(StackName=name, TemplateStage=stage)
    named = read(StackName=name, ChangeSetName=made["ChangeSetName"])
    assert named["TemplateBody"] == expected
    with pytest.raises(ClientError, match="StackName is a required parameter"):
        read(ChangeSetName=made["ChangeSetName"])
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        read(StackName=name, ChangeSetName="other")


def test_the_time_of_the_last_update(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("1")))
    assert "LastUpdatedTime" not in stack
    updated = stacks.update(stack, template(A=parameter("2")))
    assert updated["LastUpdatedTime"] > updated["CreationTime"]
    deleted = stacks.delete(stack)
    assert "EnableTerminationProtection" not in deleted


def test_why_a_property_changes(stacks: Stacks) -> None:
    def body(value: str) -> dict[str, Any]:
        made = template(
            A=parameter({"Ref": "P"}),
            B=parameter({"Fn::GetAtt": ["A", "Value"]}),
            C=parameter(value),
            D={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": unique(value)}},
        )
        return {"Parameters": {"P": {"Type": "String"}}, **made}

    def settings(value: str) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": "P", "ParameterValue": value}]}

    stack = stacks.create(body("1"), **settings("1"))
    made = stacks.cfn.create_change_set(
        StackName=stack["StackName"],
        ChangeSetName="c",
        **source({**body("2"), "Resources": {**body("2")["Resources"], "E": parameter("new")}}),
        **settings("2"),
    )
    found = stacks.cfn.describe_change_set(ChangeSetName=made["Id"])["Changes"]
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in found}

    def target(name: str, recreation: str) -> dict[str, str]:
        return {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}

    value = {"Target": target("Value", "Never")}
    direct = {"ChangeSource": "DirectModification"}
    by_parameter = {"ChangeSource": "ParameterReference", "CausingEntity": "P"}
    by_attribute = {"ChangeSource": "ResourceAttribute", "CausingEntity": "A.Value"}
    assert changes["A"]["Details"] == [
        {**value, "Evaluation": "Static", **by_parameter},
        {**value, "Evaluation": "Dynamic", **direct},
    ]
    assert changes["B"]["Details"] == [{**value, "Evaluation": "Dynamic", **by_attribute}]
    assert changes["C"]["Details"] == [{**value, "Evaluation": "Static", **direct}]
    assert changes["D"]["Details"] == [
        {"Target": target("TopicName", "Always"), "Evaluation": "Static", **direct}
    ]
    assert changes["D"]["Replacement"] == "True"
    assert {name: c.get("PolicyAction") for name, c in changes.items()} == {
        **dict.fromkeys("ABCE"),
        "D": "ReplaceAndDelete",
    }
    assert {name: c["Scope"] for name, c in changes.items()} == {
        **{name: ["Properties"] for name in "ABCD"},
        "E": [],
    }


def test_values_and_what_becomes_of_old_resources(stacks: Stacks) -> None:
    def body(value: str, **kept: str) -> dict[str, Any]:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": unique(value)}, **kept}
        return template(T=topic, A=parameter({"Fn::GetAtt": ["T", "TopicName"]}))

    before = body("a", UpdateReplacePolicy="Retain")
    gone = {name: {**parameter("1"), "DeletionPolicy": name} for name in ("Retain", "Delete")}
    before["Resources"] |= gone
    stack = stacks.create(before)
    after = body("b", UpdateReplacePolicy="Retain")
    after["Resources"]["A"]["Properties"]["Description"] = "d"
    made = stacks.cfn.create_change_set(
        StackName=stack["StackName"], ChangeSetName="c", **source(after)
    )
    found = stacks.cfn.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True)
    changes = {
        c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in found["Changes"]
    }
    assert {name: c.get("PolicyAction") for name, c in changes.items()} == {
        "T": "ReplaceAndRetain",
        "A": None,
        "Retain": "Retain",
        "Delete": "Delete",
    }
    (of_topic,) = changes["T"]["Details"]
    names = [b["Resources"]["T"]["Properties"]["TopicName"] for b in (before, after)]
    assert of_topic["Target"] == {
        "Attribute": "Properties",
        "Name": "TopicName",
        "RequiresRecreation": "Always",
        "Path": "/Properties/TopicName",
        "AttributeChangeType": "Modify",
        "BeforeValue": names[0],
        "AfterValue": names[1],
    }
    by_name = {
        d["Target"]["Name"]: d for d in changes["A"]["Details"] if d["Evaluation"] == "Static"
    }
    assert by_name["Value"]["CausingEntity"] == "T.TopicName"
    assert by_name["Description"]["Target"]["AttributeChangeType"] == "Add"
    assert "BeforeValue" not in by_name["Description"]["Target"]
