"""A DMS full load beside boto3 with four threads straight at DynamoDB Local, in turn."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lakestack.java import artifacts
from lakestack.java.interpreter import find_java
from tests.bench import lake
from tests.bench.measure import seconds, side_by_side
from tests.bench.report import Figure
from tests.support import ACCOUNT, RATINGS_TABLE, emulator, free_port, unique, wait_until

ROWS, BATCH, THREADS, ROUNDS = 20_000, 25, 4, 3
COLUMNS = ("userId", "movieId", "rating", "timestamp")


def run() -> Iterator[Figure]:
    """Yield items/s of the full load over items/s of plain boto3."""
    local = artifacts.dynamodb_local()
    if local is None:
        return
    jars, native = local
    port = free_port()
    command = [sys.executable, "-m", "lakestack.services.dynamodb.local_server"]
    command += ["--port", str(port), "--jars", str(jars), "--native", str(native)]
    direct = subprocess.Popen(
        [*command, "--java", str(find_java().path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),  # it leaves a file where it runs
    )
    try:
        wait_until(lambda: _listens(port), what="DynamoDB Local")
        with emulator() as running:
            ours, theirs = side_by_side(
                lambda: _full_load(running.url), lambda: _straight(port), ROUNDS
            )
    finally:
        direct.terminate()
        direct.wait()
    yield Figure(
        "full load",
        ours / theirs,
        "x",
        0.8,
        False,
        f"{ROWS:,} rows: DMS {ours:,.0f} items/s, boto3 with {THREADS} threads {theirs:,.0f}",
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _values(i: int) -> tuple[str, str, str, str]:
    return str(1 + i // 150), str(1 + i % 9000), "3.5", str(1260759144 + i)


def _straight(port: int) -> float:
    url, table = f"http://127.0.0.1:{port}", unique("bench")
    lake.client("dynamodb", url).create_table(TableName=table, **RATINGS_TABLE)
    clients = [lake.client("dynamodb", url) for _ in range(THREADS)]

    def write(worker: int) -> None:
        for start in range(worker * BATCH, ROWS, THREADS * BATCH):
            puts = []
            for i in range(start, start + BATCH):
                user, movie, rating, timestamp = _values(i)
                item = {
                    "userId": {"S": user},
                    "movieId": {"S": movie},
                    "rating": {"N": rating},
                    "timestamp": {"N": timestamp},
                }
                puts.append({"PutRequest": {"Item": item}})
            clients[worker].batch_write_item(RequestItems={table: puts})

    def all_threads() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(write, range(THREADS)))

    return ROWS / seconds(all_threads)


def _full_load(url: str) -> float:
    name = unique("bench")
    dms = lake.client("dms", url)
    task = _create_task(url, name)
    dms.start_replication_task(
        ReplicationTaskArn=task, StartReplicationTaskType="start-replication"
    )
    wait_until(lambda: _status(dms, task) == "stopped", timeout=300, what="the full load")
    statistics = dms.describe_table_statistics(ReplicationTaskArn=task)["TableStatistics"]
    if [s["FullLoadRows"] for s in statistics] != [ROWS]:
        raise RuntimeError(f"not all rows were loaded: {statistics}")
    took = statistics[0]["FullLoadEndTime"] - statistics[0]["FullLoadStartTime"]
    return ROWS / float(took.total_seconds())


def _status(dms: Any, task: str) -> str:
    filters = [{"Name": "replication-task-arn", "Values": [task]}]
    return str(dms.describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]["Status"])


def _create_task(url: str, name: str) -> str:
    s3, dms = lake.client("s3", url), lake.client("dms", url)
    s3.create_bucket(Bucket=name)
    lines = [",".join(COLUMNS), *(",".join(_values(i)) for i in range(ROWS))]
    s3.put_object(Bucket=name, Key="data/ratings/ratings.csv", Body="\n".join(lines).encode())
    role = f"arn:aws:iam::{ACCOUNT}:role/bench"
    table = {
        "TableName": "ratings",
        "TablePath": "data/ratings/",
        "TableOwner": "data",
        "TableColumns": [{"ColumnName": c, "ColumnType": "STRING"} for c in COLUMNS],
        "TableColumnsTotal": str(len(COLUMNS)),
    }
    source = dms.create_endpoint(
        EndpointIdentifier=f"{name}-source",
        EndpointType="source",
        EngineName="s3",
        S3Settings={
            "ServiceAccessRoleArn": role,
            "BucketName": name,
            "BucketFolder": "",
            "CsvDelimiter": ",",
            "IgnoreHeaderRows": 1,
            "ExternalTableDefinition": json.dumps({"TableCount": "1", "Tables": [table]}),
        },
    )["Endpoint"]["EndpointArn"]
    target = dms.create_endpoint(
        EndpointIdentifier=f"{name}-target",
        EndpointType="target",
        EngineName="dynamodb",
        DynamoDbSettings={"ServiceAccessRoleArn": role},
    )["Endpoint"]["EndpointArn"]
    instance = dms.create_replication_instance(
        ReplicationInstanceIdentifier=name, ReplicationInstanceClass="dms.t3.medium"
    )["ReplicationInstance"]["ReplicationInstanceArn"]
    task = dms.create_replication_task(
        ReplicationTaskIdentifier=name,
        SourceEndpointArn=source,
        TargetEndpointArn=target,
        ReplicationInstanceArn=instance,
        MigrationType="full-load",
        TableMappings=json.dumps({"rules": _rules(name)}),
    )["ReplicationTask"]["ReplicationTaskArn"]
    wait_until(lambda: _status(dms, task) == "ready", what="the task")
    return str(task)


def _rules(target: str) -> list[dict[str, Any]]:
    types = {"userId": "string", "movieId": "string", "rating": "number", "timestamp": "number"}
    return [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "object-locator": {"schema-name": "data", "table-name": "%"},
            "rule-action": "include",
        },
        {
            "rule-type": "object-mapping",
            "rule-id": "2",
            "rule-name": "2",
            "rule-action": "map-record-to-record",
            "object-locator": {"schema-name": "data", "table-name": "ratings"},
            "target-table-name": target,
            "mapping-parameters": {
                "partition-key-name": "userId",
                "sort-key-name": "movieId",
                "attribute-mappings": [
                    {
                        "target-attribute-name": column,
                        "attribute-type": "scalar",
                        "attribute-sub-type": kind,
                        "value": f"${{{column}}}",
                    }
                    for column, kind in types.items()
                ],
            },
        },
    ]
