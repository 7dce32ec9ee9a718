"""Which training jobs, models and endpoint configurations the emulator can run.

What AWS would refuse is refused with AWS's error; what AWS has and the emulator has not is refused
by name. Settings that only matter on AWS's machines are recorded, and named in the job's log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lakestack.services.base import aws_error
from lakestack.services.patterns import PatternError, compile_pattern
from lakestack.services.sagemaker import toolkit
from lakestack.services.sagemaker.container_command import check_command
from lakestack.services.sagemaker.validation import unsupported, validation_error

# Amazon ECR User Guide, "Private registry": account.dkr.ecr.region.amazonaws.com/repository:tag
IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"
    r"/[a-z0-9]+([._/-][a-z0-9]+)*(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})?"
)
MAX_INSTANCES = 4
WITHOUT_EFFECT = (
    "VpcConfig",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "TensorBoardOutputConfig",
    "ExperimentConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "RetryStrategy",
    "RemoteDebugConfig",
    "InfraCheckConfig",
    "SessionChainingConfig",
)

SCRIPT_IMAGES = (
    "sagemaker-scikit-learn",
    "pytorch-training",
    "tensorflow-training",
    "mxnet-training",
    "huggingface-pytorch-training",
    "huggingface-tensorflow-training",
)
"""Repositories of AWS's framework containers (SageMaker AI Developer Guide, "Docker Registry Paths
and Example Code", and the list of Deep Learning Containers)."""


def check_image(image: str) -> None:
    """Refuse an image that is no Amazon ECR URI.

    Raises:
        CommonServiceException: ValidationException
    """
    if not IMAGE.fullmatch(image):
        raise validation_error(
            f'Using non-ECR image "{image}" without Vpc repository access mode is not supported; '
            "valid is account.dkr.ecr.region.amazonaws.com/repository:tag."
        )


def check_training_job(request: dict[str, Any]) -> None:
    """Refuse a training job that cannot run here.

    Raises:
        CommonServiceException: ValidationException or ResourceLimitExceeded
    """
    algorithm = request["AlgorithmSpecification"]
    if algorithm.get("AlgorithmName"):
        raise unsupported("AlgorithmSpecification.AlgorithmName", "a TrainingImage")
    if algorithm.get("ContainerArguments") and not algorithm.get("ContainerEntrypoint"):
        raise unsupported("ContainerArguments for the image's own entry point", "both, or neither")
    if not algorithm.get("TrainingImage"):
        raise validation_error("AlgorithmSpecification.TrainingImage must be given.")
    check_image(algorithm["TrainingImage"])
    _check_input_mode("AlgorithmSpecification.TrainingInputMode", algorithm["TrainingInputMode"])
    for metric in algorithm.get("MetricDefinitions", []):
        _check_metric(metric)
    for name in ("CheckpointConfig",):
        if request.get(name):
            raise unsupported(name, "a job without it")
    _check_resources(request["ResourceConfig"])
    if request["OutputDataConfig"].get("CompressionType", "GZIP") != "GZIP":
        raise unsupported("OutputDataConfig.CompressionType NONE", "GZIP")
    _check_s3("OutputDataConfig.S3OutputPath", request["OutputDataConfig"]["S3OutputPath"])
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    if len(set(names)) != len(names):
        raise validation_error(f"Channel names must be unique, received {', '.join(names)}.")
    for channel in request.get("InputDataConfig", []):
        _check_channel(channel)
    if algorithm.get("ContainerEntrypoint"):
        folders = [PurePosixPath("/opt/ml/input/data") / name for name in names]
        arguments = algorithm.get("ContainerArguments") or []
        check_command(algorithm["ContainerEntrypoint"], arguments, folders)
    else:
        _check_script(request)


def check_container(container: Mapping[str, Any]) -> None:
    """Refuse a model container that cannot run here.

    Raises:
        CommonServiceException: ValidationException
    """
    for name in ("ModelPackageName", "MultiModelConfig", "AdditionalModelDataSources"):
        if container.get(name):
            raise unsupported(f"PrimaryContainer.{name}", "Image with ModelDataUrl")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise unsupported("Mode MultiModel", "SingleModel")
    if container.get("ModelDataSource"):
        raise unsupported("ModelDataSource", "ModelDataUrl")
    if not container.get("Image"):
        raise validation_error("PrimaryContainer.Image must be given.")
    check_image(container["Image"])
    if "ModelDataUrl" in container:
        _check_s3("ModelDataUrl", container["ModelDataUrl"])


def check_endpoint_config(request: Mapping[str, Any]) -> None:
    """Refuse an endpoint configuration that cannot run here.

    Raises:
        CommonServiceException: ValidationException or ResourceLimitExceeded
    """
    for name in ("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig"):
        if request.get(name):
            raise unsupported(name, "real-time production variants")
    if (request.get("DataCaptureConfig") or {}).get("EnableCapture"):
        raise unsupported("DataCaptureConfig", "a configuration without it")
    names = [variant["VariantName"] for variant in request["ProductionVariants"]]
    if len(set(names)) != len(names):
        raise validation_error(f"Variant names must be unique, received {', '.join(names)}.")
    for variant in request["ProductionVariants"]:
        if variant.get("ServerlessConfig"):
            raise unsupported("ServerlessConfig", "InstanceType with InitialInstanceCount")
        if not variant.get("ModelName"):
            raise unsupported("inference components (a variant without ModelName)", "ModelName")
        if not variant.get("InstanceType"):
            raise validation_error(f"Variant {variant['VariantName']}: InstanceType must be given.")
        check_instances(variant["InstanceType"], variant.get("InitialInstanceCount", 1), "endpoint")


