"""Lambda function behind Custom::StartedTask: tests a DMS task's connections and starts it.

Deployed as two files, this one and custom_resource.py: boto3 and the standard library only.

The first start is ``start-replication``, each later one ``reload-target``. A task at work is left
alone. Deleting the resource stops the task, so that it can be deleted after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

try:
    import custom_resource  # type: ignore[import-not-found]
except ImportError:  # in the project, not in the package
    from pipeline.lambdas import custom_resource

BUSY = ("starting", "running", "stopping", "creating", "modifying", "testing")
STOPPING = ("starting", "running", "stopping")
PAUSE = 0.2, 10.0
"""Seconds between two looks, doubling from the first to the second."""


class TaskRefusedError(RuntimeError):
    """The task cannot be started or stopped."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda's entry point."""
    import boto3

    dms = boto3.client("dms")

    def act(
        kind: str, properties: dict[str, Any], seconds_left: Callable[[], float]
    ) -> tuple[str, dict[str, Any]]:
        arn = properties["TaskArn"]
        if kind == "Delete":
            stop(dms, arn, seconds_left)
            return arn, {}
        return arn, {"StartType": start(dms, arn, seconds_left)}

    custom_resource.answer(event, context, act)


def start(dms: Any, arn: str, seconds_left: Callable[[], float]) -> str:
    """Start the task; the type of the start, or ``running`` when it was at work already.

    Raises:
        TaskRefusedError: DMS cannot connect to an endpoint
    """
    task = find_task(dms, arn)
    if task is None:
        raise TaskRefusedError(f"there is no task {arn}")
    if task["Status"] in BUSY:
        return str(task["Status"])
    instance = task["ReplicationInstanceArn"]
    endpoints = [task["SourceEndpointArn"], task["TargetEndpointArn"]]
    for endpoint in endpoints:
        dms.test_connection(ReplicationInstanceArn=instance, EndpointArn=endpoint)
    for endpoint in endpoints:
        _tested(dms, instance, endpoint, seconds_left)
    kind = "start-replication" if task["Status"] == "ready" else "reload-target"
    dms.start_replication_task(ReplicationTaskArn=arn, StartReplicationTaskType=kind)
    return kind


def stop(dms: Any, arn: str, seconds_left: Callable[[], float]) -> None:
    """Stop the task if it is at work, and wait until it is not.

    Raises:
        TaskRefusedError: it does not stop in time
    """
    asked = False

    def stopped() -> bool | None:
        nonlocal asked
        task = find_task(dms, arn)
        if task is None or task["Status"] not in STOPPING:
            return True
        if task["Status"] == "running" and not asked:
            dms.stop_replication_task(ReplicationTaskArn=arn)
            asked = True
        return None

    _wait(stopped, seconds_left, f"task {arn} to stop")


def find_task(dms: Any, arn: str) -> dict[str, Any] | None:
    """The task as DescribeReplicationTasks shows it, None when there is none."""
    try:
        found = dms.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": [arn]}], WithoutSettings=True
        )["ReplicationTasks"]
    except dms.exceptions.ResourceNotFoundFault:
        return None
    return dict(found[0]) if found else None


def _tested(dms: Any, instance: str, endpoint: str, seconds_left: Callable[[], float]) -> None:
    filters = [{"Name": "endpoint-arn", "Values": [endpoint]}]

    def tested() -> dict[str, Any] | None:
        for found in dms.describe_connections(Filters=filters)["Connections"]:
            if found["ReplicationInstanceArn"] == instance and found["Status"] != "testing":
                return dict(found)
        return None

    connection = _wait(tested, seconds_left, f"the test of {endpoint}")
    if connection["Status"] != "successful":
        raise TaskRefusedError(
            f"DMS cannot connect to {connection.get('EndpointIdentifier', endpoint)}: "
            f"{connection.get('LastFailureMessage', connection['Status'])}"
        )


def _wait(look: Callable[[], Any], seconds_left: Callable[[], float], what: str) -> Any:
    pause, longest = PAUSE
    while (found := look()) is None:
        if seconds_left() < pause:
            raise TaskRefusedError(f"the time ran out while waiting for {what}")
        time.sleep(pause)
        pause = min(2 * pause, longest)
    return found
