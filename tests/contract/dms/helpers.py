"""A small lake for DMS tests: files in a bucket, endpoints, an instance, tasks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.support import REGION, unique, wait_until

ROLE = "arn:aws:iam::000000000000:role/dms-access"
Client = Callable[[str], Any]


def table(name: str, **columns: str) -> dict[str, Any]:
    """A table of an external table definition, in schema ``lake`` and folder ``<name>/``."""
    return {
        "TableName": name,
        "TablePath": f"{name}/",
        "TableOwner": "lake",
        "TableColumns": [{"ColumnName": n, "ColumnType": t} for n, t in columns.items()],
        "TableColumnsTotal": str(len(columns)),
    }


def select_all() -> dict[str, Any]:
    return {
        "rule-type": "selection",
        "rule-id": "1",
        "rule-name": "1",
        "object-locator": {"schema-name": "lake", "table-name": "%"},
        "rule-action": "include",
    }


def to_table(
    source: str,
    target: str,
    partition: str,
    sort: str | None = None,
    attributes: dict[str, str] | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """An object-mapping rule; `attributes` are text attributes with their expressions."""
    mapping: dict[str, Any] = {"partition-key-name": partition, **parameters}
    if sort:
        mapping["sort-key-name"] = sort
    mapping["attribute-mappings"] = [
        {
            "target-attribute-name": name,
            "attribute-type": "scalar",
            "attribute-sub-type": "string",
            "value": value,
        }
        for name, value in (attributes or {}).items()
    ]
    return {
        "rule-type": "object-mapping",
        "rule-id": source,
        "rule-name": source,
        "rule-action": "map-record-to-record",
        "object-locator": {"schema-name": "lake", "table-name": source},
        "target-table-name": target,
        "mapping-parameters": mapping,
    }


class Lake:
    """One bucket, one instance, one pair of endpoints, one task; all names are its own."""

    def __init__(self, aws: Client) -> None:
        self.aws, self.dms = aws, aws("dms")
        self.name = unique("dms")
        self.bucket = self.name
        region = aws("s3").meta.region_name
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        aws("s3").create_bucket(Bucket=self.bucket, **({} if region == REGION else place))
        self.instance = self.dms.create_replication_instance(
            ReplicationInstanceIdentifier=self.name, ReplicationInstanceClass="dms.t3.medium"
        )["ReplicationInstance"]["ReplicationInstanceArn"]
        self.task = ""

    def target(self, table_name: str) -> str:
        """Name of the DynamoDB table for a source table."""
        return f"{self.name}.{table_name}_t"

    def put(self, key: str, data: str | bytes) -> None:
        body = data.encode() if isinstance(data, str) else data
        self.aws("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def endpoints(self, *tables: dict[str, Any], **settings: Any) -> tuple[str, str]:
        """Create source and target; settings are those of the S3 endpoint."""
        definition = {"TableCount": str(len(tables)), "Tables": list(tables)}
        source = self.dms.create_endpoint(
            EndpointIdentifier=unique("source"),
            EndpointType="source",
            EngineName="s3",
            S3Settings={
                "BucketName": self.bucket,
                "BucketFolder": "data",
                "ExternalTableDefinition": json.dumps(definition),
                "ServiceAccessRoleArn": ROLE,
                "IgnoreHeaderRows": 1,
                **settings,
            },
        )["Endpoint"]["EndpointArn"]
        target = self.dms.create_endpoint(
            EndpointIdentifier=unique("target"),
            EndpointType="target",
            EngineName="dynamodb",
            DynamoDbSettings={"ServiceAccessRoleArn": ROLE},
        )["Endpoint"]["EndpointArn"]
        return source, target

    def create_task(
        self, endpoints: tuple[str, str], *rules: dict[str, Any], **settings: dict[str, Any]
    ) -> str:
        self.task = self.dms.create_replication_task(
            ReplicationTaskIdentifier=unique("task"),
            SourceEndpointArn=endpoints[0],
            TargetEndpointArn=endpoints[1],
            ReplicationInstanceArn=self.instance,
            MigrationType="full-load",
            TableMappings=json.dumps({"rules": [select_all(), *rules]}),
            ReplicationTaskSettings=json.dumps(settings),
        )["ReplicationTask"]["ReplicationTaskArn"]
        return self.task

    def start(self, kind: str = "start-replication") -> dict[str, Any]:
        answer: dict[str, Any] = self.dms.start_replication_task(
            ReplicationTaskArn=self.task, StartReplicationTaskType=kind
        )["ReplicationTask"]
        return answer

    def describe(self) -> dict[str, Any]:
        (task,) = self.dms.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": [self.task]}]
        )["ReplicationTasks"]
        return dict(task)

    def run(self, kind: str = "start-replication") -> dict[str, Any]:
        """Start the task and wait for its end; returns the task."""
        self.start(kind)
        return self.ended()

    def ended(self) -> dict[str, Any]:
        return wait_until(
            lambda: task if (task := self.describe())["Status"] in ("stopped", "failed") else None,
            timeout=60,
            what="the task ends",
        )

    def statistics(self) -> dict[str, dict[str, Any]]:
        """TableStatistics by table name."""
        found = self.dms.describe_table_statistics(ReplicationTaskArn=self.task)
        return {t["TableName"]: t for t in found["TableStatistics"]}

    def counts(self, table_name: str) -> tuple[int, int, str]:
        """Rows sent, rows rejected, state."""
        t = self.statistics()[table_name]
        return t["FullLoadRows"], t["FullLoadErrorRows"], t["TableState"]

    def items(self, table_name: str) -> list[dict[str, Any]]:
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=table_name)
        return [item for page in pages for item in page["Items"]]

    def exceptions(self) -> list[dict[str, Any]]:
        """Rejected rows of this task, by line."""
        task_id = self.task.rpartition(":")[2]
        found = self.items("awsdms_full_load_exceptions")
        return sorted(
            (item for item in found if item["TASK_NAME"]["S"] == task_id),
            key=lambda item: (item["FILE"]["S"], int(item["LINE"]["N"])),
        )

    def log(self) -> str:
        events = self.aws("logs").get_log_events(
            logGroupName=f"dms-tasks-{self.name}",
            logStreamName=f"dms-task-{self.task.rpartition(':')[2]}",
            startFromHead=True,
        )["events"]
        return "\n".join(event["message"] for event in events)
