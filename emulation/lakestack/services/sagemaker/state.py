"""Control-plane state of SageMaker: what was created, per account and region, in memory."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from lakestack import clock
from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.services.paging import cut
from lakestack.services.sagemaker.model_package import ModelPackage, ModelPackageGroup
from lakestack.services.sagemaker.validation import validation_error
from lakestack.store import Contents, Ending, ServiceState, Store, register

if TYPE_CHECKING:
    from lakestack.services.sagemaker.endpoint import Endpoint
    from lakestack.services.sagemaker.jobs import Job
    from lakestack.services.sagemaker.processing_job import ProcessingJob
    from lakestack.services.sagemaker.training_job import TrainingJob
    from lakestack.services.sagemaker.transform_job import TransformJob
    from lakestack.services.sagemaker.tuning_job import TuningJob

T = TypeVar("T")
J = TypeVar("J", bound="Job")

END_GRACE_SECONDS = 5.0
"""What a job has between SIGTERM and SIGKILL when its account is reset."""
DEFAULT_PAGE = 10
"""The API's default of MaxResults."""


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
        self.transform_jobs: dict[str, TransformJob] = {}
        self.processing_jobs: dict[str, ProcessingJob] = {}
        self.tuning_jobs: dict[str, TuningJob] = {}
        self.package_groups: dict[str, ModelPackageGroup] = {}
        self.packages: dict[str, ModelPackage] = {}
        self.notebooks: dict[str, Resource] = {}
        self.lifecycles: dict[str, Resource] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def contents(self) -> Contents:
        with self.lock:
            return {
                "training job": sorted(self.training_jobs),
                "model": sorted(self.models),
                "endpoint configuration": sorted(self.endpoint_configs),
                "endpoint": sorted(self.endpoints),
                "transform job": sorted(self.transform_jobs),
                "processing job": sorted(self.processing_jobs),
                "tuning job": sorted(self.tuning_jobs),
                "model package group": sorted(g.name for g in self.package_groups.values()),
                "model package": sorted(self.packages),
                "notebook instance": sorted(self.notebooks),
                "lifecycle configuration": sorted(self.lifecycles),
            }

    def end(self) -> list[Ending]:
        """Jobs get SIGTERM and may still upload; endpoints end their containers."""
        jobs = [job.shut_down(END_GRACE_SECONDS) for job in self.all_jobs()]
        return [*itertools.chain(*jobs, *(e.begin_shut_down() for e in self.endpoints.values()))]

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return {
                "models": [vars(model) for model in self.models.values()],
                "endpoint_configs": [vars(config) for config in self.endpoint_configs.values()],
                "training_jobs": [job.snapshot() for job in self.training_jobs.values()],
                "endpoints": [endpoint.snapshot() for endpoint in self.endpoints.values()],
                "transform_jobs": [job.snapshot() for job in self.transform_jobs.values()],
                "processing_jobs": [job.snapshot() for job in self.processing_jobs.values()],
                "tuning_jobs": [job.snapshot() for job in self.tuning_jobs.values()],
                "package_groups": [vars(group) for group in self.package_groups.values()],
                "packages": [vars(package) for package in self.packages.values()],
                "notebooks": [vars(notebook) for notebook in self.notebooks.values()],
                "lifecycles": [vars(lifecycle) for lifecycle in self.lifecycles.values()],
                "tags": self.tags,
            }

    def restore(self, document: dict[str, Any]) -> None:
        self.models = {m["name"]: Model(**m) for m in document["models"]}
        configs = document["endpoint_configs"]
        self.endpoint_configs = {c["name"]: EndpointConfig(**c) for c in configs}
        groups, packages = document["package_groups"], document["packages"]
        self.package_groups = {g["arn"]: ModelPackageGroup(**g) for g in groups}
        self.packages = {p["arn"]: ModelPackage(**p) for p in packages}
        self.notebooks = {n["name"]: Resource(**n) for n in document["notebooks"]}
        self.lifecycles = {each["name"]: Resource(**each) for each in document["lifecycles"]}
        self.tags = document["tags"]
        from lakestack.services.sagemaker.endpoint import Endpoint
        from lakestack.services.sagemaker.processing_job import ProcessingJob
        from lakestack.services.sagemaker.training_job import TrainingJob
        from lakestack.services.sagemaker.transform_job import TransformJob
        from lakestack.services.sagemaker.tuning_job import TuningJob

        place = self.account, self.region
        jobs = [TrainingJob.restored(*place, saved) for saved in document["training_jobs"]]
        endpoints = [Endpoint.restored(*place, saved) for saved in document["endpoints"]]
        self.training_jobs = {job.name: job for job in jobs}
        self.endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        transforms = [TransformJob.restored(*place, saved) for saved in document["transform_jobs"]]
        self.transform_jobs = {job.name: job for job in transforms}
        processed = [ProcessingJob.restored(*place, one) for one in document["processing_jobs"]]
        self.processing_jobs = {job.name: job for job in processed}
        tuned = [TuningJob.restored(*place, saved) for saved in document["tuning_jobs"]]
        self.tuning_jobs = {job.name: job for job in tuned}

    def resume(self) -> None:
        """Endpoints are brought up again; a training job whose process is gone has failed."""
        for job in self.all_jobs():
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

    def all_jobs(self) -> list[Job]:
        """Jobs of all kinds."""
        return [
            *self.tuning_jobs.values(),  # first: they start no other training job then
            *self.transform_jobs.values(),
            *self.processing_jobs.values(),
            *self.training_jobs.values(),
        ]

    def job(self, jobs: Mapping[str, J], name: str) -> J:
        """Find a job of one kind.

        Raises:
            CommonServiceException: ValidationException, no such job
        """
        if name not in jobs:
            raise validation_error(f"Could not find requested job with name: {name}")
        return jobs[name]

    def refuse_job(self, jobs: Mapping[str, Job], name: str) -> None:
        """Check that a job's name is free; hold the lock.

        Raises:
            CommonServiceException: ResourceInUse
        """
        if name in jobs:
            raise aws_error(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({jobs[name].arn})",
            )

    def owns(self, arn: str) -> bool:
        """Whether the ARN is of something kept here (moto keeps the rest)."""
        kinds: tuple[Iterable[Any], ...] = (
            self.models.values(),
            self.endpoint_configs.values(),
            self.endpoints.values(),
            self.package_groups.values(),
            self.packages.values(),
            self.notebooks.values(),
            self.lifecycles.values(),
            self.all_jobs(),
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
    key: Callable[[dict[str, Any]], Any] | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a List operation: filters, sort order, NextToken.

    Args:
        items: summaries, as the operation returns them
        name: member that holds the name; `status`: member that holds the status
        key: what is sorted by, whatever SortBy says

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
    chosen.sort(key=key or by, reverse=descending)
    return cut(
        *(chosen, request, DEFAULT_PAGE),
        lambda token: validation_error(f"Invalid NextToken {token}."),
    )


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
