"""API operations of SageMaker and SageMaker Runtime; what is not here, moto answers."""

from __future__ import annotations

import shutil
import threading
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext, handler
from localstack.services.moto import call_moto
from localstack.services.plugins import ServiceLifecycleHook

from lakestack.endings import ended
from lakestack.services.base import aws_error, client
from lakestack.services.sagemaker import (
    invocation,
    objects,
    rules,
    state_changes,
    tags,
    training,
)
from lakestack.services.sagemaker.endpoint import Endpoint
from lakestack.services.sagemaker.hosting import Variant, endpoints_folder
from lakestack.services.sagemaker.inputs import check_inputs
from lakestack.services.sagemaker.members import without
from lakestack.services.sagemaker.notebooks import NotebookOperations
from lakestack.services.sagemaker.operations import (
    Answer,
    Request,
    listed,
    operation,
    refuse,
)
from lakestack.services.sagemaker.processing import runner as processing
from lakestack.services.sagemaker.processing.operations import ProcessingOperations
from lakestack.services.sagemaker.registry.checks import container_of
from lakestack.services.sagemaker.registry.operations import RegistryOperations
from lakestack.services.sagemaker.state import (
    STORE,
    EndpointConfig,
    Model,
    SagemakerState,
    all_endpoints,
    page,
    refuse_existing,
)
from lakestack.services.sagemaker.training_job import TrainingJob
from lakestack.services.sagemaker.transform import runner as transform
from lakestack.services.sagemaker.transform.operations import TransformOperations
from lakestack.services.sagemaker.tuning.operations import TuningOperations
from lakestack.services.sagemaker.validation import unsupported, validation_error
from lakestack.services.state_events import types

STOP_SECONDS = 3.0
"""For transform, processing and tuning jobs, when the emulator stops."""

JOB_FOLDERS = (
    training.jobs_folder,
    transform.jobs_folder,
    processing.jobs_folder,
    endpoints_folder,
)
HELD_HERE = ("TrainingJob", "Endpoint", "Model", "ModelPackage", "ModelPackageGroup")
VALID = "training jobs and real-time endpoints"
# moto records these and calls them completed although nothing ran.
WITHOUT_WORK = (
    "CreateAutoMLJobV2",
    "CreateCompilationJob",
    "StartPipelineExecution",
)


