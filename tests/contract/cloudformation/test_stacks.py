"""Creation, update, rollback and deletion of stacks, from whatever state."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import (
    Stacks,
    failing,
    outputs,
    parameter,
    source,
    template,
)
from tests.support import unique, wait_until


def test_failed_creation_is_rolled_back(stacks: Stacks, name: str) -> None:
    stack = stacks.create(template(A=parameter("a", Name=name), B={**failing(), "DependsOn": "A"}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.value(name) is None, "what was made is taken back"
    assert "not a valid name!" in stacks.reason(stack, "B")
    states = [(n, s) for n, s, _ in stacks.events(stack)]
    assert [s for s in states if s[0] in "AB"] == [
        ("A", "CREATE_IN_PROGRESS"),
        ("A", "CREATE_COMPLETE"),
        ("B", "CREATE_IN_PROGRESS"),
        ("B", "CREATE_FAILED"),
        ("A", "DELETE_IN_PROGRESS"),
        ("A", "DELETE_COMPLETE"),
    ]
    rollback = [r for _, s, r in stacks.events(stack) if s == "ROLLBACK_IN_PROGRESS"]
    assert rollback == [
        "The following resource(s) failed to create: [B]. Rollback requested by user."
    ]
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update(stack, template(A=parameter("b")))
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def test_what_belongs_to_others_survives_a_rollback(stacks: Stacks, name: str) -> None:
    database = {
        "Type": "AWS::Glue::Database",
        "Properties": {"CatalogId": "000000000000", "DatabaseInput": {"Name": name}},
    }
    mine = stacks.create(template(A=database))
    other = stacks.create(template(A=database))
    assert (mine["StackStatus"], other["StackStatus"]) == ("CREATE_COMPLETE", "ROLLBACK_COMPLETE")
    assert stacks.aws("glue").get_database(Name=name)["Database"]["Name"] == name


@pytest.mark.parametrize("settings", [{"DisableRollback": True}, {"OnFailure": "DO_NOTHING"}])
def test_rollback_can_be_disabled(
    stacks: Stacks,
    name: str,
    settings: dict[str, Any],
) -> None:
    stack = stacks.create(
        template(A=parameter("a", Name=name), B={**failing(), "DependsOn": "A"}), **settings
    )
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert stacks.value(name) == "a"
    shown = stacks.cfn.describe_stack_resource(StackName=stack["StackName"], LogicalResourceId="B")[
        "StackResourceDetail"
    ]
    assert shown["ResourceStatus"] == "CREATE_FAILED"
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.value(name) is None


def test_on_failure_delete(stacks: Stacks, name: str) -> None:
    stack_id = stacks.begin(
        template(A=parameter("a", Name=name), B={**failing(), "DependsOn": "A"}),
        OnFailure="DELETE",
    )

    def status() -> bool:
        (stack,) = stacks.cfn.describe_stacks(StackName=stack_id)["Stacks"]
        return bool(stack["StackStatus"] == "DELETE_COMPLETE")

    wait_until(status, timeout=30, what="stack deleted after its failure")


def test_update_changes_adds_and_removes(stacks: Stacks, name: str) -> None:
    first = template(
        {"A": {"Ref": "A"}}, A=parameter("1", Name=f"{name}-a"), B=parameter("b", Name=f"{name}-b")
    )
    stack = stacks.create(first)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update(stack, first)
    second = template(A=parameter("2", Name=f"{name}-a"), C=parameter("c", Name=f"{name}-c"))
    stack = stacks.update(stack, second)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert [stacks.value(f"{name}-{x}") for x in "abc"] == ["2", None, "c"]
    summary = stacks.cfn.list_stack_resources(StackName=stack["StackName"])
    assert {s["LogicalResourceId"] for s in summary["StackResourceSummaries"]} == {"A", "C"}


def test_update_by_parameter_and_previous_template(stacks: Stacks, name: str) -> None:
    body = {
        "Parameters": {"P": {"Type": "String"}, "Q": {"Type": "String", "Default": "q"}},
        **template(A=parameter({"Fn::Sub": "${P}-${Q}"}, Name=name)),
    }

    def values(**given: str) -> list[dict[str, str]]:
        return [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]

    stack = stacks.create(body, Parameters=values(P="1", Q="2"))
    stacks.cfn.update_stack(
        StackName=stack["StackName"],
        UsePreviousTemplate=True,
        Parameters=[*values(P="3"), {"ParameterKey": "Q", "UsePreviousValue": True}],
    )
    assert stacks.ended(stack["StackId"])["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.value(name) == "3-2"


def test_failed_update_is_rolled_back(stacks: Stacks, name: str) -> None:
    keys = [f"{name}-{x}" for x in "abc"]
    old = template(
        {"V": {"Fn::GetAtt": ["A", "Value"]}},
        A=parameter("old", Name=keys[0]),
        B=parameter("b", Name=keys[1]),
    )
    stack = stacks.create(old)
    new = template(
        {"V": "new"},
        A=parameter("new", Name=keys[0]),
        C=parameter("c", Name=keys[2]),
        D={**failing(), "DependsOn": ["A", "C"]},
    )
    stack = stacks.update(stack, new)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [stacks.value(key) for key in keys] == ["old", "b", None]
    assert outputs(stack) == {"V": "old"}
    assert "not a valid name!" in stacks.reason(stack, "D")
    kept = stacks.cfn.get_template(StackName=stack["StackName"])["TemplateBody"]
    assert kept == old
    again = stacks.update(stack, template(A=parameter("newer", Name=keys[0])))
    assert again["StackStatus"] == "UPDATE_COMPLETE"
    assert [stacks.value(key) for key in keys] == ["newer", None, None]


def test_change_of_a_create_only_property_replaces(stacks: Stacks, name: str) -> None:
    def body(key: str) -> dict[str, Any]:
        group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": key}}
        return template({"A": {"Ref": "A"}}, A=group, B=parameter({"Ref": "A"}, Name=name))

    stack = stacks.create(body(f"{name}-1"))
    stack = stacks.update(stack, body(f"{name}-2"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert outputs(stack) == {"A": f"{name}-2"}
    assert stacks.value(name) == f"{name}-2", "what refers to it follows"
    found = stacks.aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [g["logGroupName"] for g in found] == [f"{name}-2"]


def test_change_that_cannot_be_made_says_that_it_needs_a_replacement(
    stacks: Stacks,
    name: str,
) -> None:
    def body(size: int) -> dict[str, Any]:
        properties = {"AvailabilityZone": "us-east-1a", "Size": size}
        volume = {"Type": "AWS::EC2::Volume", "Properties": properties}
        return template(A=volume, B=parameter(str(size), Name=name))

    stack = stacks.create(body(1))
    stack = stacks.update(stack, body(2))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "cannot change Size in place; it needs a replacement" in stacks.reason(stack, "A")
    assert stacks.value(name) == "1"


def test_retained_resources_stay(stacks: Stacks, name: str) -> None:
    kept = {**parameter("a", Name=name), "DeletionPolicy": "Retain"}
    stack = stacks.create(template(A=kept, B=parameter("b", Name=f"{name}-b")))
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert ("A", "DELETE_SKIPPED", "") in stacks.events(stack)
    assert (stacks.value(name), stacks.value(f"{name}-b")) == ("a", None)
    stacks.aws("ssm").delete_parameter(Name=name)


def test_bucket_with_objects_blocks_deletion_until_it_is_empty(
    stacks: Stacks,
    name: str,
) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    stack = stacks.create(
        template(
            Needed=parameter("x", Name=f"{name}-needed"),
            Free=parameter("x", Name=f"{name}-free"),
            Bucket={**bucket, "DependsOn": "Needed"},
        )
    )
    s3 = stacks.aws("s3")
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    stack = stacks.delete(stack)
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "The bucket you tried to delete is not empty" in stacks.reason(stack, "Bucket")
    assert stacks.value(f"{name}-needed") == "x", "what it depends on stays"
    assert stacks.value(f"{name}-free") is None
    s3.delete_object(Bucket=name, Key="k")
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.value(f"{name}-needed") is None


def test_deletion_while_it_is_created(stacks: Stacks, name: str) -> None:
    many = {f"P{i:02}": parameter(str(i), Name=f"{name}-{i}") for i in range(40)}
    stack_id = stacks.begin(template(**many))
    stacks.cfn.delete_stack(StackName=stack_id)

    def status() -> bool:
        (stack,) = stacks.cfn.describe_stacks(StackName=stack_id)["Stacks"]
        return bool(stack["StackStatus"] == "DELETE_COMPLETE")

    wait_until(status, timeout=60, what="stack deleted")
    assert [stacks.value(f"{name}-{i}") for i in range(40)] == [None] * 40


def test_termination_protection(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("a")))
    protect = stacks.cfn.update_termination_protection
    protect(StackName=stack["StackName"], EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stacks.cfn.delete_stack(StackName=stack["StackName"])
    protect(StackName=stack["StackName"], EnableTerminationProtection=False)


def test_change_set_creates_and_updates(stacks: Stacks, name: str) -> None:
    def execute(kind: str, value: str) -> dict[str, Any]:
        change = stacks.cfn.create_change_set(
            StackName=name,
            ChangeSetName=unique("change"),
            ChangeSetType=kind,
            **source(template(A=parameter({"Fn::Sub": f"${{!Literal}}{value}"}, Name=name))),
        )
        described = stacks.cfn.describe_change_set(ChangeSetName=change["Id"])
        assert described["Status"] == "CREATE_COMPLETE", described
        assert described["Changes"][0]["ResourceChange"]["LogicalResourceId"] == "A"
        stacks.cfn.execute_change_set(ChangeSetName=change["Id"])
        return stacks.ended(change["StackId"])

    stacks.names.append(name)
    assert execute("CREATE", "1")["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.value(name) == "${Literal}1"
    assert execute("UPDATE", "2")["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.value(name) == "${Literal}2"


def test_deleted_stacks_are_found_by_id_only(stacks: Stacks) -> None:
    stack = stacks.create(template(A=parameter("a")))
    stacks.delete(stack)
    with pytest.raises(ClientError, match="does not exist"):
        stacks.cfn.describe_stacks(StackName=stack["StackName"])
    every = stacks.cfn.describe_stacks()["Stacks"]
    assert stack["StackId"] not in {s["StackId"] for s in every}
    with pytest.raises(ClientError, match="does not exist"):
        stacks.cfn.describe_stacks(StackName=stack["StackId"].replace("stack/", "stack/no"))
    stacks.cfn.delete_stack(StackName=stack["StackName"])  # as on AWS, no error
    assert json.dumps(stacks.events(stack)).count("DELETE_COMPLETE") == 2


def test_bucket_of_another_is_not_taken_over(stacks: Stacks, bucket: str) -> None:
    taken = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}
    stack = stacks.create(template(A=taken))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason(stack, "A") == f"{bucket} already exists"
    stacks.delete(stack)
    stacks.aws("s3").head_bucket(Bucket=bucket)


def test_bucket_is_updated_in_place(stacks: Stacks, name: str) -> None:
    def body(**properties: Any) -> dict[str, Any]:
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **properties}}
        return template(A=bucket)

    s3 = stacks.aws("s3")
    tags = [{"Key": "project", "Value": "lake"}]
    blocked = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    stack = stacks.create(body(Tags=tags))
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    changed = body(
        PublicAccessBlockConfiguration=blocked,
        VersioningConfiguration={"Status": "Enabled"},
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", "ExpirationInDays": 9}]},
    )
    stack = stacks.update(stack, changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    found = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert found["BlockPublicAcls"] is True
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    with pytest.raises(ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=name)
    reasons = [r for n, s, r in stacks.events(stack) if (n, s) == ("A", "UPDATE_COMPLETE")]
    assert reasons == [""]
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert rule["Expiration"] == {"Days": 9}
    for version in s3.list_object_versions(Bucket=name)["Versions"]:
        s3.delete_object(Bucket=name, Key="k", VersionId=version["VersionId"])


def test_role_is_updated_in_place(stacks: Stacks) -> None:
    def statement(**more: Any) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]}

    def body(service: str, action: str, managed: str) -> dict[str, Any]:
        role = {
            "AssumeRolePolicyDocument": statement(
                Principal={"Service": service}, Action="sts:AssumeRole"
            ),
            "ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{managed}"],
            "Policies": [
                {"PolicyName": action[:2], "PolicyDocument": statement(Action=action, Resource="*")}
            ],
        }
        return template({"Role": {"Ref": "R"}}, R={"Type": "AWS::IAM::Role", "Properties": role})

    iam, may = stacks.aws("iam"), {"Capabilities": ["CAPABILITY_IAM"]}
    stack = stacks.create(body("glue.amazonaws.com", "s3:GetObject", "AmazonS3FullAccess"), **may)
    role = outputs(stack)["Role"]
    new = body("lambda.amazonaws.com", "dms:StartReplicationTask", "AmazonKinesisFullAccess")
    stack = stacks.update(stack, new, **may)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack)
    assert outputs(stack)["Role"] == role
    found = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert found["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["dm"]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [p["PolicyName"] for p in attached] == ["AmazonKinesisFullAccess"]


def test_role_with_a_missing_policy_leaves_nothing(stacks: Stacks, name: str) -> None:
    role = {
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "ManagedPolicyArns": ["arn:aws:iam::000000000000:policy/none-such"],
    }
    stack = stacks.create(
        template(R={"Type": "AWS::IAM::Role", "Properties": role}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "none-such" in stacks.reason(stack, "R")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stacks.aws("iam").get_role(RoleName=name)


def test_the_stack_of_a_resource(stacks: Stacks, name: str) -> None:
    stacks.create(template(A=parameter("1", Name=name), B=parameter("2")))
    found = stacks.cfn.describe_stack_resources(PhysicalResourceId=name)["StackResources"]
    assert {each["LogicalResourceId"] for each in found} == {"A", "B"}
    with pytest.raises(ClientError, match=f"Stack for {name}-other does not exist"):
        stacks.cfn.describe_stack_resources(PhysicalResourceId=f"{name}-other")


def test_summaries_have_the_description(stacks: Stacks) -> None:
    stack = stacks.create({"Description": "for a test", **template(A=parameter("1"))})
    found = stacks.cfn.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    (summary,) = [each for each in found if each["StackId"] == stack["StackId"]]
    assert summary["TemplateDescription"] == "for a test"
