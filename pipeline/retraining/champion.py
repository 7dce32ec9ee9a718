"""The model in use, as the stages' records have it, and what the records say after a round.

`lake run` does a stage again when its inputs have changed. A round has looked at the new training
data and decided who serves, so it writes into the records of transform, train and deploy what that
run would find: or else the run would train on that data and deploy without a comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cloudformation import template_text
from pipeline.errors import RetrainingError
from pipeline.infrastructure import SERVING
from pipeline.lake import Lake
from pipeline.run_state import Record, fingerprint
from pipeline.training_data import written
from pipeline.training_jobs import artifact_is_there

__all__ = ["Champion", "current", "record_champion", "record_data"]


@dataclass(frozen=True)
class Champion:
    """The model in use.

    Attributes:
        artifact: S3 URL of its model.tar.gz
        job: the training job that made it
        metrics: of that job
    """

    artifact: str
    job: str
    metrics: dict[str, float]


def current(lake: Lake) -> Champion:
    """The model that serves.

    Raises:
        RetrainingError: the lake has none, or it is paused, or its artifact is gone
    """
    record = lake.state.read("train") if lake.has_bucket() else None
    serving = lake.stacks.parameters(SERVING)
    if record is None or record.status != "done" or not serving:
        raise RetrainingError(
            "There is no model in use to compare with: the lake is not filled, or is paused.",
            "Make it with: lake run",
        )
    artifact = record.details["artifact"]
    if serving["ModelDataUrl"] != artifact:
        raise RetrainingError(
            f"The endpoint serves {serving['ModelDataUrl']}, and the newest model is {artifact}: a "
            "run was interrupted between training and deployment.",
            "Go on with it: lake run",
        )
    if not artifact_is_there(lake, artifact):
        raise RetrainingError(
            f"The artifact of the model in use, {artifact}, is gone: it goes on serving, and "
            "nothing can be compared with it.",
            "Make a new model with: lake run --from train",
        )
    return Champion(artifact, record.details["job"], record.details["metrics"])


def record_data(lake: Lake, run_id: str, delivered: str) -> str:
    """Record what a run of the Glue job has written, and that the champion stays for now.

    Args:
        lake: where
        run_id: of the job's run
        delivered: fingerprint of the delivered objects that it has read

    Returns:
        digest of the training data
    """
    record = _record(lake, "transform")
    counts, details = written(lake, run_id)
    details["delivered"] = delivered
    lake.state.write(Record("transform", "done", record.inputs, counts, details, record.seconds))
    train = _record(lake, "train")
    train.inputs = _train_inputs(lake, details["output"])
    lake.state.write(train)
    return str(details["output"])


def record_champion(lake: Lake, job: str, artifact: str, metrics: dict[str, float]) -> None:
    """Record that another model is in use."""
    train, deploy = _record(lake, "train"), _record(lake, "deploy")
    output = fingerprint(artifact)
    train.details = {"job": job, "artifact": artifact, "metrics": metrics, "output": output}
    train.inputs = _train_inputs(lake, _record(lake, "transform").details["output"])
    lake.state.write(train)
    deploy.inputs = fingerprint("deploy", template_text(SERVING), output)
    lake.state.write(deploy)


def source_fingerprint(lake: Lake) -> str:
    """Of the source directory that training jobs are given."""
    head = lake.s3.head_object(Bucket=lake.bucket, Key=lake.settings.source_key)
    return str(head["Metadata"]["fingerprint"])


def _train_inputs(lake: Lake, data: str) -> str:
    """As the train stage's fingerprint has them."""
    image = lake.target.sizes.image("training", lake.target.region)
    return fingerprint("train", source_fingerprint(lake), image, data)


def _record(lake: Lake, stage: str) -> Record:
    record = lake.state.read(stage)
    if record is None:
        raise RetrainingError(f"Stage {stage} has no record.", "Make it with: lake run")
    return record
