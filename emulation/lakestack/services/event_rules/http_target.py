"""API destinations and stages of API Gateway as targets of rules.

Amazon EventBridge User Guide, "Event bus targets in Amazon EventBridge", "Dynamic path parameters":
a value of HttpParameters may be a JSON path, the entire value, into the event itself. LocalStack
4.9.2 sends the path.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from localstack.services.events.target import ApiGatewayTargetSender
from localstack.services.events.utils import to_json_str

from lakestack.services.api_destinations.invocation import HttpParameters, invoke
from lakestack.services.event_rules.event import Delivery, Document
from lakestack.services.event_rules.json_paths import NOTHING, at_path
from lakestack.services.event_rules.target_input import OriginalSender

_PATH = re.compile(r"\$(\.[\w/-]+(\[(\d+|\*)\])*)+")
"""Dot notation, with indices (API Reference of EventBridge Pipes, "PipeTargetHttpParameters")."""


class ApiDestinationSender(OriginalSender):
    """Fails where the endpoint has not taken the event."""

    def send_event(self, event: Any, trace_header: Any) -> None:
        raise NotImplementedError("`send` has the event, for its parameters")

    def send(self, delivery: Delivery, document: Any) -> None:
        found = parameters_of(self.target, delivery.shown())
        header = {"X-Amzn-Trace-Id": delivery.trace.to_header_str()}
        parameters = HttpParameters(found.path, {**header, **found.headers}, found.query)
        invoke(self.target["Arn"], to_json_str(document), parameters)


class StageSender(OriginalSender, ApiGatewayTargetSender):
    """Sends as LocalStack does, with the parameters of the event."""

    def send(self, delivery: Delivery, document: Any) -> None:
        found = parameters_of(self.target, delivery.shown())
        filled = copy.copy(self)
        filled.target = {
            **self.target,
            "HttpParameters": {
                "PathParameterValues": found.path,
                "HeaderParameters": found.headers,
                "QueryStringParameters": found.query,
            },
        }
        filled.send_event(document, delivery.trace)


def parameters_of(target: Document, event: Document) -> HttpParameters:
    """HttpParameters of a target, with values of the event.

    Args:
        target: of PutTargets
        event: as AWS has it, before its transformation
    """
    given = target.get("HttpParameters") or {}
    return HttpParameters(
        [_value(value, event) for value in given.get("PathParameterValues") or []],
        {name: _value(v, event) for name, v in (given.get("HeaderParameters") or {}).items()},
        {name: _value(v, event) for name, v in (given.get("QueryStringParameters") or {}).items()},
    )


def _value(given: str, event: Document) -> str:
    """A value, or that of the event at its path: empty where there is none (our guess)."""
    if not _PATH.fullmatch(given):
        return given
    found = at_path(event, given)
    if found is NOTHING or found is None:
        return ""
    return found if isinstance(found, str) else to_json_str(found)
