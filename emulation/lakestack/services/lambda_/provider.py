"""Lambda: LocalStack's provider, with functions that run as processes."""

from __future__ import annotations

import base64
import functools
import json
import threading
from collections import defaultdict
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.lambda_ import InvalidRequestContentException, ResourceConflictException
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from localstack.services.plugins import Service

from lakestack import patches
from lakestack.services import steady_time
from lakestack.services.lambda_ import (
    function_url,
    kinesis_mapping,
    mapping_rules,
    metrics,
    packages,
    queue_mapping,
)
from lakestack.services.lambda_.configuration import ConfigurationOperations
from lakestack.services.lambda_.executor import end_deleted
from lakestack.services.lambda_.function_process import kill_all
from lakestack.services.lambda_.invocations import InvocationOperations
from lakestack.services.lambda_.layers import LayerOperations
from lakestack.services.lambda_.public_layers import NoFetcher
from lakestack.services.lambda_.runtimes import check_runnable, is_python
from lakestack.services.lambda_.state import STORE


class _Snapshots(dict[str, Any]):
    """A dict that another thread may change while its values are looked through."""

    def values(self) -> Any:
        return list(super().values())


class _DaemonTimer(threading.Timer):
    """Python's end does not wait for it: environments are kept for ten minutes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.daemon = True


class LakeLambdaProvider(  # type: ignore[misc]
    ConfigurationOperations, LayerOperations, InvocationOperations, LambdaProvider
):
    """LocalStack's control plane; what cannot run here is refused when it is created."""

    def __init__(self) -> None:
        super().__init__()
        self.layer_fetcher = NoFetcher()
        # LocalStack walks through this while other invocations add to it.
        self.lambda_service.assignment_service.environments = defaultdict(_Snapshots)

    def on_before_stop(self) -> None:
        """End everything now: LocalStack waits for each function's idle poller, seconds each."""
        for worker in self.esm_workers.values():
            worker.stop_for_shutdown()
        for manager in list(self.lambda_service.event_managers.values()):
            if manager.poller:
                manager.poller.stop()
        self.lambda_service.task_executor.shutdown(wait=False, cancel_futures=True)
        kill_all()

    @handler("CreateFunction", expand=False)
    def create_function(self, context: RequestContext, request: Any) -> Any:
        check_runnable(request.get("PackageType"), request.get("Runtime"))
        return super().create_function(context, request)

    def delete_function(
        self, context: RequestContext, function_name: str, qualifier: str | None = None, **_: Any
    ) -> None:
        account, region = api_utils.get_account_and_region(function_name, context)
        name, version = api_utils.get_name_and_qualifier(function_name, qualifier, context)
        if version is not None:
            _check_unreferenced(account, region, name, version)
        super().delete_function(context, function_name, qualifier)
        end_deleted(account, region, name, version)
        if version is None:
            STORE.get(account, region).keys.pop(name, None)

    def delete_function_concurrency(
        self, context: RequestContext, function_name: str, **_: Any
    ) -> None:
        """LocalStack does not look whether there is such a function."""
        self.get_function_concurrency(context, function_name)
        super().delete_function_concurrency(context, function_name)

    @handler("UpdateFunctionConfiguration", expand=False)
    def update_function_configuration(self, context: RequestContext, request: Any) -> Any:
        check_runnable(None, request.get("Runtime"))
        return super().update_function_configuration(context, request)

    def validate_event_source_mapping(self, context: RequestContext, request: Any) -> Any:
        mapping_rules.check(request)
        mapping_rules.check_function(context, request)
        found = super().validate_event_source_mapping(context, request)
        version = found[3]
        mapping_rules.check_queue(request.get("EventSourceArn") or "", version.config.timeout)
        return found

    def _validate_runtime(self, package_type: str, runtime: str) -> None:
        if not is_python(runtime):
            super()._validate_runtime(package_type, runtime)


def _check_unreferenced(account: str, region: str, name: str, version: str) -> None:
    """Refuse to delete a version that an alias references (API Reference, "DeleteFunction").

    Raises:
        ResourceConflictException: an alias does, by itself or with a part of its traffic
    """
    function = lambda_stores[account][region].functions.get(name)
    found = [
        alias.name
        for alias in (list(function.aliases.values()) if function else ())
        if version == alias.function_version
        or (alias.routing_configuration and version in alias.routing_configuration.version_weights)
    ]
    if found:
        raise ResourceConflictException(
            "Unable to delete version because the following aliases reference it: "
            f"[{', '.join(sorted(found))}]",
            Type="User",
        )


def create_service() -> Service:
    """Return the Lambda service, with LocalStack's parts replaced that do not suit processes."""
    # AWS refuses to create functions of old runtimes; templates written then must still run.
    known = patches.original("lambda.runtimes")
    known.extend(f"python3.{n}" for n in range(6, 15) if f"python3.{n}" not in known)
    patches.replace("lambda.log_subscriber", lambda _self: None)
    patches.replace("lambda.log_store", lambda _self, **_: None)
    patches.replace("lambda.timer", _DaemonTimer)
    _pass_client_context()
    steady_time.install(*steady_time.LAMBDA)
    provider = LakeLambdaProvider()
    provider.router.lambda_service = _ByUrl(provider.lambda_service)
    function_url.install()
    metrics.install()
    packages.install()
    kinesis_mapping.install(provider.lambda_service.invoke)
    queue_mapping.install()
    return Service.for_provider(provider)


class _ByUrl:
    """What function URLs invoke by: LocalStack hands over a client context that is none."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def invoke(self, **arguments: Any) -> Any:
        return self._service.invoke(**{**arguments, "client_context": None})


def _pass_client_context() -> None:
    """LocalStack drops the ClientContext of an invocation on its way to the environment."""
    original = patches.original("lambda.client_context")

    @functools.wraps(original)
    def invoke(self: Any, invocation: Any) -> Any:
        given = invocation.client_context
        try:
            decoded = json.loads(base64.b64decode(given)) if given else None
        except (ValueError, RecursionError) as e:
            raise InvalidRequestContentException(
                "Client context must be a valid Base64-encoded JSON object.", Type="User"
            ) from e
        self.runtime_executor.client_context = decoded
        return original(self, invocation)

    patches.replace("lambda.client_context", invoke)
