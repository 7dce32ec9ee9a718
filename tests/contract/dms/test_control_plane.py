"""DMS resources through boto3: create, describe, modify, delete, and AWS's errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.contract.dms.helpers import ROLE, Lake, table, to_table
from tests.support import unique

PAIRS = table("pairs", a="STRING", b="STRING")


@pytest.fixture
def lake(aws: Callable[[str], Any]) -> Lake:
    return Lake(aws)


@pytest.fixture
def dms(aws: Callable[[str], Any]) -> Any:
    return aws("dms")


def refused(code: str, says: str, call: Callable[..., Any], **parameters: Any) -> None:
    with pytest.raises(ClientError, match=says) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == code


@pytest.fixture(scope="module")
def subnets(aws: Callable[[str], Any]) -> list[str]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.7.{i}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )["Subnet"]["SubnetId"]
        for i, zone in enumerate("aba")
    ]


def test_subnet_groups(dms: Any, subnets: list[str]) -> None:
    name = unique("Group")
    group = dms.create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier=name,
        ReplicationSubnetGroupDescription="two zones",
        SubnetIds=subnets[:2],
    )["ReplicationSubnetGroup"]
    assert group["ReplicationSubnetGroupIdentifier"] == name.lower()
    assert group["SubnetGroupStatus"] == "Complete"
    assert {s["SubnetIdentifier"] for s in group["Subnets"]} == set(subnets[:2])
    refused(
        "ResourceAlreadyExistsFault",
        "already exists",
        dms.create_replication_subnet_group,
        ReplicationSubnetGroupIdentifier=name,
        ReplicationSubnetGroupDescription="again",
        SubnetIds=subnets[:2],
    )
    dms.modify_replication_subnet_group(ReplicationSubnetGroupIdentifier=name, SubnetIds=subnets)
    filters = [{"Name": "replication-subnet-group-id", "Values": [name.lower()]}]
    (found,) = dms.describe_replication_subnet_groups(Filters=filters)["ReplicationSubnetGroups"]
    assert len(found["Subnets"]) == 3
    instance = dms.create_replication_instance(
        ReplicationInstanceIdentifier=unique("i"),
        ReplicationInstanceClass="dms.t3.medium",
        ReplicationSubnetGroupIdentifier=name,
    )["ReplicationInstance"]
    assert instance["ReplicationSubnetGroup"]["VpcId"] == group["VpcId"]
    delete = dms.delete_replication_subnet_group
    refused(
        "InvalidResourceStateFault", "is used by", delete, ReplicationSubnetGroupIdentifier=name
    )
    dms.delete_replication_instance(ReplicationInstanceArn=instance["ReplicationInstanceArn"])
    delete(ReplicationSubnetGroupIdentifier=name)
    refused("ResourceNotFoundFault", "not found", delete, ReplicationSubnetGroupIdentifier=name)


def test_a_subnet_group_covers_two_zones(dms: Any, subnets: list[str]) -> None:
    create = dms.create_replication_subnet_group
    base = {
        "ReplicationSubnetGroupIdentifier": unique("g"),
        "ReplicationSubnetGroupDescription": "d",
    }
    code = "ReplicationSubnetGroupDoesNotCoverEnoughAZs"
    refused(code, "Availability Zones", create, **base, SubnetIds=[subnets[0], subnets[2]])
    refused("InvalidSubnet", "subnet-0", create, **base, SubnetIds=["subnet-0"])


def test_instances(dms: Any) -> None:
    name = unique("Instance")
    made = dms.create_replication_instance(
        ReplicationInstanceIdentifier=name,
        ReplicationInstanceClass="dms.t3.medium",
        Tags=[{"Key": "team", "Value": "lake"}],
    )["ReplicationInstance"]
    arn = made["ReplicationInstanceArn"]
    assert made["ReplicationInstanceStatus"] == "creating"
    assert made["ReplicationInstanceIdentifier"] == name.lower()
    assert arn.startswith("arn:aws:dms:us-east-1:000000000000:rep:")
    filters = [{"Name": "replication-instance-arn", "Values": [arn]}]
    dms.get_waiter("replication_instance_available").wait(Filters=filters)
    refused(
        "ResourceAlreadyExistsFault",
        "already exists",
        dms.create_replication_instance,
        ReplicationInstanceIdentifier=name,
        ReplicationInstanceClass="dms.t3.medium",
    )
    changed = dms.modify_replication_instance(
        ReplicationInstanceArn=arn, AllocatedStorage=99, ApplyImmediately=True
    )["ReplicationInstance"]
    assert changed["AllocatedStorage"] == 99
    tags = dms.list_tags_for_resource(ResourceArn=arn)["TagList"]
    assert tags == [{"Key": "team", "Value": "lake"}]
    dms.add_tags_to_resource(ResourceArn=arn, Tags=[{"Key": "lab", "Value": "1"}])
    dms.remove_tags_from_resource(ResourceArn=arn, TagKeys=["team"])
    tags = dms.list_tags_for_resource(ResourceArnList=[arn])["TagList"]
    assert tags == [{"Key": "lab", "Value": "1", "ResourceArn": arn}]
    gone = dms.delete_replication_instance(ReplicationInstanceArn=arn)["ReplicationInstance"]
    assert gone["ReplicationInstanceStatus"] == "deleting"
    dms.get_waiter("replication_instance_deleted").wait(Filters=filters)
    missing = "ResourceNotFoundFault"
    refused(missing, "not found", dms.delete_replication_instance, ReplicationInstanceArn=arn)
    refused(missing, "not found", dms.list_tags_for_resource, ResourceArn=arn)


def test_wrong_instances(dms: Any) -> None:
    create = dms.create_replication_instance
    for name, kind in (("two--hyphens", "dms.t3.medium"), (unique("i"), "t3.medium")):
        refused(
            "InvalidParameterValueException",
            "not valid",
            create,
            ReplicationInstanceIdentifier=name,
            ReplicationInstanceClass=kind,
        )


def test_endpoints(lake: Lake) -> None:
    dms = lake.dms
    source, target = lake.endpoints(PAIRS)
    filters = [{"Name": "endpoint-arn", "Values": [source]}]
    (found,) = dms.describe_endpoints(Filters=filters)["Endpoints"]
    assert (found["Status"], found["EngineDisplayName"]) == ("active", "Amazon S3")
    assert found["S3Settings"]["BucketName"] == lake.bucket
    changed = dms.modify_endpoint(EndpointArn=source, S3Settings={"CsvDelimiter": ";"})["Endpoint"]
    assert changed["S3Settings"]["CsvDelimiter"] == ";"
    assert changed["S3Settings"]["BucketName"] == lake.bucket, "the other settings stay"
    with pytest.raises(ClientError, match="CompressionType is 'ZIP'"):
        dms.modify_endpoint(EndpointArn=source, ExtraConnectionAttributes="compressionType=zip")
    lake.create_task((source, target), to_table("pairs", lake.target("pairs"), "a"))
    state = "InvalidResourceStateFault"
    refused(state, "part of one or more", dms.delete_endpoint, EndpointArn=source)
    refused(
        state,
        "has replication task",
        dms.delete_replication_instance,
        ReplicationInstanceArn=lake.instance,
    )
    dms.delete_replication_task(ReplicationTaskArn=lake.task)
    assert dms.delete_endpoint(EndpointArn=source)["Endpoint"]["Status"] == "deleting"
    dms.get_waiter("endpoint_deleted").wait(Filters=filters)
    refused("ResourceNotFoundFault", "not found", dms.delete_endpoint, EndpointArn=source)


def test_wrong_endpoints(lake: Lake) -> None:
    code = "InvalidParameterValueException"
    wrong = table("pairs", a="STRING")
    wrong["TableColumnsTotal"] = "2"
    with pytest.raises(ClientError, match="TableColumnsTotal is 2, but TableColumns has 1"):
        lake.endpoints(wrong)
    with pytest.raises(ClientError, match="parquet is not emulated"):
        lake.endpoints(PAIRS, DataFormat="parquet")
    with pytest.raises(ClientError, match="ServiceAccessRoleArn must be provided"):
        lake.endpoints(PAIRS, ServiceAccessRoleArn="")
    refused(
        code,
        "'mysql' as source is not emulated; valid: s3 as source",
        lake.dms.create_endpoint,
        EndpointIdentifier=unique("e"),
        EndpointType="source",
        EngineName="mysql",
    )


def test_names_of_endpoints_are_unique(lake: Lake) -> None:
    parameters = {
        "EndpointIdentifier": unique("e"),
        "EndpointType": "target",
        "EngineName": "dynamodb",
        "DynamoDbSettings": {"ServiceAccessRoleArn": ROLE},
    }
    lake.dms.create_endpoint(**parameters)
    refused("ResourceAlreadyExistsFault", "exists", lake.dms.create_endpoint, **parameters)


def test_connections_are_really_tested(lake: Lake) -> None:
    dms = lake.dms
    source, target = lake.endpoints(PAIRS)
    for arn in (source, target):
        dms.test_connection(ReplicationInstanceArn=lake.instance, EndpointArn=arn)
        filters = [{"Name": "endpoint-arn", "Values": [arn]}]
        dms.get_waiter("test_connection_succeeds").wait(Filters=filters)
    lake.aws("s3").delete_bucket(Bucket=lake.bucket)
    dms.test_connection(ReplicationInstanceArn=lake.instance, EndpointArn=source)
    filters = [{"Name": "endpoint-arn", "Values": [source]}]
    with pytest.raises(WaiterError):
        dms.get_waiter("test_connection_succeeds").wait(Filters=filters)
    (connection,) = dms.describe_connections(Filters=filters)["Connections"]
    assert connection["Status"] == "failed"
    assert "NoSuchBucket" in connection["LastFailureMessage"]
    dms.delete_connection(ReplicationInstanceArn=lake.instance, EndpointArn=source)
    refused("ResourceNotFoundFault", "No connections", dms.describe_connections, Filters=filters)


def test_tasks(lake: Lake) -> None:
    dms = lake.dms
    arn = lake.create_task(lake.endpoints(PAIRS), to_table("pairs", lake.target("pairs"), "a"))
    task = lake.describe()
    assert (task["Status"], task["MigrationType"]) == ("ready", "full-load")
    assert json.loads(task["ReplicationTaskSettings"])["ErrorBehavior"]["DataErrorPolicy"]
    (short,) = dms.describe_replication_tasks(
        Filters=[{"Name": "replication-task-id", "Values": [task["ReplicationTaskIdentifier"]]}],
        WithoutSettings=True,
    )["ReplicationTasks"]
    assert "TableMappings" not in short
    changed = dms.modify_replication_task(
        ReplicationTaskArn=arn,
        ReplicationTaskSettings='{"FullLoadSettings": {"MaxFullLoadSubTasks": 2}}',
    )["ReplicationTask"]
    settings = json.loads(changed["ReplicationTaskSettings"])
    assert settings["FullLoadSettings"]["MaxFullLoadSubTasks"] == 2
    assert dms.describe_table_statistics(ReplicationTaskArn=arn)["TableStatistics"] == []
    state = "InvalidResourceStateFault"
    refused(state, "cannot be stopped", dms.stop_replication_task, ReplicationTaskArn=arn)
    reload_one = [{"SchemaName": "lake", "TableName": "pairs"}]
    refused(
        state,
        "can only be reloaded while",
        dms.reload_tables,
        ReplicationTaskArn=arn,
        TablesToReload=reload_one,
    )
    dms.delete_replication_task(ReplicationTaskArn=arn)
    refused("ResourceNotFoundFault", "not found", lake.start)


def test_start_types(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n1,x\n")
    lake.create_task(lake.endpoints(PAIRS), to_table("pairs", lake.target("pairs"), "a"))
    code = "InvalidParameterCombinationException"
    refused(code, "has never run", lake.start, kind="reload-target")
    lake.run()
    refused(code, "only for tasks running for the first time", lake.start)


def test_a_running_task_is_left_alone(lake: Lake) -> None:
    lake.put("data/pairs/1.csv", "a,b\n" + "".join(f"{i},x\n" for i in range(40_000)))
    arn = lake.create_task(lake.endpoints(PAIRS), to_table("pairs", lake.target("pairs"), "a"))
    lake.start()
    state, dms = "InvalidResourceStateFault", lake.dms
    refused(state, "cannot be deleted", dms.delete_replication_task, ReplicationTaskArn=arn)
    refused(state, "cannot be modified", dms.modify_replication_task, ReplicationTaskArn=arn)
    refused(state, "cannot be started", lake.start, kind="resume-processing")
    refused(
        "InvalidParameterValueException",
        "does not belong",
        dms.reload_tables,
        ReplicationTaskArn=arn,
        TablesToReload=[{"SchemaName": "lake", "TableName": "x"}],
    )
    dms.stop_replication_task(ReplicationTaskArn=arn)
    assert lake.ended()["StopReason"] == "Stop Reason NORMAL"


@pytest.mark.parametrize("kind", ["cdc", "full-load-and-cdc"])
def test_change_data_capture_is_refused(lake: Lake, kind: str) -> None:
    source, target = lake.endpoints(PAIRS)
    refused(
        "InvalidParameterValueException",
        "valid: full-load",
        lake.dms.create_replication_task,
        ReplicationTaskIdentifier=unique("t"),
        SourceEndpointArn=source,
        TargetEndpointArn=target,
        ReplicationInstanceArn=lake.instance,
        MigrationType=kind,
        TableMappings="{}",
    )


def test_wrong_mappings_and_settings(lake: Lake) -> None:
    endpoints = lake.endpoints(PAIRS)
    rule = to_table("pairs", "x", "a")
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*ruleId = pairs"):
        lake.create_task(endpoints, rule)
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*TargetTablePrepMode"):
        lake.create_task(endpoints, FullLoadSettings={"TargetTablePrepMode": "WIPE"})
    with pytest.raises(ClientError, match="ResourceNotFoundFault"):
        lake.create_task(("arn:aws:dms:us-east-1:000000000000:endpoint:NONE", endpoints[1]))
    with pytest.raises(ClientError, match="is not a source"):
        lake.create_task((endpoints[1], endpoints[0]))


def test_pages_and_filters(dms: Any) -> None:
    wanted = {unique("page") for _ in range(45)}
    for name in wanted:
        dms.create_endpoint(
            EndpointIdentifier=name,
            EndpointType="target",
            EngineName="dynamodb",
            DynamoDbSettings={"ServiceAccessRoleArn": ROLE},
        )
    pages = dms.get_paginator("describe_endpoints").paginate(
        Filters=[{"Name": "endpoint-id", "Values": sorted(wanted)}],
        PaginationConfig={"PageSize": 20},
    )
    sizes, names = [], set()
    for one in pages:
        sizes.append(len(one["Endpoints"]))
        names |= {e["EndpointIdentifier"] for e in one["Endpoints"]}
    assert (sizes, names) == ([20, 20, 5], wanted)
    code, describe = "InvalidParameterValueException", dms.describe_endpoints
    refused(code, "MaxRecords is 5; valid: 20 to 100", describe, MaxRecords=5)
    refused(code, "Marker 'x'", describe, Marker="x")
    refused(code, "valid: endpoint-arn", describe, Filters=[{"Name": "colour", "Values": ["x"]}])
    missing = [{"Name": "endpoint-id", "Values": ["none"]}]
    refused("ResourceNotFoundFault", "No endpoints found", describe, Filters=missing)


def test_endpoint_types(dms: Any) -> None:
    types = dms.describe_endpoint_types()["SupportedEndpointTypes"]
    assert {(t["EngineName"], t["EndpointType"]) for t in types} == {
        ("s3", "source"),
        ("dynamodb", "target"),
    }


def test_an_operation_that_is_not_emulated_says_so(dms: Any) -> None:
    with pytest.raises(ClientError, match="DescribeFleetAdvisorDatabases"):
        dms.describe_fleet_advisor_databases()
