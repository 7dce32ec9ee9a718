"""Control-plane state of SageMaker: what was created, per account and region, in memory."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from lakestack import clock
from lakestack.services import arns
from lakestack.services.sagemaker.registry.packages import ModelPackage, ModelPackageGroup
from lakestack.services.sagemaker.validation import validation_error
from lakestack.store import Contents, Ending, ServiceState, Store, register

if TYPE_CHECKING:
    from lakestack.services.sagemaker.endpoint import Endpoint
    from lakestack.services.sagemaker.training_job import TrainingJob

T = TypeVar("T")

END_GRACE_SECONDS = 5.0
"""What a training script has between SIGTERM and SIGKILL when its account is reset."""


@dataclass
class Resource:
    """What is only kept: its request and when it came."""

    name: str
    arn: str
    request: dict[str, Any]
    created: datetime.datetime = field(default_factory=clock.utc)


@dataclass
class Model(Resource):
    """A model.

    Attributes:
        container: its container definition; where the request names a model package, that one's
    """

    container: dict[str, Any] = field(default_factory=dict)


class EndpointConfig(Resource):
    """An endpoint configuration."""


class SagemakerState(ServiceState):
    """Everything of one account in one region. Hold `lock` to change several things at once."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.training_jobs: dict[str, TrainingJob] = {}
        self.models: dict[str, Model] = {}
        self.endpoint_configs: dict[str, EndpointConfig] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.package_groups: dict[str, ModelPackageGroup] = {}
        self.packages: dict[str, ModelPackage] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def contents(self) -> Contents:
        with self.lock:
            return {
                "training job": sorted(self.training_jobs),
                "model": sorted(self.models),
                "endpoint configuration": sorted(self.endpoint_configs),
                "endpoint": sorted(self.endpoints),
                "model package group": sorted(g.name for g in self.package_groups.values()),
                "model package": sorted(self.packages),
            }

    def end(self) -> list[Ending]:
        """Jobs get SIGTERM and may still upload; endpoints end their containers."""
        jobs = [job.shut_down(END_GRACE_SECONDS) for job in self.training_jobs.values()]
        return [*itertools.chain(*jobs, *(e.begin_shut_down() for e in self.endpoints.values()))]

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return {
                "models": [vars(model) for model in self.models.values()],
                "endpoint_configs": [vars(config) for config in self.endpoint_configs.values()],
                "training_jobs": [job.snapshot() for job in self.training_jobs.values()],
                "endpoints": [endpoint.snapshot() for endpoint in self.endpoints.values()],
                "package_groups": [vars(group) for group in self.package_groups.values()],
                "packages": [vars(package) for package in self.packages.values()],
                "tags": self.tags,
            }

    def restore(self, document: dict[str, Any]) -> None:
        self.models = {m["name"]: Model(**m) for m in document["models"]}
        configs = document["endpoint_configs"]
        self.endpoint_configs = {c["name"]: EndpointConfig(**c) for c in configs}
        groups, packages = document["package_groups"], document["packages"]
        self.package_groups = {g["arn"]: ModelPackageGroup(**g) for g in groups}
        self.packages = {p["arn"]: ModelPackage(**p) for p in packages}
        self.tags = document["tags"]
        from lakestack.services.sagemaker.endpoint import Endpoint
        from lakestack.services.sagemaker.training_job import TrainingJob

        place = self.account, self.region
        jobs = [TrainingJob.restored(*place, saved) for saved in document["training_jobs"]]
        endpoints = [Endpoint.restored(*place, saved) for saved in document["endpoints"]]
        self.training_jobs = {job.name: job for job in jobs}
        self.endpoints = {endpoint.name: endpoint for endpoint in endpoints}

    def resume(self) -> None:
        """Endpoints are brought up again; a training job whose process is gone has failed."""
        for job in self.training_jobs.values():
            job.lost()
        for endpoint in self.endpoints.values():
            endpoint.resume()

    def arn(self, kind: str, name: str) -> str:
        """ARN of a resource; SageMaker writes names in lower case there."""
        return arns.arn("sagemaker", self.region, self.account, f"{kind}/{name.lower()}")

    def model(self, name: str) -> Model:
        """Find a model.

        Raises:
            CommonServiceException: ValidationException, no such model
        """
        return _find(self.models, name, "model", self.arn("model", name))

    def endpoint_config(self, name: str) -> EndpointConfig:
        """Find a configuration.

        Raises:
            CommonServiceException: ValidationException, no such configuration
        """
        arn = self.arn("endpoint-config", name)
        return _find(self.endpoint_configs, name, "endpoint configuration", arn)

    def endpoint(self, name: str) -> Endpoint:
        """Find an endpoint.

        Raises:
            CommonServiceException: ValidationException, no such endpoint
        """
        return _find(self.endpoints, name, "endpoint", self.arn("endpoint", name))

    def training_job(self, name: str) -> TrainingJob:
        """Find a job.

        Raises:
            CommonServiceException: ValidationException, no such job
        """
        if name not in self.training_jobs:
            raise validation_error("Requested resource not found.")
        return self.training_jobs[name]

    def package_group(self, named: str) -> ModelPackageGroup:
        """Find a model package group.

        Args:
            named: its name or ARN

        Raises:
            CommonServiceException: ValidationException, no such group
        """
        arn = self._arn_of("model-package-group", named)
        if arn not in self.package_groups:
            raise validation_error(f"ModelPackageGroup {arn} does not exist.")
        return self.package_groups[arn]

    def package(self, named: str) -> ModelPackage:
        """Find a model package.

        Args:
            named: its ARN, its name, or ``group/version``

        Raises:
            CommonServiceException: ValidationException, no such package
        """
        arn = self._arn_of("model-package", named)
        if arn not in self.packages:
            raise validation_error(f"ModelPackage {arn} does not exist.")
        return self.packages[arn]

    def _arn_of(self, kind: str, named: str) -> str:
        return named if named.startswith("arn:") else self.arn(kind, named)

    def owns(self, arn: str) -> bool:
        """Whether the ARN is of something kept here (moto keeps the rest)."""
        kinds: tuple[Iterable[Any], ...] = (
            self.training_jobs.values(),
            self.models.values(),
            self.endpoint_configs.values(),
            self.endpoints.values(),
            self.package_groups.values(),
            self.packages.values(),
        )
        with self.lock:
            return any(item.arn == arn for items in kinds for item in items)


