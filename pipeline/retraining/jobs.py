"""The round's training jobs: one on the same inputs is never run twice."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.errors import RetrainingError
from pipeline.lake import Lake, error_code, is_missing
from pipeline.log_tail import log_tail
from pipeline.retraining.champion import source_fingerprint
from pipeline.run_state import fingerprint
from pipeline.training_jobs import (
    LOG_GROUP,
    METRICS,
    artifact_is_there,
    jobs_on,
    training_request,
)

__all__ = ["begin_job", "ended_job", "report_of"]

LARGEST_REPORT: Final = 1 << 20
"""Bytes of a report."""
_COMPARED: Final = ("champion_ndcg", "challenger_ndcg", "difference_ndcg")
_LOOKED: Final = ("replay_ndcg", "popular_ndcg")


def begin_job(lake: Lake, program: str, champion: str, data: str) -> str:
    """Begin a job, or find the one that is at work or has completed on the same inputs.

    Args:
        lake: where
        program: train.py for a challenger, monitor.py for a look
        champion: URL of the artifact of the model in use
        data: digest of the training data

    Returns:
        the job's name
    """
    image = lake.target.sizes.image("training", lake.target.region)
    inputs = fingerprint(program, source_fingerprint(lake), image, champion, data)
    stem = f"{lake.settings.training_prefix}-{inputs[:12]}"
    known = jobs_on(lake, stem)
    for job in known:
        name, status = str(job["TrainingJobName"]), job["TrainingJobStatus"]
        if status == "InProgress" or (status == "Completed" and _has_output(lake, name)):
            return name
    channels = {
        "train": f"s3://{lake.bucket}/{lake.settings.training_data}/",
        "champion": champion,
    }
    metrics = (*METRICS, *_COMPARED) if program == "train.py" else _LOOKED
    number = len(known) + 1
    while True:
        name = f"{stem}-{number}"
        request = training_request(lake, name, program, channels, metrics)
        try:
            lake.client("sagemaker").create_training_job(**request)
        except ClientError as error:
            if error_code(error) != "ResourceInUse":  # the list lags behind
                raise
            number += 1
            continue
        return name


def ended_job(lake: Lake, name: str) -> dict[str, Any] | None:
    """A job as DescribeTrainingJob shows it once it has completed, None while it is at work.

    Raises:
        RetrainingError: it has failed or was stopped
    """
    job: dict[str, Any] = lake.client("sagemaker").describe_training_job(TrainingJobName=name)
    status = job["TrainingJobStatus"]
    if status == "Completed":
        return job
    if status in ("Failed", "Stopped"):
        tail = log_tail(lake, (LOG_GROUP,), name)
        raise RetrainingError(
            f"Training job {name} {status.lower()}: "
            f"{job.get('FailureReason', 'no reason given')}{tail}",
            "The model in use goes on serving. Fix the cause, then: lake retrain",
        )
    return None


def report_of(lake: Lake, name: str, file: str) -> dict[str, Any]:
    """What a job has left in its output data.

    Args:
        lake: where
        name: of the job
        file: of its output data

    Raises:
        RetrainingError: it is not there or no JSON
    """
    try:
        packed = lake.read(_output(lake, name))
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            members = {member.name.removeprefix("./"): member for member in archive}
            content = archive.extractfile(members[file])
            text = content.read(LARGEST_REPORT + 1) if content else b""
        return dict(json.loads(text))
    except ClientError as error:
        if not is_missing(error):
            raise
        cause: Exception = error
    except (tarfile.TarError, EOFError, OSError, KeyError, ValueError) as error:
        cause = error
    raise RetrainingError(
        f"Training job {name} has left no {file} that can be read in "
        f"s3://{lake.bucket}/{_output(lake, name)} ({type(cause).__name__}: {cause}).",
        "The model in use goes on serving. Look again with: lake retrain --force",
    ) from cause


def _has_output(lake: Lake, name: str) -> bool:
    """What was deleted since is made again."""
    return artifact_is_there(lake, f"s3://{lake.bucket}/{_output(lake, name)}")


def _output(lake: Lake, name: str) -> str:
    return f"{lake.settings.models}/{name}/output/output.tar.gz"
