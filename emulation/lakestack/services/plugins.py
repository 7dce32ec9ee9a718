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

from lakestack import extras, marks, registry
from lakestack.registry import EmulatedService

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
    return getattr(importlib.import_module(module), name)


def _provider(service: EmulatedService) -> PluginSpec:
    """The plugin of a service, which is made when it is first used."""

    def create() -> Service:
        from lakestack.services.base import moto_provider_table, refusing_service

        if service.extra and extras.missing(service.extra):
            return refusing_service(service.api, service.extra)
        if service.factory:
            made: Service = _load(service.factory)()
            return made
        provider = _load(service.provider)()
        return Service.for_provider(provider, dispatch_table_factory=moto_provider_table)

    name = service.plugin.partition(":")[2]
    return idle_elsewhere(aws_provider(api=service.api, name=name)(create))


PREPARED = (
    "answer_headers",
    "faults",
    "gateway",
    "gateway_chain",
    "patterns.foreign",
    "operation_routes",
    "request_bodies",
    "python_parsing",
    "request_ids",
    "response_bodies",
    "rest_members",
    "request_validation",
    "xml_bodies",
    "alarms.state_changes",
    "cloudformation.engine",
    "event_rules.install",
    "distributed_map",
    "dynamodb.engine",
    "ec2.subnet_zones",
    "ec2.vpc_endpoints",
    "iam.simulation",
    "lambda_.inline_code",
    "s3.chunked_body",
    "s3.conditions",
    "s3.hosts",
    "s3.list_operations",
    "s3.notifications",
    "s3.presigned",
    "s3.uploads",
    "s3.replacement",
    "s3.storage",
    "service_regions",
    "sns.firehose_subscriptions",
    "sqs.metrics",
    "stepfunctions.install",
    "logs.insights.queries",
    "logs.classes",
    "logs.export_tasks",
    "logs.groups",
    "logs.metric_filters",
    "logs.policies",
    "logs.query_definitions",
    "logs.reads",
    "logs.retention",
    "logs.subscriptions",
    "logs.tags",
    "not_emulated",
    "tagging.resources",
    "health_route",
    "control.routes",
    "saved_state.keeper",  # last: it loads services
)
"""Modules below `lakestack.services` whose ``install()`` runs before anything is served."""


@idle_elsewhere
@hooks.on_infra_start(name="lake", priority=100)  # before anything asks for a name
def on_infra_start() -> None:
    """Prepare what every service relies on."""
    from lakestack import patches
    from lakestack.services import log_rotation, memory, owner, steady_time

    patches.verify()
    owner.watch()
    memory.install()
    log_rotation.install(Path(os.environ[marks.EMULATOR], "emulator.log"))
    steady_time.install(steady_time.SCHEDULER)
    for module in PREPARED:
        importlib.import_module(f"lakestack.services.{module}").install()


@idle_elsewhere
@hooks.on_infra_shutdown(name="lake", priority=100)  # before services write what is pending
def on_infra_shutdown() -> None:
    """Save the state that is kept, and end every process that is still alive."""
    from lakestack.services import processes
    from lakestack.services.dynamodb import engine as dynamodb_local
    from lakestack.services.saved_state.keeper import KEEPER

    KEEPER.stop()
    dynamodb_local.shut_down()  # before the others: it would be started again
    processes.terminate_all()


def _later(namespace: str, name: str, path: str) -> PluginSpec:
    """A plugin whose class is imported when LocalStack asks for it by name."""

    def make() -> Plugin:
        plugin: Plugin = _load(path)()
        return plugin

    return idle_elsewhere(PluginSpec(namespace, name, make))


process_executor = _later(
    "localstack.lambda.runtime_executor",
    "process",
    "lakestack.services.lambda_.executor:ProcessExecutorPlugin",
)


@functools.cache
def __getattr__(name: str) -> PluginSpec:
    """The plugin that an entry point names: of a service, or of a resource type.

    ``service_dms``, and ``AWS_DMS_Endpoint`` for ``AWS::DMS::Endpoint``.
    """
    for service in registry.SERVICES:
        if name == service.attribute:
            return _provider(service)
    type_name = name.replace("_", "::")
    if path := registry.resource_types().get(type_name):
        return _later(registry.RESOURCE_PROVIDERS, type_name, path)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
