"""The batch transform job that makes the lists; one on the same inputs is never run twice.

Amazon SageMaker AI Developer Guide, "Batch transform for inference with Amazon SageMaker AI".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.errors import ListsError
from pipeline.infrastructure import SERVING
from pipeline.lake import Lake, error_code
from pipeline.lists.questions import lines
from pipeline.log_tail import log_tail, newest_line
from pipeline.run_state import fingerprint

__all__ = ["LOG_GROUP", "answers", "transformed"]

LOG_GROUP: Final = "/aws/sagemaker/TransformJobs"
_LINES_OF_OBJECT: Final = 50
"""Up to 10,000 users, whose lists of a hundred movies are about 100 MB."""
_JSON: Final = "application/json"


def transformed(lake: Lake, people: Sequence[int], k: int) -> str:
    """Name of a completed job with the lists of these users by the model that serves.

    Args:
        lake: where
        people: ids of the users
        k: movies in a list

    Raises:
        ListsError: nothing serves, or the job has failed
        StageTimeoutError: nothing moves
    """
    serving = lake.stacks.parameters(SERVING) if lake.stacks.describe(SERVING) else {}
    if not serving:
        raise ListsError(
            "There is no model that serves: the lake is not filled, or is paused.",
            "Make it with: lake run",
        )
    # Hosting's ml.t2 and ml.t3 transform nothing (SageMaker API Reference, "TransformResources").
    size = lake.target.sizes.training_instance_type
    inputs = fingerprint(serving["ModelDataUrl"], serving["Image"], repr(people), str(k))
    stem = f"{lake.settings.lists_prefix}-{inputs[:12]}"
    name = _known(lake, stem) or _create(lake, stem, serving["ModelName"], people, k, size)
    lake.poll(
        partial(_ended, lake, name),
        lake.target.waits.training,
        f"transform job {name} (lake lists goes on with it)",
        lambda: {
            "job": _described(lake, name)["TransformJobStatus"],
            "objects answered": len(list(answers(lake, name))),
            "newest line of its log": newest_line(lake, (LOG_GROUP,), name),
        },
    )
    return name


def answers(lake: Lake, name: str) -> Iterator[str]:
    """Keys of what a job has written: JSON Lines."""
    for entry in lake.objects(f"{_folder(lake, name)}/answers/"):
        if entry["Key"].endswith(".out"):
            yield entry["Key"]


def _known(lake: Lake, stem: str) -> str | None:
    """A job on the same inputs that is at work, or has completed and left its answers."""
    for job in _jobs(lake, stem):
        name, status = str(job["TransformJobName"]), job["TransformJobStatus"]
        asked = lake.objects(f"{_folder(lake, name)}/questions/")
        whole = 0 < len(asked) == len(list(answers(lake, name)))
        if status == "InProgress" or (status == "Completed" and whole):
            return name
    return None


def _jobs(lake: Lake, stem: str) -> list[dict[str, Any]]:
    pages = lake.client("sagemaker").get_paginator("list_transform_jobs")
    return [
        job
        for page in pages.paginate(NameContains=stem)
        for job in page["TransformJobSummaries"]
        if job["TransformJobName"].startswith(f"{stem}-")
    ]


def _create(lake: Lake, stem: str, model: str, people: Sequence[int], k: int, size: str) -> str:
    number = len(_jobs(lake, stem)) + 1
    while True:
        name = f"{stem}-{number}"
        _ask(lake, name, people, k)
        folder = f"s3://{lake.bucket}/{_folder(lake, name)}"
        try:
            lake.client("sagemaker").create_transform_job(
                TransformJobName=name,
                ModelName=model,
                BatchStrategy="SingleRecord",
                TransformInput={
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"{folder}/questions/",
                        }
                    },
                    "ContentType": _JSON,
                    "SplitType": "Line",
                },
                TransformOutput={
                    "S3OutputPath": f"{folder}/answers",
                    "Accept": _JSON,
                    "AssembleWith": "Line",
                },
                TransformResources={"InstanceType": size, "InstanceCount": 1},
                Tags=[lake.settings.tag],
            )
        except ClientError as error:
            if error_code(error) != "ResourceInUse":  # the list lags behind
                raise
            number += 1
            continue
        return name


def _ask(lake: Lake, name: str, people: Sequence[int], k: int) -> None:
    """Put the questions of a job into the bucket."""
    found = list(lines(people, k))
    for number, first in enumerate(range(0, len(found), _LINES_OF_OBJECT), 1):
        lake.s3.put_object(
            Bucket=lake.bucket,
            Key=f"{_folder(lake, name)}/questions/users-{number:05d}.jsonl",
            Body=b"".join(found[first : first + _LINES_OF_OBJECT]),
            ContentType="application/jsonlines",
        )


def _ended(lake: Lake, name: str) -> bool | None:
    if lake.cancelled.is_set():
        raise ListsError("Another run has taken the lake.", "Go on with: lake lists")
    job = _described(lake, name)
    status = job["TransformJobStatus"]
    lake.reporter.progress("lists", f"{name} {status}")
    if status in ("Failed", "Stopped"):
        raise ListsError(
            f"Transform job {name} {status.lower()}: "
            f"{job.get('FailureReason', 'no reason given')}{log_tail(lake, (LOG_GROUP,), name)}",
            "The former lists stay. Fix the cause, then: lake lists",
        )
    return True if status == "Completed" else None


def _described(lake: Lake, name: str) -> dict[str, Any]:
    return dict(lake.client("sagemaker").describe_transform_job(TransformJobName=name))


def _folder(lake: Lake, name: str) -> str:
    return f"{lake.settings.lists}/{name}"
