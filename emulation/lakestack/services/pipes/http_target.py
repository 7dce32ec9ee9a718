"""API destinations as targets and enrichments of pipes.

Amazon EventBridge User Guide, "Amazon EventBridge Pipes targets" and "Event enrichment in Amazon
EventBridge Pipes": HttpParameters may be paths into the event.
"""

from __future__ import annotations

from typing import Any

from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.api_destinations.invocation import HttpParameters, invoke
from lakestack.services.pipes.event_values import MISSING, PATH, decoded, text_of, value_at


def send(arn: str, document: str, parameters: dict[str, Any], event: Any) -> bytes:
    """Send a document to an API destination.

    Args:
        parameters: HttpParameters
        event: for the paths in them

    Returns:
        the body of the answer

    Raises:
        TargetError: the endpoint has not taken it, or a path leads nowhere
        ClientError: the destination is not there
    """
    read = decoded(event)
    return invoke(
        arn,
        document,
        HttpParameters(
            [_filled(value, read) for value in parameters.get("PathParameterValues") or []],
            _each_filled(parameters.get("HeaderParameters") or {}, read),
            _each_filled(parameters.get("QueryStringParameters") or {}, read),
        ),
    )


def _each_filled(given: dict[str, str], read: Any) -> dict[str, str]:
    return {name: _filled(value, read) for name, value in given.items()}


def _filled(value: str, read: Any) -> str:
    if not value.startswith("$") or not PATH.fullmatch(value):
        return value
    found = value_at(read, value)
    if found is MISSING:
        raise TargetError("INVALID_PARAMETER", f"HttpParameters: the event has nothing at {value}")
    return text_of(found)
