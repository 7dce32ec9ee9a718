"""Exports of log groups to S3, which moto writes into buckets of its own that nobody reads.

Amazon CloudWatch Logs User Guide, "Exporting log data to Amazon S3": an object with a test text,
and for each stream ``PREFIX/TASK/STREAM/000000.gz`` with a line for each event. A task has ended
when CreateExportTask answers.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import ExportTask, LogGroup, LogsBackend

from lakestack import clock, patches
from lakestack.services.base import client


def install() -> None:
    """Put ours into the place of moto's."""
    patches.replace("logs.create_export", create_export_task)
    patches.replace("logs.describe_exports", describe_export_tasks)
    patches.replace("logs.export_json", _described)


def create_export_task(backend: LogsBackend, **given: Any) -> str:
    """Write a group's events of a time into a bucket; returns the task's id.

    Args:
        given: logGroupName, destination, destinationPrefix, taskName, and fromTime and to in
            milliseconds since 1970

    Raises:
        ResourceNotFoundException: there is no such log group
        InvalidParameterException: there is no such bucket
    """
    group = backend.groups.get(given["logGroupName"])
    if group is None:
        raise ResourceNotFoundException
    s3 = client(backend.account_id, backend.region_name, "s3")
    bucket, prefix, task = given["destination"], given["destinationPrefix"], str(uuid4())
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as e:
        raise InvalidParameterException(
            "The given bucket does not exist. Please make sure the bucket is valid."
        ) from e
    test = f"{prefix}/aws-logs-write-test"
    s3.put_object(Bucket=bucket, Key=test, Body=b"Permission Check Successful")
    for stream, text in _texts(group, given["fromTime"], given["to"]):
        key = f"{prefix}/{task}/{stream.replace('/', '-')}/000000.gz"
        s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(text.encode()))
    made = ExportTask(
        *(task, given["taskName"], group.name, bucket, prefix, given["fromTime"], given["to"])
    )
    made.status = {"code": "COMPLETED", "message": "Completed successfully"}
    made.made_at = clock.wall_ms()  # type: ignore[attr-defined]
    backend.export_tasks[task] = made
    return task


def _texts(group: LogGroup, first: int, last: int) -> Iterator[tuple[str, str]]:
    """Each stream that has events of the time, and its lines."""
    for name, stream in list(group.streams.items()):
        events = [event for event in list(stream.events) if first <= event.timestamp <= last]
        lines = [
            f"{_moment(event.timestamp)} {event.message}\n"
            for event in sorted(events, key=lambda event: event.timestamp)
        ]
        if lines:
            yield name, "".join(lines)


def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def describe_export_tasks(backend: LogsBackend, task_id: str | None) -> list[ExportTask]:
    """The task of an id, or all; none for an id that there is not."""
    tasks = list(backend.export_tasks.values())
    return [task for task in tasks if task_id in (None, "", task.task_id)]


def _described(task: ExportTask) -> dict[str, Any]:
    found: dict[str, Any] = patches.original("logs.export_json")(task)
    made = getattr(task, "made_at", None)
    times = {"creationTime": made, "completionTime": made} if made else {}
    given = {name: value for name, value in found.items() if value is not None}
    return {**given, "executionInfo": times}
