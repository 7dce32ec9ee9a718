"""What the Model Registry refuses, and the container that a package stands for."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.base import aws_error
from lakestack.services.sagemaker import rules
from lakestack.services.sagemaker.model_package import APPROVED, ModelPackage
from lakestack.services.sagemaker.validation import unsupported, validation_error

MAX_METADATA = 50
_DESCRIPTIVE = ("Framework", "FrameworkVersion", "NearestModelName", "ProductId", "ModelInput")


def check_package(request: dict[str, Any]) -> None:
    """Refuse a CreateModelPackage request that AWS refuses, or that nobody here would carry out.

    Raises:
        CommonServiceException: ValidationException
    """
    name, group = request.get("ModelPackageName"), request.get("ModelPackageGroupName")
    if name and group:
        raise validation_error(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot "
            "determine which one to use."
        )
    if not name and not group:
        raise validation_error(
            "Missing ARN: one of ModelPackageGroupName (a version) and ModelPackageName must be "
            "given."
        )
    for member in ("ValidationSpecification", "SourceAlgorithmSpecification"):
        if request.get(member):
            raise unsupported(member, "InferenceSpecification")
    if request.get("CertifyForMarketplace"):
        raise unsupported("CertifyForMarketplace", "packages of this account")
    if name and request.get("ModelApprovalStatus"):
        raise validation_error(
            "ModelApprovalStatus does not apply to unversioned models: give ModelPackageGroupName."
        )
    if group and request.get("Tags"):
        raise validation_error(
            "Tags cannot be given for a model package version: give them to its group."
        )
    if not request.get("InferenceSpecification") and not request.get("SourceUri"):
        raise validation_error("InferenceSpecification must be given.")
    _check_specifications(request, request.get("AdditionalInferenceSpecifications") or [])


def check_change(package: ModelPackage, request: dict[str, Any]) -> None:
    """Refuse an UpdateModelPackage request.

    Raises:
        CommonServiceException: ValidationException
    """
    approval = [m for m in ("ModelApprovalStatus", "ApprovalDescription") if m in request]
    if package.group is None and approval:
        raise validation_error(f"{approval[0]} does not apply to the unversioned {package.arn}.")
    held = package.request.get("AdditionalInferenceSpecifications") or []
    added = request.get("AdditionalInferenceSpecificationsToAdd") or []
    _check_specifications(request, [*held, *added])
    metadata = {
        **package.request.get("CustomerMetadataProperties", {}),
        **(request.get("CustomerMetadataProperties") or {}),
    }
    removed = request.get("CustomerMetadataPropertiesToRemove") or []
    if len(metadata.keys() - set(removed)) > MAX_METADATA:
        raise validation_error(
            f"CustomerMetadataProperties has at most {MAX_METADATA} entries, not {len(metadata)}."
        )


def container_of(package: ModelPackage, given: dict[str, Any]) -> dict[str, Any]:
    """The container definition that a model's ModelPackageName stands for.

    Args:
        given: the model's container: its Environment goes before the package's, its
            InferenceSpecificationName chooses among the package's specifications

    Raises:
        CommonServiceException: ValidationException, the package may not be deployed
    """
    if package.group is not None and package.approval != APPROVED:
        raise validation_error(
            f"Model package {package.arn} has the approval status {package.approval}; only a "
            f"version that is {APPROVED} can be deployed. Next: UpdateModelPackage with "
            f"ModelApprovalStatus {APPROVED}."
        )
    for member in ("Image", "ModelDataUrl", "ModelDataSource"):
        if given.get(member):
            raise validation_error(f"{member} cannot be given together with ModelPackageName.")
    specification = _specification(package, given.get("InferenceSpecificationName"))
    containers = specification.get("Containers") or []
    if len(containers) != 1:
        raise unsupported(f"a model package with {len(containers)} containers", "one")
    found = containers[0]
    environment = {**(found.get("Environment") or {}), **(given.get("Environment") or {})}
    members = ("Image", "ModelDataUrl", "ModelDataSource")
    container = {name: found[name] for name in members if name in found}
    return {**container, **({"Environment": environment} if environment else {})}


def _specification(package: ModelPackage, name: str | None) -> dict[str, Any]:
    additional = package.request.get("AdditionalInferenceSpecifications") or []
    if name is None:
        return dict(package.request.get("InferenceSpecification") or {})
    for each in additional:
        if each["Name"] == name:
            return dict(each)
    known = ", ".join(each["Name"] for each in additional) or "none"
    raise validation_error(
        f"Model package {package.arn} has no inference specification {name}; it has: {known}."
    )


def _check_specifications(request: dict[str, Any], additional: list[dict[str, Any]]) -> None:
    names = [each["Name"] for each in additional]
    if len(set(names)) != len(names):
        raise validation_error(
            "AdditionalInferenceSpecifications must have unique names, received "
            f"{', '.join(names)}."
        )
    for each in (request.get("InferenceSpecification"), *additional):
        for container in (each or {}).get("Containers", []):
            rules.check_container({k: v for k, v in container.items() if k not in _DESCRIPTIVE})


def conflict(message: str) -> CommonServiceException:
    """SageMaker's ConflictException."""
    return aws_error("ConflictException", message)
