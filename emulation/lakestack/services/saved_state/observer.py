"""Notes at the gateway that a request may have changed something."""

from __future__ import annotations

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from lakestack import changes

READING = (
    *("Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "Search", "Lookup"),
    *("Simulate", "Validate", "Estimate", "Select", "Check"),
)
"""Beginnings of the names of operations that change nothing."""

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = "/_lakestack/state"


def observe(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A handler of responses; a request that failed may have done a part."""
    del chain, response
    if context.operation is not None:
        if not context.operation.name.startswith(READING):
            changes.note()
    elif context.request.method not in READING_METHODS and not context.request.path.startswith(OWN):
        changes.note()
