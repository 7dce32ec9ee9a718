"""What the plugin adds to LocalStack. LocalStack finds these by the entry points of pyproject.toml.

Providers are imported when a service is first used, which keeps the start short. A LocalStack that
`lakestack` has not started, in the same environment, imports this module, because plux resolves all
entry points, and takes nothing from it (`idle_elsewhere`): so nothing of ours is imported above.
"""

from __future__ import annotations

import functools
import importlib
import os
from pathlib import Path
from typing import Any, TypeVar

from localstack.runtime import hooks
from localstack.services.plugins import Service, aws_provider
from plux import Plugin, PluginSpec

from lakestack import extras, marks

T = TypeVar("T")
IDLE = "lakestack.idle"
"""A plux namespace that no manager of LocalStack's looks into."""


def idle_elsewhere(plugin: T) -> T:
    """Hide a plugin from a LocalStack that `lakestack` has not started.

    plux leaves out what an entry point resolves to when its namespace is another one: the plugin is
    then not there at all, where a load condition would leave a disabled service in its place.

    Args:
        plugin: a `PluginSpec`, or a function that one of plux's decorators has marked
    """
    if marks.EMULATOR not in os.environ:
        getattr(plugin, "__pluginspec__", plugin).namespace = IDLE  # type: ignore[union-attr]
    return plugin


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(f"lakestack.services.{module}"), name)


def _service(path: str) -> Service:
    from lakestack.services.base import moto_provider_table

    module, _, name = path.partition(":")
    provider = _load(f"{module}.provider:{name}")()
    return Service.for_provider(provider, dispatch_table_factory=moto_provider_table)


@idle_elsewhere
@aws_provider(api="kinesis", name="lake")
def kinesis() -> Service:
    """The service of this name."""
    return _service("kinesis:KinesisProvider")


@idle_elsewhere
@aws_provider(api="firehose", name="lake")
def firehose() -> Service:
    """The service of this name."""
    return _service("firehose:FirehoseProvider")


@idle_elsewhere
@aws_provider(api="dms")
def dms() -> Service:
    """The service of this name."""
    return _service("dms:DmsProvider")


@idle_elsewhere
@aws_provider(api="glue")
def glue() -> Service:
    """The service of this name."""
    if extras.missing(extras.GLUE):
        from lakestack.services.base import refusing_service

        return refusing_service("glue", extras.GLUE)
    return _service("glue:GlueProvider")


@idle_elsewhere
@aws_provider(api="sagemaker")
def sagemaker() -> Service:
    """The service of this name."""
    return _service("sagemaker:SagemakerProvider")


@idle_elsewhere
@aws_provider(api="sagemaker-runtime")
def sagemaker_runtime() -> Service:
    """The service of this name."""
    return _service("sagemaker:SagemakerRuntimeProvider")


@idle_elsewhere
@aws_provider(api="dynamodb", name="lake")
def dynamodb() -> Service:
    """The service of this name."""
    from lakestack.services.dynamodb.provider import create_service

    return create_service()


@idle_elsewhere
@aws_provider(api="lambda", name="lake")
def lambda_() -> Service:
    """The service of this name."""
    from lakestack.services.lambda_.provider import create_service

    return create_service()


@idle_elsewhere
@aws_provider(api="cloudformation", name="lake")
def cloudformation() -> Service:
    """The service of this name."""
    from lakestack.services.cloudformation.provider import create_service

    return create_service()


PREPARED = (
    "faults",
    "gateway",
    "front_guard.handlers",
    "patterns.foreign",
    "request_bodies",
    "request_validation",
    "cloudformation.engine",
    "dynamodb.engine",
    "lambda_.inline_code",
    "s3.hosts",
    "s3.replacement",
    "s3.storage",
    "logs.metric_filters",
    "logs.reads",
    "health_route",
)
"""Modules below `lakestack.services` whose ``install()`` runs before anything is served."""


@idle_elsewhere
@hooks.on_infra_start(name="lake", priority=100)  # before anything asks for a name
def on_infra_start() -> None:
    """Prepare what every service relies on."""
    from lakestack import patches
    from lakestack.services import log_rotation, memory, steady_time

    patches.verify()
    memory.install()
    log_rotation.install(Path(os.environ[marks.EMULATOR], "emulator.log"))
    steady_time.install(steady_time.SCHEDULER)
    for module in PREPARED:
        importlib.import_module(f"lakestack.services.{module}").install()


@idle_elsewhere
@hooks.on_infra_shutdown(name="lake")
def on_infra_shutdown() -> None:
    """End every job, endpoint and function process that is still alive."""
    from lakestack.services import processes
    from lakestack.services.dynamodb import engine as dynamodb_local

    dynamodb_local.shut_down()  # before the others: it would be started again
    processes.terminate_all()


def _later(namespace: str, name: str, path: str) -> PluginSpec:
    """A plugin whose class is imported when LocalStack asks for it by name."""

    def make() -> Plugin:
        plugin: Plugin = _load(path)()
        return plugin

    return idle_elsewhere(PluginSpec(namespace, name, make))


process_executor = _later(
    "localstack.lambda.runtime_executor", "process", "lambda_.executor:ProcessExecutorPlugin"
)

RESOURCE_TYPES = {
    "AWS::CloudFormation::CustomResource": "cloudformation.custom_resource:CustomResourcePlugin",
    "AWS::DMS::ReplicationSubnetGroup": "dms.resources:ReplicationSubnetGroupPlugin",
    "AWS::DMS::ReplicationInstance": "dms.resources:ReplicationInstancePlugin",
    "AWS::DMS::Endpoint": "dms.resources:EndpointPlugin",
    "AWS::DMS::ReplicationTask": "dms.resources:ReplicationTaskPlugin",
    "AWS::Glue::Database": "glue.resources:DatabasePlugin",
    "AWS::Glue::Table": "glue.resources:TablePlugin",
    "AWS::Glue::Partition": "glue.resources:PartitionPlugin",
    "AWS::Glue::Classifier": "glue.resources:ClassifierPlugin",
    "AWS::Glue::Crawler": "glue.resources:CrawlerPlugin",
    "AWS::Glue::Job": "glue.resources:JobPlugin",
    "AWS::SageMaker::Model": "sagemaker.resources:ModelPlugin",
    "AWS::SageMaker::EndpointConfig": "sagemaker.resources:EndpointConfigPlugin",
    "AWS::SageMaker::Endpoint": "sagemaker.resources:EndpointPlugin",
}
"""CloudFormation's types of ours; an entry point's value is the name with ``_`` for ``::``."""


@functools.cache
def __getattr__(name: str) -> PluginSpec:
    """The plugin of a resource type, ``AWS_DMS_Endpoint`` for ``AWS::DMS::Endpoint``."""
    type_name = name.replace("_", "::")
    if path := RESOURCE_TYPES.get(type_name):
        return _later("localstack.cloudformation.resource_providers", type_name, path)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
