"""API operations of the Model Registry."""

from __future__ import annotations

import copy
from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.sagemaker import state_changes, tags
from lakestack.services.sagemaker.members import without
from lakestack.services.sagemaker.model_package import PENDING, ModelPackage, ModelPackageGroup
from lakestack.services.sagemaker.operations import (
    Answer,
    Request,
    listed,
    operation,
    refuse,
)
from lakestack.services.sagemaker.registry import checks
from lakestack.services.sagemaker.state import STORE, SagemakerState, page
from lakestack.services.sagemaker.validation import validation_error
from lakestack.services.state_events import types

POLICIES = (
    "PutModelPackageGroupPolicy",
    "GetModelPackageGroupPolicy",
    "DeleteModelPackageGroupPolicy",
)
ASCENDING = "Ascending"
"""The default order of both lists (API Reference, SortOrder)."""


class RegistryOperations:
    """Model package groups and model packages."""

    @operation("CreateModelPackageGroup")
    def create_model_package_group(self, state: SagemakerState, request: Request) -> Answer:
        name = request["ModelPackageGroupName"]
        with STORE.holding(state.account, state.region) as held:
            arn = held.arn("model-package-group", name)
            if arn in held.package_groups:
                raise validation_error(f"Model Package Group already exists: {arn}")
            description = request.get("ModelPackageGroupDescription")
            tags.put(held, arn, request.get("Tags"))
            held.package_groups[arn] = ModelPackageGroup(name, arn, description)
        return {"ModelPackageGroupArn": arn}

    @operation("DescribeModelPackageGroup")
    def describe_model_package_group(self, state: SagemakerState, request: Request) -> Answer:
        return state.package_group(request["ModelPackageGroupName"]).describe()

    @operation("ListModelPackageGroups")
    def list_model_package_groups(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [group.summary() for group in state.package_groups.values()]
        if request.get("CrossAccountFilterOption") == "CrossAccount":
            items = []  # no other account shares any
        found, token = page(items, request, name="ModelPackageGroupName", default_order=ASCENDING)
        return listed("ModelPackageGroupSummaryList", found, token)

    @operation("DeleteModelPackageGroup")
    def delete_model_package_group(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            group = state.package_group(request["ModelPackageGroupName"])
            if any(package.group == group.name for package in state.packages.values()):
                raise checks.conflict(
                    f"Model Package Group {group.arn} cannot be deleted because it still contains "
                    "Model Packages"
                )
            del state.package_groups[group.arn]
            state.tags.pop(group.arn, None)
        return {}

    @operation("CreateModelPackage")
    def create_model_package(self, state: SagemakerState, request: Request) -> Answer:
        checks.check_package(request)
        with STORE.holding(state.account, state.region) as held:
            made = _made_before(held, request)
            if made is None:
                versioned = bool(request.get("ModelPackageGroupName"))
                made = _versioned(held, request) if versioned else _unversioned(held, request)
                held.packages[made.arn] = made
                _tell(held, made)
        return {"ModelPackageArn": made.arn}

    @operation("UpdateModelPackage")
    def update_model_package(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            package = state.package(request["ModelPackageArn"])
            checks.check_change(package, request)
            package.change(request)
            _tell(state, package)
        return {"ModelPackageArn": package.arn}

    @operation("DescribeModelPackage")
    def describe_model_package(self, state: SagemakerState, request: Request) -> Answer:
        return state.package(request["ModelPackageName"]).describe()

    @operation("BatchDescribeModelPackage")
    def batch_describe_model_package(self, state: SagemakerState, request: Request) -> Answer:
        found, faults = {}, {}
        for arn in request["ModelPackageArnList"]:
            try:
                found[arn] = state.package(arn).batch_summary()
            except CommonServiceException as e:
                faults[arn] = {"ErrorCode": e.code, "ErrorResponse": e.message}
        return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": faults}

    @operation("ListModelPackages")
    def list_model_packages(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            chosen = _chosen(state, request)
            items = [package.summary() for package in chosen]
        found, token = page(items, request, name="ModelPackageName", default_order=ASCENDING)
        return listed("ModelPackageSummaryList", found, token)

    @operation("DeleteModelPackage")
    def delete_model_package(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            package = state.package(request["ModelPackageName"])
            del state.packages[package.arn]
            state.tags.pop(package.arn, None)
        return {}


for _name in POLICIES:
    refuse(RegistryOperations, _name, "model package groups of one account, without a policy")


def _tell(state: SagemakerState, package: ModelPackage) -> None:
    kind = types.SAGEMAKER_MODEL_PACKAGE
    state_changes.publish(kind, state.account, state.region, package.arn, package.describe())


def _made_before(state: SagemakerState, request: Request) -> ModelPackage | None:
    """What the same ClientToken has made: an SDK that repeats its request makes no second version.

    Raises:
        CommonServiceException: ConflictException, it has made something else
    """
    token = request.get("ClientToken")
    for package in state.packages.values():
        if token is not None and package.token == token:
            if package.group != _group_name(state, request) or package.name != (
                request.get("ModelPackageName") or package.group
            ):
                raise checks.conflict(f"ClientToken {token} was used for {package.arn} already.")
            return package
    return None


def _group_name(state: SagemakerState, request: Request) -> str | None:
    named = request.get("ModelPackageGroupName")
    return state.package_group(named).name if named else None


def _versioned(state: SagemakerState, request: Request) -> ModelPackage:
    group = state.package_group(request["ModelPackageGroupName"])
    group.last_version += 1
    return ModelPackage(
        group.name,
        state.arn("model-package", f"{group.name}/{group.last_version}"),
        _kept(request),
        group.name,
        group.last_version,
        request.get("ModelApprovalStatus", PENDING),
        token=request.get("ClientToken"),
    )


def _unversioned(state: SagemakerState, request: Request) -> ModelPackage:
    name = request["ModelPackageName"]
    arn = state.arn("model-package", name)
    if arn in state.packages:
        raise validation_error(f"Cannot create already existing model package {arn}.")
    tags.put(state, arn, request.get("Tags"))
    return ModelPackage(name, arn, _kept(request), token=request.get("ClientToken"))


def _kept(request: Request) -> dict[str, Any]:
    return copy.deepcopy(without(request, "Tags", "ClientToken", "ModelApprovalStatus"))


def _chosen(state: SagemakerState, request: Request) -> list[ModelPackage]:
    """The packages that the filters of ListModelPackages leave, but for names and times."""
    packages = list(state.packages.values())
    if request.get("ModelPackageGroupName"):
        group = state.package_group(request["ModelPackageGroupName"]).name
        packages = [package for package in packages if package.group == group]
    else:
        kind = request.get("ModelPackageType", "Unversioned")
        packages = [
            package
            for package in packages
            if kind == "Both" or (package.group is not None) == (kind == "Versioned")
        ]
    approval = request.get("ModelApprovalStatus")
    return [package for package in packages if approval in (None, package.approval)]
