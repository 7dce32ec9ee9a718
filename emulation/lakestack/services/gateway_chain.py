"""The chain of handlers that each request goes through: LocalStack's with ours, without the idle.

Left out is what does nothing under this emulator's settings, which do not change while it runs.
"""

from __future__ import annotations

import functools
from typing import Any

from localstack import config
from localstack.aws import handlers
from localstack.aws.handlers.metric_handler import MetricHandler

from lakestack import patches
from lakestack.services import credential_scope, request_ids
from lakestack.services.apigatewayv2.gateway import HttpApis
from lakestack.services.dynamodb.short_way import ShortWay
from lakestack.services.fault_injection.handler import inject
from lakestack.services.front_guard.handlers import (
    Application,
    CorsGate,
    guard_of_settings,
    place,
)
from lakestack.services.known_paths import KnownPaths
from lakestack.services.request_log import RequestLog
from lakestack.services.saved_state import gate
from lakestack.services.saved_state.observer import observe


def install() -> None:
    """Put our handlers into the gateway that LocalStack is about to make."""
    guard = guard_of_settings()
    make, process = patches.original("gateway.make"), patches.original("gateway.process")

    @functools.wraps(make)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - the patched method
        make(self, *args, **kwargs)
        place(self, guard)
        extend(self)
        shorten(self)

    @functools.wraps(process)
    def process_from_network(self: Any, request: Any, response: Any) -> Any:
        request.environ["lake.network"] = True
        return process(self, request, response)

    patches.replace("gateway.make", __init__)
    patches.replace("gateway.process", process_from_network)


def extend(gateway: Any) -> None:
    """Insert, behind the guard, the short way, users' faults, and what saved states need."""
    chain = gateway.request_handlers
    (checked,) = (at for at, handler in enumerate(chain) if isinstance(handler, CorsGate))
    chain.insert(checked + 1, ShortWay(gate.GATE.passing))
    (applications,) = (at for at, handler in enumerate(chain) if isinstance(handler, Application))
    chain.insert(applications, HttpApis(by_host=True))
    chain.insert(chain.index(handlers.serve_edge_router_rules), HttpApis(by_host=False))
    place_of_faults = chain.index(handlers.serve_custom_service_request_handlers)
    chain[place_of_faults:place_of_faults] = [inject, gate.enter]
    gateway.finalizers.append(gate.leave)
    gateway.response_handlers.append(observe)


def shorten(gateway: Any) -> None:
    """Leave out what is idle, and put in what costs less."""
    idle = _idle()
    for name in ("request_handlers", "response_handlers", "finalizers"):
        chain = getattr(gateway, name)
        chain[:] = [handler for handler in chain if not any(test(handler) for test in idle)]
    requests, answers = gateway.request_handlers, gateway.response_handlers
    requests[requests.index(handlers.parse_trace_context)] = request_ids.read_trace
    region, account = handlers.add_region_from_header, handlers.add_account_id
    requests[requests.index(region)] = credential_scope.Region(region)
    requests[requests.index(account)] = credential_scope.Account(account)
    own = handlers.serve_localstack_resources
    requests[requests.index(own)] = KnownPaths(own, own.resources)
    routes = handlers.serve_edge_router_rules
    requests[requests.index(routes)] = KnownPaths(routes, routes.router)
    answers[answers.index(handlers.log_response)] = RequestLog(handlers.log_response)


def _idle() -> list[Any]:
    found: list[Any] = []
    if not config.is_collect_metrics_mode():
        found.append(lambda handler: isinstance(getattr(handler, "__self__", None), MetricHandler))
    if not config.OPENAPI_VALIDATE_REQUEST:
        found.append(lambda handler: handler is handlers.validate_request_schema)
    if not config.OPENAPI_VALIDATE_RESPONSE:
        found.append(lambda handler: handler is handlers.validate_response_schema)
    if config.DISABLE_EVENTS:
        found.append(lambda handler: handler is handlers.count_service_request)
    if config.GATEWAY_SERVER != "hypercorn":
        found.append(lambda handler: handler is handlers.set_close_connection_header)
    return found