class SagemakerProvider(
    NotebookOperations,
    RegistryOperations,
    TransformOperations,
    ProcessingOperations,
    TuningOperations,
    ServiceLifecycleHook,
):
    """Training jobs, models, endpoint configurations, endpoints, model packages, their tags."""

    service = "sagemaker"

    def __init__(self) -> None:
        # State is in memory: folders of an earlier run belong to nobody.
        for folder in JOB_FOLDERS:
            shutil.rmtree(folder(), ignore_errors=True)

    def on_before_stop(self) -> None:
        """End the containers before their processes are killed, so that none is started again."""
        jobs = [job for state in STORE.states() for job in state.all_jobs()]
        ended("sagemaker", [e for job in jobs for e in job.shut_down(0.0)], STOP_SECONDS)
        threads = [threading.Thread(target=e.shut_down) for e in all_endpoints()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @operation("CreateTrainingJob")
    def create_training_job(self, state: SagemakerState, request: Request) -> Answer:
        rules.check_training_job(request)
        name = request["TrainingJobName"]
        check_inputs(state, request)
        with STORE.holding(state.account, state.region) as held:
            if name in held.training_jobs:
                raise aws_error(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({held.training_jobs[name].arn})",
                )
            arn = held.arn("training-job", name)
            job = TrainingJob(held.account, held.region, arn, request)
            held.training_jobs[name] = job
            tags.put(held, arn, request.get("Tags"))
            training.start(job)
        return {"TrainingJobArn": arn}

    @operation("DescribeTrainingJob")
    def describe_training_job(self, state: SagemakerState, request: Request) -> Answer:
        return state.training_job(request["TrainingJobName"]).describe()

    @operation("ListTrainingJobs")
    def list_training_jobs(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [job.summary() for job in state.training_jobs.values()]
        found, token = page(items, request, name="TrainingJobName", status="TrainingJobStatus")
        return listed("TrainingJobSummaries", found, token)

    @operation("StopTrainingJob")
    def stop_training_job(self, state: SagemakerState, request: Request) -> Answer:
        state.training_job(request["TrainingJobName"]).stop(training.stop_grace())
        return {}

    @operation("CreateModel")
    def create_model(self, state: SagemakerState, request: Request) -> Answer:
        container = _container(request)
        if container.get("ModelPackageName"):
            package = state.package(container["ModelPackageName"])
            container = container_of(package, container)
        rules.check_container(container)
        if container.get("ModelDataUrl"):
            _check_model_data(state, container["ModelDataUrl"])
        name = request["ModelName"]
        with state.lock:
            refuse_existing(state.models, name, "model")
            arn = state.arn("model", name)
            model = state.models[name] = Model(name, arn, request, container=container)
            tags.put(state, model.arn, request.get("Tags"))
        kind = types.SAGEMAKER_MODEL
        state_changes.publish(kind, state.account, state.region, arn, _model_described(model))
        return {"ModelArn": model.arn}

    @operation("DescribeModel")
    def describe_model(self, state: SagemakerState, request: Request) -> Answer:
        return _model_described(state.model(request["ModelName"]))

    @operation("ListModels")
    def list_models(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [_summary("Model", model) for model in state.models.values()]
        return listed("Models", *page(items, request, name="ModelName"))

    @operation("DeleteModel")
    def delete_model(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            model = state.model(request["ModelName"])
            del state.models[model.name]
            state.tags.pop(model.arn, None)
        return {}

    @operation("CreateEndpointConfig")
    def create_endpoint_config(self, state: SagemakerState, request: Request) -> Answer:
        rules.check_endpoint_config(request)
        name = request["EndpointConfigName"]
        with state.lock:
            refuse_existing(state.endpoint_configs, name, "endpoint configuration")
            for variant in request["ProductionVariants"]:
                state.model(variant["ModelName"])
            config = EndpointConfig(name, state.arn("endpoint-config", name), request)
            state.endpoint_configs[name] = config
            tags.put(state, config.arn, request.get("Tags"))
        kind, described = types.SAGEMAKER_ENDPOINT_CONFIG, _config_described(config)
        state_changes.publish(kind, state.account, state.region, config.arn, described)
        return {"EndpointConfigArn": config.arn}

    @operation("DescribeEndpointConfig")
    def describe_endpoint_config(self, state: SagemakerState, request: Request) -> Answer:
        return _config_described(state.endpoint_config(request["EndpointConfigName"]))

    @operation("ListEndpointConfigs")
    def list_endpoint_configs(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [_summary("EndpointConfig", c) for c in state.endpoint_configs.values()]
        return listed("EndpointConfigs", *page(items, request, name="EndpointConfigName"))

    @operation("DeleteEndpointConfig")
    def delete_endpoint_config(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            config = state.endpoint_config(request["EndpointConfigName"])
            del state.endpoint_configs[config.name]
            state.tags.pop(config.arn, None)
        return {}

    @operation("CreateEndpoint")
    def create_endpoint(self, state: SagemakerState, request: Request) -> Answer:
        _refuse_deployment_config(request)
        name = request["EndpointName"]
        with STORE.holding(state.account, state.region) as held:
            refuse_existing(held.endpoints, name, "endpoint")
            config = held.endpoint_config(request["EndpointConfigName"])
            variants = _variants(held, config)
            endpoint = Endpoint(held.account, held.region, name, held.arn("endpoint", name))
            held.endpoints[name] = endpoint
            tags.put(held, endpoint.arn, request.get("Tags"))
            endpoint.create(config.name, variants)
        return {"EndpointArn": endpoint.arn}

    @operation("UpdateEndpoint")
    def update_endpoint(self, state: SagemakerState, request: Request) -> Answer:
        _refuse_deployment_config(request)
        if request.get("RetainAllVariantProperties"):
            raise unsupported("RetainAllVariantProperties", "the configuration's own values")
        with STORE.holding(state.account, state.region) as held:
            endpoint = held.endpoint(request["EndpointName"])
            config = held.endpoint_config(request["EndpointConfigName"])
            endpoint.update(config.name, _variants(held, config))
        return {"EndpointArn": endpoint.arn}

    @operation("UpdateEndpointWeightsAndCapacities")
    def update_endpoint_weights(self, state: SagemakerState, request: Request) -> Answer:
        endpoint = state.endpoint(request["EndpointName"])
        endpoint.set_weights(request["DesiredWeightsAndCapacities"])
        return {"EndpointArn": endpoint.arn}

    @operation("DescribeEndpoint")
    def describe_endpoint(self, state: SagemakerState, request: Request) -> Answer:
        return state.endpoint(request["EndpointName"]).describe()

    @operation("ListEndpoints")
    def list_endpoints(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            items = [endpoint.summary() for endpoint in state.endpoints.values()]
        found, token = page(items, request, name="EndpointName", status="EndpointStatus")
        return listed("Endpoints", found, token)

    @operation("DeleteEndpoint")
    def delete_endpoint(self, state: SagemakerState, request: Request) -> Answer:
        endpoint = state.endpoint(request["EndpointName"])
        endpoint.delete()  # outside the lock: it waits for the processes
        with state.lock:
            state.endpoints.pop(endpoint.name, None)
            state.tags.pop(endpoint.arn, None)
        return {}

    @handler("AddTags", expand=False)
    def add_tags(self, context: RequestContext, request: Request) -> Any:
        return tags.add(context, request)

    @handler("ListTags", expand=False)
    def list_tags(self, context: RequestContext, request: Request) -> Any:
        return tags.listed(context, request)

    @handler("DeleteTags", expand=False)
    def delete_tags(self, context: RequestContext, request: Request) -> Any:
        return tags.delete(context, request)

    @handler("Search", expand=False)
    def search(self, context: RequestContext, request: Request) -> Any:
        """Of what moto keeps; it has none of what is kept here, and would find nothing."""
        if request.get("Resource") in HELD_HERE:
            raise unsupported(f"Search for {request['Resource']}", "the List operations")
        return call_moto(context)


class SagemakerRuntimeProvider:
    """InvokeEndpoint."""

    service = "sagemaker-runtime"

    @handler("InvokeEndpoint", expand=False)
    def invoke_endpoint(self, context: RequestContext, request: Request) -> Answer:
        return invocation.invoke(STORE.get(context.account_id, context.region), request)


for _name in WITHOUT_WORK:
    refuse(SagemakerProvider, _name, VALID)
for _name in ("InvokeEndpointAsync", "InvokeEndpointWithResponseStream"):
    refuse(SagemakerRuntimeProvider, _name, VALID)


def _container(request: Request) -> dict[str, Any]:
    given = [request["PrimaryContainer"]] if request.get("PrimaryContainer") else []
    given += request.get("Containers") or []
    if len(given) != 1:
        raise unsupported(f"a model with {len(given)} containers", "one PrimaryContainer")
    return dict(given[0])


def _check_model_data(state: SagemakerState, uri: str) -> None:
    bucket, key = objects.split_uri(uri)
    try:
        client(state.account, state.region, "s3").head_object(Bucket=bucket, Key=key)
    except ClientError as e:
        raise validation_error(f"Could not find model data at {uri}.") from e


def _variants(state: SagemakerState, config: EndpointConfig) -> list[Variant]:
    return [
        Variant(settings, state.model(settings["ModelName"]).container)
        for settings in config.request["ProductionVariants"]
    ]


def _refuse_deployment_config(request: Request) -> None:
    policy = (request.get("DeploymentConfig") or {}).get("BlueGreenUpdatePolicy") or {}
    traffic = policy.get("TrafficRoutingConfiguration") or {}
    if traffic.get("Type", "ALL_AT_ONCE") != "ALL_AT_ONCE" or (
        request.get("DeploymentConfig") or {}
    ).get("RollingUpdatePolicy"):
        raise unsupported("DeploymentConfig", "ALL_AT_ONCE")


def _summary(kind: str, item: Model | EndpointConfig) -> dict[str, Any]:
    return {f"{kind}Name": item.name, f"{kind}Arn": item.arn, "CreationTime": item.created}


def _model_described(model: Model) -> Answer:
    return {
        "EnableNetworkIsolation": False,
        **without(model.request, "Tags"),
        "ModelArn": model.arn,
        "CreationTime": model.created,
    }


def _config_described(config: EndpointConfig) -> Answer:
    return {
        **without(config.request, "Tags"),
        "EndpointConfigArn": config.arn,
        "CreationTime": config.created,
    }
