"""The lake's training jobs side by side."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline.lake import Lake, error_code
from pipeline.training_jobs import jobs_on, metrics_of

__all__ = ["TrainedModel", "print_models", "trained_models"]


@dataclass(frozen=True)
class TrainedModel:
    """One training job.

    Attributes:
        job: its name
        status: of SageMaker
        created: ISO 8601
        parameters: hyper-parameters that were given
        metrics: by name, as the job's log had them
        serves: whether the endpoint's model is of it
    """

    job: str
    status: str
    created: str
    parameters: dict[str, str]
    metrics: dict[str, float]
    serves: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def trained_models(lake: Lake) -> list[TrainedModel]:
    """The lake's training jobs, newest first."""
    sagemaker = lake.client("sagemaker")
    serving = _serving(lake)
    found = []
    for summary in jobs_on(lake, lake.settings.training_prefix):
        job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
        given = {
            name: _decoded(value)
            for name, value in job.get("HyperParameters", {}).items()
            if not name.startswith("sagemaker_")
        }
        artifact = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
        found.append(
            TrainedModel(
                job["TrainingJobName"],
                job["TrainingJobStatus"],
                job["CreationTime"].isoformat(timespec="seconds"),
                given,
                metrics_of(job),
                artifact is not None and artifact in serving,
            )
        )
    return found


def _serving(lake: Lake) -> set[str]:
    """Artifacts of the models behind the endpoint; none where there is no endpoint."""
    sagemaker = lake.client("sagemaker")
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=lake.settings.endpoint)
        config = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        models = [
            sagemaker.describe_model(ModelName=variant["ModelName"])
            for variant in config["ProductionVariants"]
        ]
    except ClientError as error:
        if error_code(error) in ("ValidationException", "ResourceNotFound"):
            return set()
        raise
    return {str(model.get("PrimaryContainer", {}).get("ModelDataUrl")) for model in models}


def _decoded(value: str) -> str:
    """A hyper-parameter as it was given: the SDK sends JSON."""
    try:
        return str(json.loads(value))
    except ValueError:
        return value


def print_models(found: list[TrainedModel]) -> None:
    """A row for each job."""
    from rich.table import Table

    from pipeline.console.lake_console import cell, stdout_console
    from pipeline.console.narrow_table import print_table

    table = Table("job", "status", "parameters", "nDCG@10", "recall@10", "coverage", "serves")
    for each in found:
        given = ", ".join(f"{name}={value}" for name, value in each.parameters.items())
        figures = [
            f"{each.metrics[name]:.4f}" if name in each.metrics else ""
            for name in ("ndcg_at_10", "recall_at_10", "coverage_at_10")
        ]
        words = (each.job, each.status, given or "defaults", *figures, "yes" if each.serves else "")
        table.add_row(*(cell(word) for word in words))
    print_table(stdout_console(), table)