STORE = register(Store("sagemaker", SagemakerState))


def all_endpoints() -> list[Endpoint]:
    """Endpoints of all accounts and regions."""
    return [endpoint for state in STORE.states() for endpoint in list(state.endpoints.values())]


def refuse_existing(items: dict[str, Any], name: str, noun: str) -> None:
    """Check that a name is free.

    Raises:
        CommonServiceException: ValidationException, it is taken
    """
    if name in items:
        raise validation_error(f'Cannot create already existing {noun} "{items[name].arn}".')


def _find(items: dict[str, T], name: str, noun: str, arn: str) -> T:
    if name not in items:
        raise validation_error(f'Could not find {noun} "{arn}".')
    return items[name]


def page(
    items: Iterable[dict[str, Any]],
    request: dict[str, Any],
    *,
    name: str,
    status: str = "",
    default_sort: str = "CreationTime",
    default_order: str = "Descending",
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a List operation: filters, sort order, NextToken.

    Args:
        items: summaries, as the operation returns them
        name: member that holds the name; `status`: member that holds the status

    Returns:
        the summaries and the next token, None at the end

    Raises:
        CommonServiceException: ValidationException, a token that is not ours
    """
    chosen = [item for item in items if _matches(item, request, name, status)]
    sorts: dict[str, Callable[[dict[str, Any]], Any]] = {
        "Name": lambda item: item[name],
        "Status": lambda item: item[status],
    }
    by = sorts.get(request.get("SortBy") or default_sort, lambda item: item["CreationTime"])
    descending = (request.get("SortOrder") or default_order) == "Descending"
    chosen.sort(key=by, reverse=descending)
    token = request.get("NextToken") or "0"
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise validation_error(f"Invalid NextToken {token}.")
    begin, size = int(token), request.get("MaxResults") or 10  # the API's default
    end = begin + size
    return chosen[begin:end], str(end) if end < len(chosen) else None


def _matches(item: dict[str, Any], request: dict[str, Any], name: str, status: str) -> bool:
    if request.get("NameContains") and request["NameContains"].lower() not in item[name].lower():
        return False
    if request.get("StatusEquals") and item[status] != request["StatusEquals"]:
        return False
    for member in ("CreationTime", "LastModifiedTime"):
        after, before = request.get(f"{member}After"), request.get(f"{member}Before")
        if (after and item[member] <= _aware(after)) or (before and item[member] >= _aware(before)):
            return False
    return True


def _aware(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
