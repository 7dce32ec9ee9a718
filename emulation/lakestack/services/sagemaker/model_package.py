"""Model package groups and the packages in them: what Describe and List return.

Amazon SageMaker API Reference, "DescribeModelPackage", "DescribeModelPackageGroup" and
"ModelPackageSummary". A package of a group is a version of it; one without a group has a name of
its own and needs no approval ("CreateModelPackage", ModelApprovalStatus).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from lakestack import clock

PENDING, APPROVED = "PendingManualApproval", "Approved"
_COPIED = (
    "ModelPackageDescription",
    "InferenceSpecification",
    "MetadataProperties",
    "ModelMetrics",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "CustomerMetadataProperties",
    "DriftCheckBaselines",
    "AdditionalInferenceSpecifications",
    "SkipModelValidation",
    "SourceUri",
    "SecurityConfig",
    "ModelCard",
    "ModelLifeCycle",
)
_SUMMARY = ("ModelPackageDescription", "ModelLifeCycle")


@dataclass
class ModelPackageGroup:
    """A group of model versions.

    Attributes:
        last_version: the highest number that a version has had; a deleted one's is not given again
    """

    name: str
    arn: str
    description: str | None
    created: datetime.datetime = field(default_factory=clock.utc)
    last_version: int = 0

    def describe(self) -> dict[str, Any]:
        """DescribeModelPackageGroup's answer."""
        return {**self.summary(), "CreatedBy": {}}

    def summary(self) -> dict[str, Any]:
        """The group's entry in ListModelPackageGroups."""
        said = {"ModelPackageGroupDescription": self.description} if self.description else {}
        return {
            "ModelPackageGroupName": self.name,
            "ModelPackageGroupArn": self.arn,
            "CreationTime": self.created,
            "ModelPackageGroupStatus": "Completed",
            **said,
        }


@dataclass
class ModelPackage:
    """A model package.

    Attributes:
        name: its own, or its group's where it is a version
        request: CreateModelPackage's request, with what UpdateModelPackage has changed since
        group: name of its group; None: it is not versioned
        version: number in its group
        approval: ModelApprovalStatus; None where it is not versioned
        token: ClientToken that it was made with
    """

    name: str
    arn: str
    request: dict[str, Any]
    group: str | None = None
    version: int | None = None
    approval: str | None = None
    approval_description: str | None = None
    token: str | None = None
    created: datetime.datetime = field(default_factory=clock.utc)
    modified: datetime.datetime | None = None

    def describe(self) -> dict[str, Any]:
        """DescribeModelPackage's answer."""
        answer = {
            **self._identity(),
            **{name: self.request[name] for name in _COPIED if name in self.request},
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CertifyForMarketplace": False,
            "CreatedBy": {},
        }
        if self.approval_description:
            answer["ApprovalDescription"] = self.approval_description
        if self.modified:
            answer.update(LastModifiedTime=self.modified, LastModifiedBy={})
        return answer

    def summary(self) -> dict[str, Any]:
        """The package's entry in ListModelPackages."""
        copied = {name: self.request[name] for name in _SUMMARY if name in self.request}
        return {**self._identity(), **copied}

    def batch_summary(self) -> dict[str, Any]:
        """The package's entry in BatchDescribeModelPackage."""
        specification = self.request.get("InferenceSpecification") or {"Containers": []}
        return {**self.summary(), "InferenceSpecification": specification}

    def change(self, request: dict[str, Any]) -> None:
        """Take over what UpdateModelPackage gives; it is checked already."""
        if "ModelApprovalStatus" in request:
            self.approval = request["ModelApprovalStatus"]
        if "ApprovalDescription" in request:
            self.approval_description = request["ApprovalDescription"]
        for name in ("InferenceSpecification", "SourceUri", "ModelCard", "ModelLifeCycle"):
            if name in request:
                self.request[name] = request[name]
        metadata = {
            **self.request.get("CustomerMetadataProperties", {}),
            **(request.get("CustomerMetadataProperties") or {}),
        }
        for name in request.get("CustomerMetadataPropertiesToRemove") or []:
            metadata.pop(name, None)
        self.request["CustomerMetadataProperties"] = metadata
        if not metadata:
            del self.request["CustomerMetadataProperties"]
        if added := request.get("AdditionalInferenceSpecificationsToAdd"):
            held = self.request.get("AdditionalInferenceSpecifications", [])
            self.request["AdditionalInferenceSpecifications"] = [*held, *added]
        self.modified = clock.utc()

    def _identity(self) -> dict[str, Any]:
        """What tells it from others: a version has its group, and no name of its own.

        Amazon SageMaker AI Developer Guide, "View and Update the Details of a Model Version".
        """
        found: dict[str, Any] = {
            "ModelPackageArn": self.arn,
            "CreationTime": self.created,
            "ModelPackageStatus": "Completed",
        }
        if self.group is None:
            found["ModelPackageName"] = self.name
        else:
            found.update(
                ModelPackageGroupName=self.group,
                ModelPackageVersion=self.version,
                ModelApprovalStatus=self.approval,
            )
        return found