def check_instances(instance_type: str, count: int, use: str, limit: int = MAX_INSTANCES) -> None:
    """Refuse more instances than the emulator's quota.

    Raises:
        CommonServiceException: ResourceLimitExceeded, in Service Quotas' words
    """
    if count < 1:
        raise validation_error(f"The instance count must be at least 1, received {count}.")
    if count > limit:
        raise aws_error(
            "ResourceLimitExceeded",
            f"The account-level service limit '{instance_type} for {use} usage' is {limit} "
            f"Instances, with current utilization of 0 Instances and a request delta of {count} "
            "Instances.",
        )


def without_effect(request: Mapping[str, Any]) -> list[str]:
    """Names of given settings that are recorded and change nothing here."""
    return [name for name in WITHOUT_EFFECT if request.get(name)]


def program_of(request: Mapping[str, Any]) -> tuple[str, str]:
    """Entry point and source URI of a script mode job (empty where not given)."""
    values = toolkit.decode_hyperparameters(request.get("HyperParameters") or {})
    return str(values.get(toolkit.PROGRAM, "")), str(values.get(toolkit.SUBMIT_DIRECTORY, ""))


def runs_scripts_only(request: Mapping[str, Any]) -> bool:
    """Whether the image's container does nothing without a script: then a job without one fails.

    Any other image may bring an algorithm of its own, which cannot run here.
    """
    image = str(request["AlgorithmSpecification"].get("TrainingImage", ""))
    repository = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    return repository in SCRIPT_IMAGES


def _check_script(request: Mapping[str, Any]) -> None:
    program, source = program_of(request)
    if (not program or not source) and runs_scripts_only(request):
        return  # as on AWS, it is the job that fails
    if not program or not source:
        raise validation_error(
            "The emulator runs training jobs in script mode, or by their ContainerEntrypoint: "
            f"HyperParameters must have {toolkit.PROGRAM} (for example train.py) and "
            f"{toolkit.SUBMIT_DIRECTORY} (s3://bucket/sourcedir.tar.gz)."
        )
    _check_s3(f"HyperParameters.{toolkit.SUBMIT_DIRECTORY}", source)
    for name, value in (request.get("HyperParameters") or {}).items():
        if "\0" in name or "\0" in value or "=" in name:
            raise validation_error(f"HyperParameters: {name!r} has a character that is not valid.")


def _check_resources(resources: Mapping[str, Any]) -> None:
    for name in ("InstanceGroups", "TrainingPlanArn", "InstancePlacementConfig"):
        if resources.get(name):
            raise unsupported(f"ResourceConfig.{name}", "InstanceType with InstanceCount 1")
    if not resources.get("InstanceType"):
        raise validation_error("ResourceConfig.InstanceType must be given.")
    check_instances(
        resources["InstanceType"], resources.get("InstanceCount", 1), "training job", limit=1
    )


def _check_channel(channel: Mapping[str, Any]) -> None:
    name = channel["ChannelName"]
    if name in (".", ".."):
        raise validation_error(f"{name!r} is not a channel name.")
    source = channel["DataSource"].get("S3DataSource")
    if not source:
        raise unsupported(f"channel {name}: FileSystemDataSource", "S3DataSource")
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise unsupported(f"channel {name}: {source['S3DataType']}", "S3Prefix, ManifestFile")
    for feature in ("CompressionType", "RecordWrapperType"):
        if channel.get(feature, "None") != "None":
            raise unsupported(f"channel {name}: {feature} {channel[feature]}", "None (File mode)")
    if channel.get("InputMode"):
        _check_input_mode(f"channel {name}: InputMode", channel["InputMode"])
    _check_s3(f"channel {name}: S3Uri", source["S3Uri"])


def _check_input_mode(where: str, mode: str) -> None:
    # FastFile shows the same files in the same folder, fetched when read: File serves it.
    if mode not in ("File", "FastFile"):
        raise unsupported(f"{where} {mode}", "File, FastFile")


def _check_metric(metric: Mapping[str, Any]) -> None:
    try:
        groups = compile_pattern(metric["Regex"]).groups
    except PatternError as e:
        raise validation_error(f"The regex of metric {metric['Name']}: {e.message}.") from e
    if groups != 1:
        raise validation_error(
            f"The regex of metric {metric['Name']} must have one capturing group, it has {groups}."
        )


def _check_s3(where: str, uri: str) -> None:
    if not re.fullmatch(r"s3://[^/]+(/.*)?", uri):
        raise validation_error(f"{where} must be an S3 URI like s3://bucket/key, received {uri}.")
