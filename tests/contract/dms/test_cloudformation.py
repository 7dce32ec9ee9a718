"""The DMS types of CloudFormation: a stack whose task is started, changed and deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.dms.helpers import ROLE, Lake, select_all, table, to_table
from tests.support import unique, wait_until

PAIRS = table("pairs", a="STRING", b="STRING")


@pytest.fixture
def lake(aws: Callable[[str], Any]) -> Lake:
    return Lake(aws)


def template(lake: Lake, **changes: Any) -> dict[str, Any]:
    """The workshop's shape: network, subnet group, instance, endpoints, task."""
    definition = {"TableCount": "1", "Tables": [PAIRS]}
    rules = {"rules": [select_all(), to_table("pairs", lake.target("pairs"), "a")]}

    def subnet(block: str, zone: str) -> dict[str, Any]:
        return {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": block,
                "AvailabilityZone": zone,
            },
        }

    return {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
            "SubnetA": subnet("10.8.0.0/24", "us-east-1a"),
            "SubnetB": subnet("10.8.1.0/24", "us-east-1b"),
            "Group": {
                "Type": "AWS::DMS::ReplicationSubnetGroup",
                "Properties": {
                    "ReplicationSubnetGroupDescription": "of the lake",
                    "SubnetIds": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}],
                },
            },
            "Instance": {
                "Type": "AWS::DMS::ReplicationInstance",
                "Properties": {
                    "ReplicationInstanceClass": "dms.t2.medium",
                    "AllocatedStorage": changes.get("storage", "50"),
                    "PubliclyAccessible": "true",
                    "ReplicationSubnetGroupIdentifier": {"Ref": "Group"},
                    "Tags": [{"Key": "lab", "Value": "1"}],
                },
            },
            "Source": {
                "Type": "AWS::DMS::Endpoint",
                "Properties": {
                    "EndpointType": "source",
                    "EngineName": "s3",
                    "S3Settings": {
                        "BucketName": lake.bucket,
                        "BucketFolder": "data",
                        "CsvDelimiter": ",",
                        "CsvRowDelimiter": "\\n",
                        "IgnoreHeaderRows": changes.get("header_rows", "1"),
                        "ExternalTableDefinition": json.dumps(definition),
                        "ServiceAccessRoleArn": ROLE,
                    },
                },
            },
            "Target": {
                "Type": "AWS::DMS::Endpoint",
                "Properties": {
                    "EndpointIdentifier": f"{lake.name}-target",
                    "EndpointType": "target",
                    "EngineName": changes.get("target_engine", "dynamodb"),
                    "DynamoDbSettings": {"ServiceAccessRoleArn": ROLE},
                },
            },
            "Task": {
                "Type": "AWS::DMS::ReplicationTask",
                "Properties": {
                    "MigrationType": "full-load",
                    "SourceEndpointArn": {"Ref": "Source"},
                    "TargetEndpointArn": {"Ref": "Target"},
                    "ReplicationInstanceArn": {"Ref": "Instance"},
                    "TableMappings": json.dumps(rules),
                    "ReplicationTaskSettings": json.dumps(
                        {"FullLoadSettings": {"MaxFullLoadSubTasks": changes.get("subtasks", 4)}}
                    ),
                },
            },
        },
        "Outputs": {
            "Group": {"Value": {"Ref": "Group"}},
            "Instance": {"Value": {"Ref": "Instance"}},
            "Address": {
                "Value": {"Fn::GetAtt": ["Instance", "ReplicationInstancePrivateIpAddresses"]}
            },
            "Source": {"Value": {"Ref": "Source"}},
            "Task": {"Value": {"Ref": "Task"}},
        },
    }


def ended(lake: Lake, stack: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        (found,) = lake.aws("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return None if found["StackStatus"].endswith("IN_PROGRESS") else dict(found)

    return wait_until(look, timeout=90, what="the stack's operation ends")


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}


def test_a_stack_is_made_changed_run_and_deleted(lake: Lake) -> None:
    cloudformation, stack = lake.aws("cloudformation"), unique("stack")
    lake.put("data/pairs/1.csv", "a,b\n1,x\n2,y\n")
    body = template(lake)
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(body))
    made = ended(lake, stack)
    assert made["StackStatus"] == "CREATE_COMPLETE", made
    out = outputs(made)
    assert out["Instance"].startswith("arn:aws:dms:us-east-1:000000000000:rep:")
    assert out["Source"].startswith("arn:aws:dms:us-east-1:000000000000:endpoint:")
    assert out["Task"].startswith("arn:aws:dms:us-east-1:000000000000:task:")
    assert out["Group"].startswith(f"{stack}-group-")
    assert out["Address"].count(".") == 3

    other = template(lake, storage="77", subtasks=2, header_rows="0")
    cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(other))
    changed = ended(lake, stack)
    assert changed["StackStatus"] == "UPDATE_COMPLETE", changed
    assert outputs(changed) == out, "nothing was replaced"
    (instance,) = lake.dms.describe_replication_instances(
        Filters=[{"Name": "replication-instance-arn", "Values": [out["Instance"]]}]
    )["ReplicationInstances"]
    assert instance["AllocatedStorage"] == 77
    (endpoint,) = lake.dms.describe_endpoints(
        Filters=[{"Name": "endpoint-arn", "Values": [out["Source"]]}]
    )["Endpoints"]
    assert endpoint["S3Settings"]["IgnoreHeaderRows"] == 0

    lake.task = out["Task"]
    settings = json.loads(lake.describe()["ReplicationTaskSettings"])
    assert settings["FullLoadSettings"]["MaxFullLoadSubTasks"] == 2
    lake.run()
    assert lake.counts("pairs") == (3, 0, "Table completed"), "the header row included"

    cloudformation.delete_stack(StackName=stack)
    deleted = wait_until(lambda: gone(lake, made["StackId"]), timeout=90, what="stack deleted")
    assert deleted
    for describe, name, arn in (
        (lake.dms.describe_replication_tasks, "replication-task-arn", out["Task"]),
        (lake.dms.describe_endpoints, "endpoint-arn", out["Source"]),
        (lake.dms.describe_replication_instances, "replication-instance-arn", out["Instance"]),
    ):
        with pytest.raises(ClientError, match="ResourceNotFoundFault"):
            describe(Filters=[{"Name": name, "Values": [arn]}])


def gone(lake: Lake, stack: str) -> bool:
    (found,) = lake.aws("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return bool(found["StackStatus"] == "DELETE_COMPLETE")


def test_a_running_task_does_not_hinder_deletion(lake: Lake) -> None:
    cloudformation, stack = lake.aws("cloudformation"), unique("stack")
    lake.put("data/pairs/1.csv", "a,b\n" + "".join(f"{i},x\n" for i in range(100_000)))
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template(lake)))
    made = ended(lake, stack)
    lake.task = outputs(made)["Task"]
    lake.start()
    cloudformation.delete_stack(StackName=stack)
    assert wait_until(lambda: gone(lake, made["StackId"]), timeout=90, what="stack deleted")


def test_a_wrong_property_fails_the_stack_with_its_reason(lake: Lake) -> None:
    cloudformation, stack = lake.aws("cloudformation"), unique("stack")
    body = template(lake, target_engine="oracle")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(body))
    assert ended(lake, stack)["StackStatus"] in ("CREATE_FAILED", "ROLLBACK_COMPLETE")
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = " ".join(e.get("ResourceStatusReason", "") for e in events)
    assert "Engine 'oracle' as target is not emulated" in reasons
    cloudformation.delete_stack(StackName=stack)
