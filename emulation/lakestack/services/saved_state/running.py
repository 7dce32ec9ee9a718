"""What LocalStack's providers make beside their stores, made again after a snapshot is loaded.

What can go on does, what cannot is ended with a reason that its owner can read. A provider that is
not here keeps everything in the containers of `containers`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lakestack import clock
from lakestack.errors import SnapshotError
from lakestack.services.reset import providers
from lakestack.services.saved_state import events
from lakestack.services.saved_state.events import LOST

LOG = logging.getLogger(__name__)

VERSION_SECONDS = 10.0
SETTLE_SECONDS = 5.0
METRICS_FILE = "cloudwatch.db"


def resume() -> list[str]:
    """Let everything go on; returns what could not, one sentence each."""
    failed = []
    loaded = providers.loaded()
    for service, work in _RESUMED.items():
        if service in loaded:
            try:
                work(loaded[service])
            except Exception as e:
                LOG.exception("%s after the load of a snapshot", service)
                failed.append(f"{service}: {type(e).__name__}: {e}")
    return failed


def settle() -> None:
    """Wait for what requests that were answered have left to threads: records of DynamoDB Streams.

    Each thread is busy with a task of ours at the same moment, so it has ended what came before.
    """
    provider = providers.loaded().get("dynamodb")
    pool = provider._event_forwarder.executor if provider is not None else None
    if pool is None:
        return
    count = pool._max_workers
    together = threading.Barrier(count)
    with contextlib.suppress(RuntimeError):  # shut down with the emulator
        tasks = [pool.submit(together.wait, SETTLE_SECONDS) for _ in range(count)]
        try:
            for task in tasks:
                task.result(SETTLE_SECONDS + 1)
        except (threading.BrokenBarrierError, TimeoutError):
            LOG.warning("records of DynamoDB Streams were still on their way")


def module_data() -> dict[str, Any]:
    """What providers keep in their modules."""
    ses = sys.modules.get("localstack.services.ses.provider")
    return {"ses": dict(ses.EMAILS)} if ses is not None else {}


def restore_module_data(saved: dict[str, Any]) -> None:
    """Put back what `module_data` gave."""
    ses = sys.modules.get("localstack.services.ses.provider")
    if ses is not None:
        ses.EMAILS.update(saved.get("ses", {}))


def save_metrics(path: Path) -> list[Path]:
    """Write CloudWatch's database of metrics, which is a file of SQLite already."""
    provider = providers.loaded().get("cloudwatch")
    if provider is None:
        return []
    file = path / METRICS_FILE
    database = provider.cloudwatch_database
    try:
        with (
            database.DATABASE_LOCK,
            contextlib.closing(sqlite3.connect(database.METRICS_DB)) as source,
            contextlib.closing(sqlite3.connect(file)) as target,
        ):
            source.backup(target)
    except sqlite3.OperationalError as e:  # "database or disk is full": SQLite's way to say it
        raise SnapshotError(f"cannot write to {file}: {e}") from e
    file.chmod(0o600)
    return [file]


def restore_metrics(path: Path) -> None:
    """Put the metrics of a snapshot in the place of those that there are."""
    file, provider = path / METRICS_FILE, providers.loaded().get("cloudwatch")
    if provider is None or not file.exists():
        return
    database = provider.cloudwatch_database
    with (
        database.DATABASE_LOCK,
        contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as source,
        contextlib.closing(sqlite3.connect(database.METRICS_DB)) as target,
    ):
        source.backup(target)


