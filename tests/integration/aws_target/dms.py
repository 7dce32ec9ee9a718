"""A double of DMS: control plane, and a full load from CSV objects into DynamoDB tables.

AWS DMS User Guide, "Using Amazon S3 as a source", "Using an Amazon DynamoDB database as a target".
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from decimal import Decimal
from typing import Any, Final

import boto3

from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.resources import ResourceFailedError

EXCEPTIONS: Final = "awsdms_full_load_exceptions"
_WORDS: Final = {
    "AWS::DMS::ReplicationSubnetGroup": "subgrp",
    "AWS::DMS::ReplicationInstance": "rep",
    "AWS::DMS::Endpoint": "endpoint",
    "AWS::DMS::ReplicationTask": "task",
}
_COLUMN: Final = re.compile(r"\$\{([^}]+)\}")


class Dms:
    """All of one account and region, by ARN."""

    def __init__(self, account: str, region: str) -> None:
        self.prefix = f"arn:aws:dms:{region}:{account}"
        self.things: dict[str, dict[str, Any]] = {}
        self.connections: dict[tuple[str, str], str] = {}
        self.makes_exceptions_table = True
        """A task without change data capture need not have one."""

    # --- for CloudFormation -----------------------------------------------------------------

    def create(self, kind: str, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if kind not in _WORDS:
            raise ResourceFailedError(f"{kind} is not doubled")
        name = next(
            (v for k, v in props.items() if k.endswith("Identifier") and _own(kind, k)), "unnamed"
        )
        clash = [t for t in self.things.values() if (t["kind"], t["name"]) == (kind, name)]
        if clash:
            raise ResourceFailedError(f"{name} already exists (ResourceAlreadyExistsFault)")
        if kind == "AWS::DMS::ReplicationSubnetGroup" and not _vpc_role():
            raise ResourceFailedError("The IAM Role arn dms-vpc-role is not configured properly.")
        word = _WORDS[kind]
        physical = (
            name if word == "subgrp" else f"{self.prefix}:{word}:{uuid.uuid4().hex.upper()[:26]}"
        )
        self.things[physical] = {
            "kind": kind,
            "name": name,
            "props": props,
            "status": ["ready"],
            "reason": "",
            "statistics": [],
        }
        return physical, {}

    def update(self, physical: str, props: dict[str, Any]) -> None:
        self.things[physical]["props"] = props

    def delete(self, physical: str) -> None:
        thing = self.things.get(physical)
        if thing and thing["status"][0] in ("starting", "running", "stopping"):
            raise ResourceFailedError(f"task {thing['name']} is {thing['status'][0]}")
        self.things.pop(physical, None)

    # --- operations -------------------------------------------------------------------------

    def describe_replication_tasks(self, params: dict[str, Any]) -> dict[str, Any]:
        found = self._filtered("task", params)
        return {"ReplicationTasks": [self._task(arn, thing) for arn, thing in found]}

    def describe_replication_instances(self, params: dict[str, Any]) -> dict[str, Any]:
        return {
            "ReplicationInstances": [
                {
                    "ReplicationInstanceArn": arn,
                    "ReplicationInstanceIdentifier": thing["name"],
                    "ReplicationInstanceClass": thing["props"]["ReplicationInstanceClass"],
                    "ReplicationInstanceStatus": "available",
                }
                for arn, thing in self._filtered("rep", params)
            ]
        }

    def describe_connections(self, params: dict[str, Any]) -> dict[str, Any]:
        [endpoint] = params["Filters"][0]["Values"]
        return {
            "Connections": [
                {"ReplicationInstanceArn": rep, "EndpointArn": arn, "Status": status}
                for (rep, arn), status in self.connections.items()
                if arn == endpoint
            ]
        }

    def test_connection(self, params: dict[str, Any]) -> dict[str, Any]:
        pair = params["ReplicationInstanceArn"], params["EndpointArn"]
        self.connections[pair] = "successful"
        return {"Connection": {"EndpointArn": pair[1], "Status": "testing"}}

    def start_replication_task(self, params: dict[str, Any]) -> dict[str, Any]:
        arn = params["ReplicationTaskArn"]
        task = self._must(arn)
        wanted = "start-replication" if task["status"][0] == "ready" else "reload-target"
        if task["status"][0] not in ("ready", "stopped", "failed"):
            raise AwsError("InvalidResourceStateFault", f"Task is {task['status'][0]}")
        if params["StartReplicationTaskType"] != wanted:
            raise AwsError("InvalidParameterCombinationException", f"Start type: {wanted} expected")
        self._load(task)
        task["status"] = ["starting", "running", "stopped"]
        task["reason"] = "Stop Reason FULL_LOAD_ONLY_FINISHED"
        return {"ReplicationTask": self._task(arn, task)}

    def stop_replication_task(self, params: dict[str, Any]) -> dict[str, Any]:
        arn = params["ReplicationTaskArn"]
        task = self._must(arn)
        if task["status"][0] != "running":
            raise AwsError("InvalidResourceStateFault", f"Task is {task['status'][0]}")
        task["status"], task["reason"] = ["stopping", "stopped"], "Stop Reason NORMAL"
        return {"ReplicationTask": self._task(arn, task)}

    def describe_table_statistics(self, params: dict[str, Any]) -> dict[str, Any]:
        task = self._must(params["ReplicationTaskArn"])
        return {"TableStatistics": list(task["statistics"])}

    # --- the load ---------------------------------------------------------------------------

    def _load(self, task: dict[str, Any]) -> None:
        source = self.things[task["props"]["SourceEndpointArn"]]["props"]["S3Settings"]
        settings = json.loads(task["props"]["ReplicationTaskSettings"])
        mode = settings["FullLoadSettings"]["TargetTablePrepMode"]
        rules = json.loads(task["props"]["TableMappings"])["rules"]
        mappings = {
            r["object-locator"]["table-name"]: r
            for r in rules
            if r["rule-type"] == "object-mapping"
        }
        task["statistics"] = [
            _load_table(table, mappings[table["TableName"]], source, mode)
            for table in json.loads(source["ExternalTableDefinition"])["Tables"]
        ]
        if self.makes_exceptions_table:
            _prepare(EXCEPTIONS, ["TASK_NAME", "ERROR_TIME"], "DO_NOTHING")

    # --- looking things up ------------------------------------------------------------------

    def _must(self, arn: str) -> dict[str, Any]:
        if arn not in self.things:
            raise AwsError("ResourceNotFoundFault", f"{arn} not found")
        return self.things[arn]

    def _filtered(self, word: str, params: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        found = [(a, t) for a, t in self.things.items() if _WORDS[t["kind"]] == word]
        for rule in params.get("Filters", []):
            by_arn = rule["Name"].endswith("-arn")
            found = [(a, t) for a, t in found if (a if by_arn else t["name"]) in rule["Values"]]
        if params.get("Filters") and not found:
            raise AwsError("ResourceNotFoundFault", "No resource found that matches the filters")
        return found

    @staticmethod
    def _task(arn: str, thing: dict[str, Any]) -> dict[str, Any]:
        status = thing["status"][0]
        if len(thing["status"]) > 1:
            thing["status"].pop(0)
        props = thing["props"]
        return {
            "ReplicationTaskArn": arn,
            "ReplicationTaskIdentifier": thing["name"],
            "Status": status,
            "SourceEndpointArn": props["SourceEndpointArn"],
            "TargetEndpointArn": props["TargetEndpointArn"],
            "ReplicationInstanceArn": props["ReplicationInstanceArn"],
            **({"StopReason": thing["reason"]} if status == "stopped" else {}),
            "ReplicationTaskStats": {"FullLoadProgressPercent": 100 if thing["statistics"] else 0},
        }


def _own(kind: str, key: str) -> bool:
    """A property that names the resource itself, and not another one."""
    return (
        key
        in {
            "AWS::DMS::ReplicationSubnetGroup": "ReplicationSubnetGroupIdentifier",
            "AWS::DMS::ReplicationInstance": "ReplicationInstanceIdentifier",
            "AWS::DMS::Endpoint": "EndpointIdentifier",
            "AWS::DMS::ReplicationTask": "ReplicationTaskIdentifier",
        }[kind].split()
    )


def _vpc_role() -> bool:
    names = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
    return "dms-vpc-role" in names


def _load_table(
    table: dict[str, Any], rule: dict[str, Any], source: dict[str, Any], mode: str
) -> dict[str, Any]:
    parameters = rule["mapping-parameters"]
    keys = [parameters["partition-key-name"]]
    keys += [parameters["sort-key-name"]] if "sort-key-name" in parameters else []
    _prepare(rule["target-table-name"], keys, mode)
    columns = [column["ColumnName"] for column in table["TableColumns"]]
    bucket, s3 = source["BucketName"], boto3.client("s3")
    rows = 0
    target = boto3.resource("dynamodb").Table(rule["target-table-name"])
    with target.batch_writer(overwrite_by_pkeys=keys) as batch:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=table["TablePath"])
        for entry in listed.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode()
            lines = list(csv.reader(io.StringIO(body, newline="")))
            for line in lines[int(source.get("IgnoreHeaderRows", 0)) :]:
                row = dict(zip(columns, line, strict=True))
                batch.put_item(Item=_item(row, parameters["attribute-mappings"]))
                rows += 1
    return {
        "SchemaName": table["TableOwner"],
        "TableName": table["TableName"],
        "FullLoadRows": rows,
        "FullLoadErrorRows": 0,
        "TableState": "Table completed",
    }


def _item(row: dict[str, str], mappings: list[dict[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mapping in mappings:
        text = _COLUMN.sub(lambda match: row[match[1]], mapping["value"])
        if text:
            number = mapping["attribute-sub-type"] == "number"
            found[mapping["target-attribute-name"]] = Decimal(text) if number else text
    return found


def _prepare(table: str, keys: list[str], mode: str) -> None:
    dynamodb = boto3.client("dynamodb")
    there = table in dynamodb.list_tables()["TableNames"]
    if there and mode == "DROP_AND_CREATE":
        dynamodb.delete_table(TableName=table)
        there = False
    if there and mode == "TRUNCATE_BEFORE_LOAD":
        target = boto3.resource("dynamodb").Table(table)
        names = [k["AttributeName"] for k in target.key_schema]
        with target.batch_writer() as batch:
            for item in target.scan()["Items"]:
                batch.delete_item(Key={name: item[name] for name in names})
    if not there:
        kinds = zip(keys, ("HASH", "RANGE"), strict=False)
        dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
            KeySchema=[{"AttributeName": k, "KeyType": kind} for k, kind in kinds],
            ProvisionedThroughput={"ReadCapacityUnits": 200, "WriteCapacityUnits": 200},
        )
