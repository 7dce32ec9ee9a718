"""What services say of how long their work took: stacks, Glue's job runs, SageMaker's training.

Of a Glue job run `ExecutionTime` is "the amount of time (in seconds) that the job run consumed
resources" (AWS Glue API, JobRun): what is before it is the start, on a laptop that of a JVM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from pipeline.lake import Lake

__all__ = ["ServiceSpan", "service_spans"]


@dataclass(frozen=True)
class ServiceSpan:
    """Something that a service did, in seconds since 1970."""

    track: str
    name: str
    start: float
    end: float


def service_spans(lake: Lake, since: float) -> list[ServiceSpan]:
    """What has begun since then, as far as the services answer."""
    found: list[ServiceSpan] = []
    for look in (_stacks, _job_runs, _training):
        try:
            found += [span for span in look(lake) if span.start >= since - 1]
        except (BotoCoreError, ClientError):  # the run's own error is what matters
            continue
    return found


def _stacks(lake: Lake) -> Iterator[ServiceSpan]:
    client = lake.client("cloudformation")
    for page in client.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            if not stack["StackName"].startswith(lake.settings.prefix):
                continue
            began: dict[str, float] = {}
            events: list[dict[str, Any]] = []
            for some in client.get_paginator("describe_stack_events").paginate(
                StackName=stack["StackName"]
            ):
                events += some["StackEvents"]
            for event in sorted(events, key=lambda event: event["Timestamp"]):
                logical, status = event["LogicalResourceId"], event.get("ResourceStatus", "")
                when = _seconds(event["Timestamp"])
                if status.endswith("_IN_PROGRESS"):
                    began.setdefault(logical, when)
                elif logical in began:
                    name = f"{logical} ({event.get('ResourceType', '')})"
                    yield ServiceSpan(f"stack {stack['StackName']}", name, began.pop(logical), when)


def _job_runs(lake: Lake) -> Iterator[ServiceSpan]:
    runs = lake.client("glue").get_job_runs(JobName=lake.settings.job)["JobRuns"]
    for run in runs:
        if "CompletedOn" not in run:
            continue
        began, ended = _seconds(run["StartedOn"]), _seconds(run["CompletedOn"])
        started = max(began, ended - float(run.get("ExecutionTime", 0)))
        yield ServiceSpan(f"glue {run['JobName']}", "start", began, started)
        yield ServiceSpan(f"glue {run['JobName']}", run["JobRunState"], started, ended)


def _training(lake: Lake) -> Iterator[ServiceSpan]:
    client = lake.client("sagemaker")
    jobs = client.list_training_jobs(
        NameContains=lake.settings.training_prefix, SortBy="CreationTime", SortOrder="Descending"
    )["TrainingJobSummaries"]
    for job in jobs[:3]:
        name = job["TrainingJobName"]
        described = client.describe_training_job(TrainingJobName=name)
        for step in described.get("SecondaryStatusTransitions", ()):
            if "EndTime" in step:
                times = _seconds(step["StartTime"]), _seconds(step["EndTime"])
                yield ServiceSpan(f"sagemaker {name}", step["Status"], *times)


def _seconds(time: datetime) -> float:
    return time.timestamp()
