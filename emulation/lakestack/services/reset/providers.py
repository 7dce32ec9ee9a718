"""What LocalStack's providers hold beside their stores, and what runs for them.

A provider that is not here keeps everything in the containers of `containers`. LocalStack's own
hooks for a reset know no account and no region, start DynamoDB's engine again (seconds), and exist
for a few providers only.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localstack.services.plugins import SERVICE_PLUGINS

from lakestack import clock
from lakestack.services.reset import containers
from lakestack.services.reset.scope import Scope

LOG = logging.getLogger(__name__)

Work = Callable[[Any, Scope], None]
"""Gets a service's provider."""


def loaded() -> dict[str, Any]:
    """The providers of the services that have been used, by service; None where there is none."""
    found = SERVICE_PLUGINS._get_loaded_service_containers()
    return {each.service.name(): each.service._provider for each in found}


def end(scope: Scope) -> None:
    """Before the containers are emptied: end what runs."""
    _each(_ENDED, scope)


def forget(scope: Scope) -> None:
    """Drop what is kept beside the containers, of which `end` has ended all."""
    _each(_FORGOTTEN, scope)


def _each(works: dict[str, Work], scope: Scope) -> None:
    providers = loaded()
    for service, work in works.items():
        if service in providers:
            work(providers[service], scope)


def _module(name: str) -> Any:
    """A module of LocalStack's, if it is loaded."""
    return sys.modules.get(f"localstack.services.{name}")


def _end_lambda(provider: Any, scope: Scope) -> None:
    from lakestack.services.lambda_ import executor

    for uuid, worker in list(provider.esm_workers.items()):
        if scope.covers_arn(worker.esm_config["FunctionArn"]):
            worker.stop_for_shutdown()
            del provider.esm_workers[uuid]
    service = provider.lambda_service
    with service.lambda_version_manager_lock:
        managers = [
            *containers.drop(service.lambda_running_versions, scope),
            *containers.drop(service.lambda_starting_versions, scope),
        ]
        pollers = containers.drop(service.event_managers, scope)
    for manager in pollers:
        manager.stopped.set()
        if manager.poller is not None:  # LocalStack waits for it, up to seconds
            manager.poller.stop()
        if manager.event_queue_url and not scope.everything:
            with contextlib.suppress(Exception):  # it may be gone
                _delete_queue(manager)
    for manager in managers:
        manager.shutdown_event.set()
        manager.log_handler.stop()
        service.assignment_service.environments.pop(manager.id, None)
        code = manager.function_version.config.code
        # The archive itself is in S3, in an account of LocalStack's own.
        code.destroy_cached() if scope.everything else code.destroy()
    executor.kill_of(scope.covers)


def _delete_queue(manager: Any) -> None:
    from localstack.services.lambda_.invocation.event_manager import CLIENT_CONFIG, get_sqs_client

    queue = get_sqs_client(manager.version_manager.function_version, client_config=CLIENT_CONFIG)
    queue.delete_queue(QueueUrl=manager.event_queue_url)


def _end_step_functions(_provider: Any, scope: Scope) -> None:
    from localstack.services.stepfunctions.backend.store import sfn_stores

    for store in containers.stores(sfn_stores, scope):
        for execution in list(store.executions.values()):
            if execution.exec_worker is not None:
                execution.stop(clock.utc(), None, "the emulator was reset")


def _end_sqs(provider: Any, scope: Scope) -> None:
    from localstack.services.sqs.models import sqs_stores

    tasks = provider._message_move_task_manager
    for store in containers.stores(sqs_stores, scope):
        for task in list(store.move_tasks.values()):
            task.cancel_event.set()
            tasks.move_tasks.pop(task.task_id, None)
        for queue in list(store.queues.values()):
            queue.shutdown()  # whoever waits for a message is answered


def _end_events(provider: Any, scope: Scope) -> None:
    from localstack.services.events.scheduler import JobScheduler

    for name, kept in vars(provider).items():
        if name.endswith("_store") and isinstance(kept, dict):
            for gone in containers.drop(kept, scope):
                if (job := getattr(gone, "job_id", None)) is not None:
                    JobScheduler.instance().cancel_job(job)


def _end_cloudwatch(provider: Any, scope: Scope) -> None:
    if provider.alarm_scheduler is not None:
        for task in containers.drop(provider.alarm_scheduler.scheduled_alarms, scope):
            task.cancel()


