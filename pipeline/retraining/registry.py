"""The SageMaker Model Registry: one package group, one version per model that was compared.

Amazon SageMaker AI Developer Guide, "Model Registration Deployment with Model Registry".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

from pipeline.lake import Lake, error_code

__all__ = [
    "Version",
    "clear_registry",
    "decide_on",
    "group_is_there",
    "register",
    "registered",
    "versions",
]

Status = Literal["Approved", "Rejected", "PendingManualApproval"]
_LONGEST: Final = 1024
"""Characters of a description (SageMaker API Reference, "UpdateModelPackage")."""
_ABSENT: Final = ("ValidationException", "ResourceNotFound")
_VALUE: Final = 256
"""Characters of a metadata value (same, "CreateModelPackage")."""


@dataclass(frozen=True)
class Version:
    """A version of the package group.

    Attributes:
        arn: its ARN
        status: Approved, Rejected or PendingManualApproval
        reason: for that
    """

    arn: str
    status: str
    reason: str


def group_is_there(lake: Lake) -> bool:
    """Whether the lake has a package group, by its name and its tag."""
    sagemaker = lake.client("sagemaker")
    try:
        found = sagemaker.describe_model_package_group(
            ModelPackageGroupName=lake.settings.package_group
        )
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return False
        raise
    tags = sagemaker.list_tags(ResourceArn=found["ModelPackageGroupArn"])["Tags"]
    return lake.settings.owns(tags)


def register(
    lake: Lake,
    artifact: str,
    facts: Mapping[str, str],
    status: Status = "PendingManualApproval",
    reason: str = "",
) -> Version:
    """Register a model, or find the version that holds the same artifact.

    Args:
        lake: where
        artifact: S3 URL of the model.tar.gz
        facts: kept with the version, as text
        status: of a new version
        reason: for that

    Returns:
        the version
    """
    _make_group(lake)
    for package in versions(lake):
        if package["InferenceSpecification"]["Containers"][0].get("ModelDataUrl") == artifact:
            return Version(
                str(package["ModelPackageArn"]),
                str(package.get("ModelApprovalStatus", "")),
                str(package.get("ApprovalDescription", "")),
            )
    sizes = lake.target.sizes
    answer = lake.client("sagemaker").create_model_package(
        ModelPackageGroupName=lake.settings.package_group,
        ModelPackageDescription="Movie recommender of the data lake",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": sizes.image("inference", lake.target.region),
                    "ModelDataUrl": artifact,
                    "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
                }
            ],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": [sizes.hosting_instance_type],
            "SupportedTransformInstanceTypes": [sizes.training_instance_type],
        },
        ModelApprovalStatus=status,
        CustomerMetadataProperties={k: v[:_VALUE] for k, v in facts.items()},
    )
    arn = str(answer["ModelPackageArn"])
    if reason:  # which CreateModelPackage does not take
        decide_on(lake, arn, status, reason)
    return Version(arn, status, reason)


def decide_on(lake: Lake, package: str, status: Status, reason: str) -> None:
    """Approve or reject a version, and say why."""
    lake.client("sagemaker").update_model_package(
        ModelPackageArn=package,
        ModelApprovalStatus=status,
        ApprovalDescription=reason[:_LONGEST],
    )


def versions(lake: Lake) -> Iterator[dict[str, Any]]:
    """The versions as DescribeModelPackage shows them, newest first."""
    sagemaker = lake.client("sagemaker")
    for summary in _summaries(lake):
        yield sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])


def registered(lake: Lake) -> list[str]:
    """The lake's versions and its group, for people."""
    if not group_is_there(lake):
        return []
    group = lake.settings.package_group
    numbers = [package["ModelPackageVersion"] for package in _summaries(lake)]
    return [
        *(f"model package {group} version {number}" for number in numbers),
        f"model package group {group}",
    ]


def clear_registry(lake: Lake) -> list[str]:
    """Delete the lake's versions, then its group; returns what was deleted."""
    deleted = registered(lake)
    if deleted:
        sagemaker = lake.client("sagemaker")
        for package in list(_summaries(lake)):
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
        sagemaker.delete_model_package_group(ModelPackageGroupName=lake.settings.package_group)
    return deleted


def _summaries(lake: Lake) -> Iterator[dict[str, Any]]:
    """The versions as ListModelPackages shows them, newest first."""
    pages = lake.client("sagemaker").get_paginator("list_model_packages")
    for page in pages.paginate(
        ModelPackageGroupName=lake.settings.package_group,
        SortBy="CreationTime",
        SortOrder="Descending",
    ):
        yield from page["ModelPackageSummaryList"]


def _make_group(lake: Lake) -> None:
    try:
        lake.client("sagemaker").create_model_package_group(
            ModelPackageGroupName=lake.settings.package_group,
            ModelPackageGroupDescription="Movie recommenders of the data lake, by version",
            Tags=[lake.settings.tag],
        )
    except ClientError as error:
        if "already exists" not in str(error).lower():
            raise
