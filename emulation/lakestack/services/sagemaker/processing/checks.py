"""Which processing jobs the emulator can run."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from lakestack.services.sagemaker import rules
from lakestack.services.sagemaker.container_command import check_command
from lakestack.services.sagemaker.objects import split_uri
from lakestack.services.sagemaker.validation import unsupported, validation_error

BASE = PurePosixPath("/opt/ml/processing")


def check_processing_job(request: dict[str, Any]) -> None:
    """Refuse a processing job that AWS refuses or that cannot run here.

    Raises:
        CommonServiceException: ValidationException or ResourceLimitExceeded
    """
    rules.check_image(request["AppSpecification"]["ImageUri"])
    cluster = request["ProcessingResources"]["ClusterConfig"]
    rules.check_instances(
        cluster["InstanceType"], cluster["InstanceCount"], "processing job", limit=1
    )
    inputs = request.get("ProcessingInputs") or []
    outputs = (request.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    _check_names("Input", [each["InputName"] for each in inputs])
    _check_names("Output", [each["OutputName"] for each in outputs])
    for each in inputs:
        _check_input(each)
    for each in outputs:
        _check_output(each)
    application = request["AppSpecification"]
    entrypoint = application.get("ContainerEntrypoint")
    if not entrypoint:
        valid = f'ContainerEntrypoint ["python3", "{BASE}/input/code/script.py"]'
        raise unsupported(f"the entry point of {application['ImageUri']}", valid)
    folders = [PurePosixPath(each["S3Input"]["LocalPath"]) for each in inputs]
    check_command(entrypoint, application.get("ContainerArguments") or [], folders)


def _check_names(kind: str, names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise validation_error(f"{kind} names must be unique, received {', '.join(names)}.")


def _check_input(each: dict[str, Any]) -> None:
    name = each["InputName"]
    source = each.get("S3Input")
    if each.get("DatasetDefinition") or not source:
        raise unsupported(f"input {name}: DatasetDefinition", "S3Input")
    if each.get("AppManaged"):
        raise unsupported(f"input {name}: AppManaged", "inputs with a LocalPath")
    if source.get("S3InputMode", "File") != "File":
        raise unsupported(f"input {name}: S3InputMode {source['S3InputMode']}", "File")
    if source.get("S3CompressionType", "None") != "None":
        raise unsupported(f"input {name}: S3CompressionType Gzip", "None (File mode)")
    _check_place(f"input {name}", source)


def _check_output(each: dict[str, Any]) -> None:
    name = each["OutputName"]
    if each.get("FeatureStoreOutput") or not each.get("S3Output"):
        raise unsupported(f"output {name}: FeatureStoreOutput", "S3Output")
    if each.get("AppManaged"):
        raise unsupported(f"output {name}: AppManaged", "outputs with a LocalPath")
    _check_place(f"output {name}", each["S3Output"])


def _check_place(where: str, place: dict[str, Any]) -> None:
    path = PurePosixPath(place.get("LocalPath") or "")
    if not path.is_relative_to(BASE) or path == BASE or ".." in path.parts:
        raise validation_error(
            f"The LocalPath of {where} must begin with {BASE}/, received {str(path)!r}."
        )
    try:
        split_uri(place["S3Uri"])
    except ValueError as e:
        raise validation_error(f"The S3Uri of {where}: {e}.") from e
