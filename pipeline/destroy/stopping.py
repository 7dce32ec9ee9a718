"""Ends what is at work in the lake before it is deleted, and waits until it has ended.

Work that goes on writes into what is being deleted: a Glue job and a training job put objects into
the emptied bucket, which then cannot be deleted. And a crawler or a DMS task at work cannot be
deleted itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, error_code, is_missing
from pipeline.ownership import Belongings, training_jobs, transform_jobs
from pipeline.settings import ROOT

__all__ = ["Working", "stop_work", "working"]

# AWS DMS API Reference, "ReplicationTask", Status. Only a running task can be stopped: one that is
# starting is refused, and a moment later it runs.
_TASK_AT_WORK: Final = ("starting", "running", "stopping", "testing", "modifying", "creating")
_RUN_GOES: Final = ("STARTING", "RUNNING", "WAITING")
_RUN_AT_WORK: Final = (*_RUN_GOES, "STOPPING")
_NOT_AT_WORK: Final = (
    "InvalidResourceStateFault",  # DMS: StopReplicationTask
    "CrawlerNotRunningException",
    "CrawlerStoppingException",  # Glue: StopCrawler
    "ValidationException",  # SageMaker: StopTrainingJob, StopTransformJob, of an ended job
)
"""With which a service refuses to stop what is not at work, by its API reference."""


@dataclass(frozen=True)
class Working:
    """Something at work."""

    what: str
    status: Callable[[], str | None]
    """Where it is, None when it is at work no longer."""
    stoppable: tuple[str, ...]
    """In which of these it takes a stop."""
    stop: Callable[[], Any]


def stop_work(lake: Lake, own: Belongings) -> list[str]:
    """Stop all that is at work, and wait until it has ended.

    Raises:
        StageTimeoutError: something does not end

    Returns:
        what was at work
    """
    found = list(working(lake, own))
    for one in found:
        _end(lake, one)
    return [f"{one.what} (stopped)" for one in found]


def working(lake: Lake, own: Belongings) -> Iterator[Working]:
    """What of the lake's is at work."""
    for one in _all(lake, own):
        if one.status():
            yield one


def _end(lake: Lake, one: Working) -> None:
    asked = False

    def ended() -> bool | None:
        nonlocal asked
        status = one.status()
        if status is None:
            return True
        if status in one.stoppable and not asked:
            try:
                one.stop()
            except ClientError as error:
                if not is_missing(error) and error_code(error) not in _NOT_AT_WORK:
                    raise
                # It has ended, or moved on, between the look and the stop: the next look tells.
            else:
                asked = True
        return None

    lake.poll(
        ended,
        lake.target.waits.stack,
        f"{one.what} to stop",
        lambda: {one.what: one.status()},
    )


def _all(lake: Lake, own: Belongings) -> Iterator[Working]:
    glue, sagemaker, dms = (lake.client(s) for s in ("glue", "sagemaker", "dms"))
    job = lake.settings.job
    if f"job {job}" in own:
        for run in _runs_at_work(glue, job):
            yield Working(
                f"job run {run}",
                partial(_run, glue, job, run),
                _RUN_GOES,
                partial(glue.batch_stop_job_run, JobName=job, JobRunIds=[run]),
            )
    for name in (lake.settings.stream_crawler, lake.settings.tables_crawler):
        if f"crawler {name}" in own:
            yield Working(
                f"crawler {name}",
                partial(_crawler, glue, name),
                ("RUNNING",),
                partial(glue.stop_crawler, Name=name),
            )
    for state in ("InProgress", "Stopping"):
        for name in training_jobs(lake, StatusEquals=state):
            yield Working(
                f"training job {name}",
                partial(_training, sagemaker, name),
                ("InProgress",),
                partial(sagemaker.stop_training_job, TrainingJobName=name),
            )
        for name in transform_jobs(lake, StatusEquals=state):
            yield Working(
                f"transform job {name}",
                partial(_transforming, sagemaker, name),
                ("InProgress",),
                partial(sagemaker.stop_transform_job, TransformJobName=name),
            )
    if ROOT in own.contents and lake.stacks.describe("003-full-load"):
        for arn, name in _tasks(dms, f"{lake.settings.project}-full-load"):
            yield Working(
                f"task {name}",
                partial(_task, dms, arn),
                ("running",),
                partial(dms.stop_replication_task, ReplicationTaskArn=arn),
            )


def _runs_at_work(glue: Any, job: str) -> list[str]:
    try:
        pages = list(glue.get_paginator("get_job_runs").paginate(JobName=job))
    except ClientError as error:
        if is_missing(error):
            return []
        raise
    runs = [run for page in pages for run in page["JobRuns"]]
    return [run["Id"] for run in runs if run["JobRunState"] in _RUN_AT_WORK]


def _run(glue: Any, job: str, run: str) -> str | None:
    state = str(glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"])
    return state if state in _RUN_AT_WORK else None


def _crawler(glue: Any, name: str) -> str | None:
    try:
        state = str(glue.get_crawler(Name=name)["Crawler"]["State"])
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return None if state == "READY" else state


def _training(sagemaker: Any, name: str) -> str | None:
    found = sagemaker.describe_training_job(TrainingJobName=name)
    status = str(found["TrainingJobStatus"])
    return status if status in ("InProgress", "Stopping") else None


def _transforming(sagemaker: Any, name: str) -> str | None:
    found = sagemaker.describe_transform_job(TransformJobName=name)
    status = str(found["TransformJobStatus"])
    return status if status in ("InProgress", "Stopping") else None


def _tasks(dms: Any, name: str) -> list[tuple[str, str]]:
    found = _described(dms, "replication-task-id", name)
    return [(task["ReplicationTaskArn"], task["ReplicationTaskIdentifier"]) for task in found]


def _task(dms: Any, arn: str) -> str | None:
    found = _described(dms, "replication-task-arn", arn)
    status = str(found[0]["Status"]) if found else ""
    return status if status in _TASK_AT_WORK else None


def _described(dms: Any, by: str, value: str) -> list[dict[str, Any]]:
    try:
        found = dms.describe_replication_tasks(
            Filters=[{"Name": by, "Values": [value]}], WithoutSettings=True
        )
    except ClientError as error:
        if is_missing(error):
            return []
        raise
    return list(found["ReplicationTasks"])
