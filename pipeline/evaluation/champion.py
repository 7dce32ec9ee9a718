"""The settings of the model to compare with: that of the endpoint, or of an archive."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import ClientError

from pipeline.errors import EvaluationError
from pipeline.lake import Lake, error_code, is_missing

__all__ = ["Champion", "of_artifact", "of_endpoint"]

_MANIFEST = "manifest.json"
_MOST_BYTES = 1 << 20
_ABSENT = ("ValidationException", "ResourceNotFound")


@dataclass(frozen=True)
class Champion:
    """What the others are compared with.

    Attributes:
        settings: hyper-parameters; the models' defaults where empty
        origin: where they come from, in words
        metrics: what its training job has measured
    """

    origin: str
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def of_endpoint(lake: Lake) -> Champion:
    """Settings of the model that the endpoint serves; the defaults when nothing is deployed.

    Raises:
        EvaluationError: its archive is gone, or none of the trainer's
    """
    url = _deployed_archive(lake)
    if url is None:
        return Champion(f"the defaults: endpoint {lake.settings.endpoint} is absent")
    bucket, _, key = url.removeprefix("s3://").partition("/")
    try:
        body = lake.s3.get_object(Bucket=bucket, Key=key)["Body"]
        # As a stream: the manifest is all that is wanted of an archive of any size.
        with tarfile.open(fileobj=body, mode="r|*") as archive:
            return _champion(archive, f"endpoint {lake.settings.endpoint} ({url})")
    except ClientError as error:
        if is_missing(error):
            raise EvaluationError(
                f"The model of endpoint {lake.settings.endpoint} is gone: {url}",
                "Train it again with: lake run --from train --force",
            ) from error
        raise
    except (tarfile.TarError, OSError, EOFError) as error:
        raise _unreadable(url, error) from error


def _deployed_archive(lake: Lake) -> str | None:
    sagemaker = lake.client("sagemaker")
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=lake.settings.endpoint)
        config = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        variants = sorted(
            config["ProductionVariants"], key=lambda v: -float(v.get("InitialVariantWeight", 0))
        )
        model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return None
        raise
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    source = containers[0].get("ModelDataSource", {}).get("S3DataSource", {})
    return str(containers[0].get("ModelDataUrl") or source.get("S3Uri") or "") or None


def of_artifact(path: Path) -> Champion:
    """Settings of a ``model.tar.gz``, of its folder, or of a manifest.

    Raises:
        EvaluationError: it is none of these
    """
    where = path / _MANIFEST if path.is_dir() else path
    try:
        if where.suffix == ".json":
            with where.open("rb") as file:
                return _read(file, str(path))
        with tarfile.open(where, mode="r:*") as archive:
            return _champion(archive, str(path))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise _unreadable(str(path), error) from error


def _champion(archive: tarfile.TarFile, origin: str) -> Champion:
    for member in archive:
        if Path(member.name).as_posix().removeprefix("./") == _MANIFEST and member.isfile():
            content = archive.extractfile(member)
            if content is not None:
                with contextlib.closing(content):
                    return _read(content, origin)
    raise _unreadable(origin, ValueError(f"it has no {_MANIFEST}"))


def _read(file: IO[bytes], origin: str) -> Champion:
    try:
        manifest = json.load(io.TextIOWrapper(io.BytesIO(file.read(_MOST_BYTES)), "utf-8"))
        settings, metrics = dict(manifest["hyperparameters"]), dict(manifest["metrics"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(origin, error) from error
    return Champion(origin, settings, metrics)


def _unreadable(origin: str, error: Exception) -> EvaluationError:
    return EvaluationError(
        f"{origin} is no model of the trainer's: {error}",
        "Give a model.tar.gz or its folder: lake evaluate --model <path>",
    )