def _end_opensearch(_provider: Any, scope: Scope) -> None:
    from localstack.services.opensearch.cluster_manager import DomainKey
    from localstack.services.opensearch.models import opensearch_stores
    from localstack.services.opensearch.provider import cluster_manager

    for store in containers.stores(opensearch_stores, scope):
        for domain in list(store.opensearch_domains):
            key = DomainKey(domain, store._region_name, store._account_id)
            cluster_manager().remove(key.arn)


def _forget_s3(provider: Any, scope: Scope) -> None:
    """Drop the buckets of a region: LocalStack keeps those of all in one place, with the tags."""
    from localstack.services.s3.models import s3_stores

    storage = provider._storage_backend
    if scope.everything:
        gone = list(storage._filesystem)
    else:
        gone = []
        for account, _region, store in list(s3_stores.iter_stores()):
            for name, bucket in list(store.buckets.items()):
                if scope.covers(account, bucket.bucket_region):
                    del store.buckets[name]
            for name, owner in list(store.global_bucket_map.items()):
                if scope.account in (None, owner) and name not in s3_stores[owner][_ANY].buckets:
                    del store.global_bucket_map[name]
                    store.TAGS.tags.pop(f"arn:aws:s3:::{name}", None)
                    for arn in [
                        a for a in store.TAGS.tags if a.startswith(f"arn:aws:s3:::{name}/")
                    ]:
                        del store.TAGS.tags[arn]
                    gone.append(name)
    for name in gone:
        kept = storage._filesystem.pop(name, None) or {}
        for multipart in kept.get("multiparts", {}).values():
            multipart.close()
        for file in kept.get("keys", {}).values():
            file.close()
        provider._expiration_cache.pop(name, None)
    root = Path(storage.root_directory)
    for folder in (
        root.iterdir() if scope.everything and root.is_dir() else map(root.joinpath, gone)
    ):
        shutil.rmtree(folder, ignore_errors=True)
    provider._cors_handler.invalidate_cache()


_ANY = "us-east-1"
"""LocalStack's buckets of all regions of an account are the same, whatever region is asked."""


def _forget_dynamodb(_provider: Any, scope: Scope) -> None:
    from lakestack.services.dynamodb import engine

    engine.forget(scope.covers)
    if module := _module("dynamodb.provider"):
        module.MANAGED_KMS_KEYS.clear()
    if module := _module("dynamodb.utils"):
        module.SCHEMA_CACHE.clear()
    if scope.region is not None and (models := _module("dynamodb.models")):
        for account, regions in list(models.dynamodb_stores.items()):
            if scope.account in (None, account):
                shared = regions._global
                tables = shared.get("TABLE_REGION", {})
                for table in [t for t, region in tables.items() if region == scope.region]:
                    del tables[table]
                    shared.get("REPLICAS", {}).pop(table, None)


def _forget_cloudwatch(provider: Any, scope: Scope) -> None:
    database = provider.cloudwatch_database
    with (
        database.DATABASE_LOCK,
        contextlib.closing(sqlite3.connect(database.METRICS_DB)) as connection,
        connection,
    ):
        for table in (database.TABLE_SINGLE_METRICS, database.TABLE_AGGREGATED_METRICS):
            connection.execute(
                f"DELETE FROM {table} WHERE account_id LIKE ? AND region LIKE ?",  # noqa: S608
                (scope.account or "%", scope.region or "%"),
            )


def _forget_ses(_provider: Any, scope: Scope) -> None:
    module = _module("ses.provider")
    for message, email in list(module.EMAILS.items()):
        if scope.account is None and scope.region in (None, email.get("Region")):
            del module.EMAILS[message]


def _forget_apigateway(_provider: Any, scope: Scope) -> None:
    from localstack.services.apigateway.models import apigateway_stores

    shared = apigateway_stores._universal
    for api, stages in list(shared.get("internal_deployments", {}).items()):
        if any(scope.covers(each.account_id, each.region) for each in stages.values()):
            del shared["internal_deployments"][api]
            shared.get("active_deployments", {}).pop(api, None)


_ENDED: dict[str, Work] = {
    "lambda": _end_lambda,
    "stepfunctions": _end_step_functions,
    "sqs": _end_sqs,
    "events": _end_events,
    "cloudwatch": _end_cloudwatch,
    "opensearch": _end_opensearch,
}
_FORGOTTEN: dict[str, Work] = {
    "s3": _forget_s3,
    "dynamodb": _forget_dynamodb,
    "cloudwatch": _forget_cloudwatch,
    "ses": _forget_ses,
    "apigateway": _forget_apigateway,
}
