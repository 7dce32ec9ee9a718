"""Nested stacks, exports and imports."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.contract.cloudformation.helpers import Stacks, failing, outputs, parameter, template


def nested(url: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, **properties}}


def child(value: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "Parameters": {"Name": {"Type": "String"}, "Text": {"Type": "String", "Default": "t"}},
        **template(
            {"Text": {"Fn::GetAtt": ["A", "Value"]}},
            A=parameter(value or {"Ref": "Text"}, Name={"Ref": "Name"}),
            **more,
        ),
    }


def exporting(export: str, value: Any = "exported") -> dict[str, Any]:
    return template({"E": {"Value": value, "Export": {"Name": export}}}, A=parameter("a"))


def importing(export: str, name: str) -> dict[str, Any]:
    return template(A=parameter({"Fn::ImportValue": {"Fn::Sub": export}}, Name=name))


def test_nested_stack_is_made_updated_and_deleted(
    stacks: Stacks,
    bucket: str,
    name: str,
) -> None:
    url = stacks.put(bucket, "child.json", child())

    def root(text: str) -> dict[str, Any]:
        return template(
            {"Text": {"Fn::GetAtt": ["Child", "Outputs.Text"]}, "Id": {"Ref": "Child"}},
            Child=nested(url, Parameters={"Name": name, "Text": text}),
            After=parameter({"Fn::Sub": "<${Child.Outputs.Text}>"}, Name=f"{name}-after"),
        )

    stack = stacks.create(root("one"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack)
    made = outputs(stack)
    assert made["Text"] == "one"
    assert f":stack/{stack['StackName']}-Child-" in made["Id"]
    (inner,) = stacks.cfn.describe_stacks(StackName=made["Id"])["Stacks"]
    assert inner["ParentId"] == inner["RootId"] == stack["StackId"]

    stack = stacks.update(stack, root("two"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack) == {"Text": "two", "Id": made["Id"]}
    assert (stacks.value(name), stacks.value(f"{name}-after")) == ("two", "<two>")

    # The same root, but the nested template has changed at its place.
    stacks.put(bucket, "child.json", child({"Fn::Sub": "${Text}!"}))
    stack = stacks.update(stack, root("two"))
    assert outputs(stack)["Text"] == "two!"
    assert stacks.value(f"{name}-after") == "<two!>"

    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.value(name) is None
    (inner,) = stacks.cfn.describe_stacks(StackName=made["Id"])["Stacks"]
    assert inner["StackStatus"] == "DELETE_COMPLETE"


def test_failure_names_the_nested_reason(stacks: Stacks, bucket: str, name: str) -> None:
    url = stacks.put(bucket, "child.json", child(B={**failing(), "DependsOn": "A"}))
    stack = stacks.create(template(Child=nested(url, Parameters={"Name": name})))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reason(stack, "Child")
    assert reason.startswith("Embedded stack arn:aws:cloudformation:us-east-1:")
    assert "was not successfully created: B: " in reason
    assert "not a valid name!" in reason
    assert stacks.value(name) is None
    every = stacks.cfn.describe_stacks()["Stacks"]
    assert [s for s in every if s["StackName"].startswith(f"{stack['StackName']}-")] == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://s3.amazonaws.com/{bucket}/none.json", "S3 error: The specified key does not"),
        ("https://s3.amazonaws.com/{bucket}/broken.json", "JSON not well-formed"),
        ("https://s3.amazonaws.com/{bucket}/role.json", "Requires capabilities : [CAPABILITY_IAM]"),
        ("https://s3.amazonaws.com/{bucket}/child.json", "Parameters: [Name] must have values"),
    ],
)
def test_nested_templates_that_are_refused(
    stacks: Stacks,
    bucket: str,
    url: str,
    reason: str,
) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    stacks.put(bucket, "role.json", template(A=role))
    stacks.put(bucket, "child.json", child())
    stacks.aws("s3").put_object(Bucket=bucket, Key="broken.json", Body=b'{"Resources": [')
    stack = stacks.create(template(Child=nested(url.format(bucket=bucket))))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reason in stacks.reason(stack, "Child")


def test_failed_update_restores_the_nested_stack(
    stacks: Stacks,
    bucket: str,
    name: str,
) -> None:
    url = stacks.put(bucket, "child.json", child("old"))
    part = nested(url, Parameters={"Name": name})
    stack = stacks.create(template(Child=part))
    stacks.put(bucket, "child.json", child("new"))
    stack = stacks.update(stack, template(Child=part, B={**failing(), "DependsOn": "Child"}))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.events(stack)
    assert stacks.value(name) == "old"


def test_exports_and_imports(stacks: Stacks, name: str) -> None:
    export = f"{name}-export"
    source = stacks.create(exporting(export))
    user = stacks.create(importing(export, name))
    assert stacks.value(name) == "exported"
    listed = {e["Name"]: e for e in stacks.cfn.list_exports()["Exports"]}[export]
    assert (listed["Value"], listed["ExportingStackId"]) == ("exported", source["StackId"])
    assert stacks.cfn.list_imports(ExportName=export)["Imports"] == [user["StackName"]]

    source = stacks.delete(source)
    in_use = f"Export {export} cannot be deleted as it is in use by {user['StackName']}"
    assert (source["StackStatus"], source["StackStatusReason"]) == ("CREATE_COMPLETE", in_use)
    assert stacks.events(source)[-1] == (source["StackName"], "CREATE_COMPLETE", in_use)
    assert stacks.value(name) == "exported"

    more = exporting(export)
    more["Resources"]["B"] = parameter("b")
    assert stacks.update(source, more)["StackStatus"] == "UPDATE_COMPLETE", stacks.events(source)
    stacks.cfn.delete_stack(StackName=source["StackName"])
    with pytest.raises(WaiterError, match="UPDATE_COMPLETE"):
        stacks.cfn.get_waiter("stack_delete_complete").wait(
            StackName=source["StackName"], WaiterConfig={"Delay": 1}
        )

    assert stacks.delete(user)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="is not imported by any stack"):
        stacks.cfn.list_imports(ExportName=export)
    assert stacks.delete(source)["StackStatus"] == "DELETE_COMPLETE"


def test_a_nested_export_in_use_keeps_its_stack_and_the_one_around_it(
    stacks: Stacks,
    bucket: str,
    name: str,
) -> None:
    export = f"{name}-export"
    url = stacks.put(bucket, "child.json", exporting(export))
    root = stacks.create(template(Child=nested(url)))
    user = stacks.create(importing(export, name))
    root = stacks.delete(root)
    assert root["StackStatus"] == "DELETE_FAILED"
    in_use = f"Export {export} cannot be deleted as it is in use by {user['StackName']}"
    assert in_use in stacks.reason(root, "Child")
    assert stacks.delete(user)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.delete(root)["StackStatus"] == "DELETE_COMPLETE"


def test_export_in_use_cannot_be_changed(stacks: Stacks, name: str) -> None:
    export = f"{name}-export"
    source = stacks.create(exporting(export))
    user = stacks.create(importing(export, name))
    source = stacks.update(source, exporting(export, "other"))
    assert source["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    reasons = [r for _, s, r in stacks.events(source) if s == "UPDATE_ROLLBACK_IN_PROGRESS"]
    assert f"Export {export} cannot be updated as it is in use by {user['StackName']}" in reasons[0]
    stacks.delete(user)
    assert stacks.update(source, exporting(export, "other"))["StackStatus"] == "UPDATE_COMPLETE"


def test_missing_and_double_exports(stacks: Stacks, name: str) -> None:
    stack = stacks.create(importing(f"{name}-none", name))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason(stack, "A") == f"No export named {name}-none found"

    first = stacks.create(exporting(name))
    second = stacks.create(exporting(name))
    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    said = [r for _, s, r in stacks.events(second) if s == "ROLLBACK_IN_PROGRESS"]
    assert f"Export with name {name} is already exported by stack {first['StackName']}" in said[0]
    assert stacks.ended(first["StackId"])["StackStatus"] == "CREATE_COMPLETE"
