"""The chain of handlers that each request goes through: shorter, with the same effect.

Left out is what does nothing under this emulator's settings, which do not change while it runs.
"""

from __future__ import annotations

from typing import Any

from localstack import config
from localstack.aws import handlers
from localstack.aws.handlers.metric_handler import MetricHandler

from lakestack.services import request_ids
from lakestack.services.request_log import RequestLog


def shorten(gateway: Any) -> None:
    """Leave out what is idle, and put in what costs less."""
    idle = _idle()
    for name in ("request_handlers", "response_handlers", "finalizers"):
        chain = getattr(gateway, name)
        chain[:] = [handler for handler in chain if not any(test(handler) for test in idle)]
    requests, answers = gateway.request_handlers, gateway.response_handlers
    requests[requests.index(handlers.parse_trace_context)] = request_ids.read_trace
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
