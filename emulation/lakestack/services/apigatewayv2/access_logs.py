"""Access logs of stages.

API Gateway Developer Guide, "Configure logging for HTTP APIs in API Gateway" and "Customize HTTP
API access logs": a line for each request, in a log group; ``-`` for a variable without a value.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.apigatewayv2.events import Answer
from lakestack.services.apigatewayv2.incoming import Incoming
from lakestack.services.apigatewayv2.mapping import context_of
from lakestack.services.base import client

LOG = logging.getLogger(__name__)
STREAM = "requests"
"""Of the log group; AWS makes one of its own name for each of its hosts."""
GROUP = re.compile(r"arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:([^:*]+)(?::\*)?")
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_])")


def line(form: str, request: Incoming, answer: Answer) -> str:
    """A request's line.

    Args:
        form: with ``$context`` variables
    """
    known = {
        **context_of(request),
        "responseLength": str(len(answer.body)),
        "status": str(answer.status),
    }
    return _VARIABLE.sub(lambda found: known.get(found[1]) or "-", form)


def write(settings: Mapping[str, Any], request: Incoming, answer: Answer) -> None:
    """Write a request's line; a group that is not there hinders nobody."""
    group = GROUP.fullmatch(settings.get("DestinationArn") or "")
    if group is None or not settings.get("Format"):
        return
    logs = client(request.account, request.region, "logs")
    event = {
        "timestamp": int(request.time.timestamp() * 1000),
        "message": line(settings["Format"], request, answer),
    }
    named = {"logGroupName": group[1], "logStreamName": STREAM}
    try:
        try:
            logs.put_log_events(**named, logEvents=[event])
        except logs.exceptions.ResourceNotFoundException:
            logs.create_log_stream(**named)
            logs.put_log_events(**named, logEvents=[event])
    except (ClientError, BotoCoreError) as e:
        LOG.info("no access log of API %s in %s: %s", request.api_id, group[1], e)