def _lambda(provider: Any) -> None:
    """Functions get their version managers, mappings their workers."""
    from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState
    from localstack.services.lambda_.event_source_mapping.esm_worker_factory import (
        EsmWorkerFactory,
    )
    from localstack.services.lambda_.invocation.lambda_models import VersionState
    from localstack.services.lambda_.invocation.models import lambda_stores
    from localstack.services.lambda_.provider import get_function_version_from_arn

    begun, revisions = [], []
    for _account, _region, store in list(lambda_stores.iter_stores()):
        for function in list(store.functions.values()):
            for qualifier, version in list(function.versions.items()):
                pending = VersionState(
                    state="Pending", code="Creating", reason="The function is being created."
                )
                revisions.append((function, qualifier, version.config.revision_id))
                config = dataclasses.replace(version.config, state=pending)
                function.versions[qualifier] = dataclasses.replace(version, config=config)
                begun.append(
                    provider.lambda_service.create_function_version(function.versions[qualifier])
                )
    deadline = clock.steady() + VERSION_SECONDS
    for each in begun:
        each.result(timeout=max(0.1, deadline - clock.steady()))
    for function, qualifier, revision in revisions:  # each copy of a configuration gets another
        object.__setattr__(function.versions[qualifier].config, "revision_id", revision)
    for _account, _region, store in list(lambda_stores.iter_stores()):
        for mapping in list(store.event_source_mappings.values()):
            version = get_function_version_from_arn(mapping["FunctionArn"])
            enabled = mapping.get("State") not in (EsmState.DISABLED, EsmState.DISABLING)
            worker = EsmWorkerFactory(mapping, version.config.role, enabled).get_esm_worker()
            worker.create()
            provider.esm_workers[worker.uuid] = worker


def _step_functions(_provider: Any) -> None:
    """An execution that ran is aborted: where it was in its states is in no store."""
    from localstack.services.stepfunctions.backend.store import sfn_stores

    for _account, _region, store in list(sfn_stores.iter_stores()):
        for execution in list(store.executions.values()):
            if execution.exec_status == "RUNNING":
                execution.exec_status = "ABORTED"
                execution.stop_date = clock.utc()
                execution.error, execution.cause = "States.Runtime", LOST


def _cloudwatch(provider: Any) -> None:
    from localstack.services.cloudwatch.models import cloudwatch_stores

    for _account, _region, store in list(cloudwatch_stores.iter_stores()):
        for arn, alarm in list(store.alarms.items()):
            if alarm.alarm.get("MetricName") and alarm.alarm.get("ActionsEnabled", True):
                provider.alarm_scheduler.schedule_metric_alarm(arn)


def _cloudformation(_provider: Any) -> None:
    """An operation that was under way has failed."""
    from localstack.services.cloudformation.stores import cloudformation_stores

    for _account, _region, store in list(cloudformation_stores.iter_stores()):
        for stack in list(store.stacks_v2.values()):
            status = str(getattr(stack.status, "value", stack.status))
            if status.endswith("_IN_PROGRESS"):
                failed = type(stack.status)(status.replace("_IN_PROGRESS", "_FAILED"))
                stack.status, stack.status_reason = failed, LOST


def _sqs(_provider: Any) -> None:
    """Counts of messages are functions among a queue's attributes."""
    from localstack.services.sqs.models import sqs_stores

    for _account, _region, store in list(sqs_stores.iter_stores()):
        for queue in list(store.queues.values()):
            for name, value in queue.default_attributes().items():
                if callable(value):
                    queue.attributes[name] = value


def _ec2(_provider: Any) -> None:
    """A subnet gives out its addresses from a generator."""
    from moto.ec2.models import ec2_backends

    for regions in list(ec2_backends.values()):
        for backend in list(regions.values()):
            for zone in list(backend.subnets.values()):
                for subnet in list(zone.values()):
                    subnet._subnet_ip_generator = _addresses(subnet)


def _addresses(subnet: Any) -> Iterator[Any]:
    reserved = set(subnet.reserved_ips)
    return (ip for ip in subnet.cidr.hosts() if ip not in reserved)


def _s3(provider: Any) -> None:
    provider._cors_handler.invalidate_cache()


def _opensearch(provider: Any) -> None:
    provider.on_after_state_load()


_RESUMED: dict[str, Callable[[Any], None]] = {
    "s3": _s3,
    "lambda": _lambda,
    "stepfunctions": _step_functions,
    "events": events.resume,
    "cloudwatch": _cloudwatch,
    "cloudformation": _cloudformation,
    "opensearch": _opensearch,
    "sqs": _sqs,
    "ec2": _ec2,
}
