"""What the plugin adds to LocalStack. LocalStack finds these by the entry points of pyproject.toml.

Providers are imported when a service is first used, which keeps the start short.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from localstack.runtime import hooks
from localstack.services.plugins import Service, aws_provider

from lakestack import marks
from lakestack.services.base import moto_provider_table


def _service(path: str) -> Service:
    module, _, name = path.partition(":")
    provider = getattr(importlib.import_module(f"lakestack.services.{module}.provider"), name)()
    return Service.for_provider(provider, dispatch_table_factory=moto_provider_table)


@aws_provider(api="kinesis", name="lake")
def kinesis() -> Service:
    """The service of this name."""
    return _service("kinesis:KinesisProvider")


@aws_provider(api="firehose", name="lake")
def firehose() -> Service:
    """The service of this name."""
    return _service("firehose:FirehoseProvider")


@aws_provider(api="dms")
def dms() -> Service:
    """The service of this name."""
    return _service("dms:DmsProvider")


@aws_provider(api="glue")
def glue() -> Service:
    """The service of this name."""
    return _service("glue:GlueProvider")


@aws_provider(api="sagemaker")
def sagemaker() -> Service:
    """The service of this name."""
    return _service("sagemaker:SagemakerProvider")


@aws_provider(api="sagemaker-runtime")
def sagemaker_runtime() -> Service:
    """The service of this name."""
    return _service("sagemaker:SagemakerRuntimeProvider")


@aws_provider(api="dynamodb", name="lake")
def dynamodb() -> Service:
    """The service of this name."""
    from lakestack.services.dynamodb.provider import create_service

    return create_service()


@aws_provider(api="lambda", name="lake")
def lambda_() -> Service:
    """The service of this name."""
    from lakestack.services.lambda_.provider import create_service

    return create_service()


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


@hooks.on_infra_start(name="lake", priority=100)  # before anything asks for a name
def on_infra_start() -> None:
    """Prepare what every service relies on."""
    from lakestack.services import log_rotation, memory, steady_time

    memory.install()
    log_rotation.install(Path(os.environ[marks.EMULATOR], "emulator.log"))
    steady_time.install(steady_time.SCHEDULER)
    for module in PREPARED:
        importlib.import_module(f"lakestack.services.{module}").install()


@hooks.on_infra_shutdown(name="lake")
def on_infra_shutdown() -> None:
    """End every job, endpoint and function process that is still alive."""
    from lakestack.services import processes
    from lakestack.services.dynamodb import engine as dynamodb_local

    dynamodb_local.shut_down()  # before the others: it would be started again
    processes.terminate_all()
