"""Lab 4: SageMaker trains the recommender in script mode from the training data."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from pipeline.errors import StageError
from pipeline.lake import Lake, error_code
from pipeline.log_tail import log_tail, newest_line
from pipeline.polling import Position
from pipeline.run_state import Record, fingerprint
from pipeline.settings import ROOT
from pipeline.stages.base import Result, Stage, Work
from pipeline.training_jobs import (
    LOG_GROUP,
    artifact_is_there,
    jobs_on,
    metrics_of,
    training_request,
)
from pipeline.uploads import source_directory, upload

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["Train"]

_ENDED: Final = ("Completed", "Failed", "Stopped")
ROLE_SECONDS: Final = 120.0
"""How long SageMaker may not know a role that was just made (IAM User Guide, "Changes that I make
are not always immediately visible")."""
_ROLE_UNKNOWN: Final = "Could not assume role"


class Train(Stage):
    """Run a training job; the same inputs give the same job, which is not run twice."""

    name = "train"
    needs = ("transform",)
    stacks = (ROOT,)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [
            fingerprint(source_directory()),
            lake.target.sizes.image("training", lake.target.region),
        ]

    def missing(self, lake: Lake, record: Record) -> str | None:
        url: str = record.details["artifact"]
        return None if artifact_is_there(lake, url) else url

    def run(self, work: Work) -> Result:
        lake = work.lake
        upload(lake, lake.settings.source_key, source_directory(), "application/gzip")
        name = self._unfinished(work) or self._create(work)
        work.note(job=name)
        job = work.wait(
            lambda: self._ended(work, name),
            lake.target.waits.training,
            f"training job {name}",
            position=lambda: self._position(lake, name),
        )
        if job["TrainingJobStatus"] != "Completed":
            tail = log_tail(lake, (LOG_GROUP,), name)
            raise StageError(
                f"Training job {name} {job['TrainingJobStatus'].lower()}: "
                f"{job.get('FailureReason', 'no reason given')}{tail}",
                "Fix the cause, then: lake run",
            )
        metrics = metrics_of(job)
        artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
        details = {
            "job": name,
            "artifact": artifact,
            "metrics": metrics,
            "parameters": dict(work.parameters),
            "output": fingerprint(artifact),
        }
        ndcg, baseline = metrics.get("ndcg_at_10"), metrics.get("popularity_ndcg_at_10")
        figures = ""
        if ndcg is not None and baseline is not None:
            figures = f", nDCG@10 {ndcg:.3f} (popularity {baseline:.3f})"
        return Result(f"{name}{figures}", {}, details)

    def _unfinished(self, work: Work) -> str | None:
        """The job that an interrupted run has started, if it is going or has completed."""
        noted = work.noted("job")
        for job in jobs_on(work.lake, _stem(work)):
            if job["TrainingJobName"] == noted and job["TrainingJobStatus"] in (
                "InProgress",
                "Completed",
            ):
                return str(noted)
        return None

    def _create(self, work: Work) -> str:
        lake = work.lake
        number = len(jobs_on(work.lake, _stem(work))) + 1
        until = time.monotonic() + ROLE_SECONDS

        def created() -> str | None:
            nonlocal number
            name = f"{_stem(work)}-{number}"
            try:
                self._request(work, name)
            except ClientError as error:
                if error_code(error) == "ResourceInUse":  # the list lags behind
                    number += 1
                    return None
                unknown = _ROLE_UNKNOWN in str(error) and time.monotonic() < until
                if not unknown:
                    raise
                work.progress("waiting for SageMaker to know its new role")
                return None
            return name

        return work.wait(
            created,
            lake.target.waits.training,
            "SageMaker to take the training job",
            position=lambda: {"name tried": f"{_stem(work)}-{number}"},
        )

    @staticmethod
    def _request(work: Work, name: str) -> None:
        lake = work.lake
        channels = {"train": f"s3://{lake.bucket}/{lake.settings.training_data}/"}
        request = training_request(lake, name, "train.py", channels)
        for parameter, value in work.parameters.items():
            request["HyperParameters"][parameter] = _as_json(value)
        lake.client("sagemaker").create_training_job(**request)

    @staticmethod
    def _position(lake: Lake, name: str) -> Position:
        job = lake.client("sagemaker").describe_training_job(TrainingJobName=name)
        return {
            "job": job["SecondaryStatus"],
            "newest line of its log": newest_line(lake, (LOG_GROUP,), name),
        }

    @staticmethod
    def _ended(work: Work, name: str) -> dict[str, Any] | None:
        job = work.lake.client("sagemaker").describe_training_job(TrainingJobName=name)
        work.progress(f"{name} {job['SecondaryStatus']}")
        return dict(job) if job["TrainingJobStatus"] in _ENDED else None


def _stem(work: Work) -> str:
    return f"{work.lake.settings.training_prefix}-{work.inputs[:12]}"


def _as_json(value: str) -> str:
    """A hyper-parameter as the SageMaker Python SDK sends it: numbers as such, texts quoted."""
    try:
        known = json.loads(value)
    except ValueError:
        known = value
    return json.dumps(known if isinstance(known, bool | int | float) else value)
