"""Saved queries of CloudWatch Logs Insights, which neither LocalStack nor moto has.

Amazon CloudWatch Logs API Reference, "PutQueryDefinition", "DescribeQueryDefinitions" and
"DeleteQueryDefinition".
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.services.logs.provider import LogsProvider
from moto.logs.models import logs_backends

from lakestack import clock, patches
from lakestack.services.base import aws_error
from lakestack.services.paging import cut

Document = dict[str, Any]
_HELD = "query_definitions"
"""The attribute of moto's backend, so that they are reset and saved with it."""
_DEFAULT_PAGE = 1000
_LANGUAGE = "CWLI"


class Provider(LogsProvider):  # type: ignore[misc]
    """LocalStack's, with the three operations."""

    @handler("PutQueryDefinition", expand=False)
    def save_query(self, context: RequestContext, request: Document) -> Document:
        """Save a query, or change the one of an id."""
        held, named = _held(context), request.get("queryDefinitionId")
        if named and named not in held:
            raise _missing()
        name = named or str(uuid4())
        held[name] = {
            "queryLanguage": request.get("queryLanguage") or _LANGUAGE,
            "queryDefinitionId": name,
            "name": request["name"],
            "queryString": request["queryString"],
            "lastModified": clock.wall_ms(),
            "logGroupNames": list(request.get("logGroupNames") or []),
        }
        return {"queryDefinitionId": name}

    @handler("DescribeQueryDefinitions", expand=False)
    def saved_queries(self, context: RequestContext, request: Document) -> Document:
        """Those whose names begin as is asked, the last changed first."""
        prefix = request.get("queryDefinitionNamePrefix") or ""
        language = request.get("queryLanguage")
        found = [
            each
            for each in _held(context).values()
            if each["name"].startswith(prefix) and language in (None, each["queryLanguage"])
        ]
        found.sort(key=lambda each: each["lastModified"], reverse=True)
        asked = {"NextToken": request.get("nextToken"), "MaxResults": request.get("maxResults")}
        page, token = cut(
            *(found, asked, _DEFAULT_PAGE),
            lambda _: aws_error("InvalidParameterException", "The specified nextToken is invalid."),
        )
        return {"queryDefinitions": page, **({"nextToken": token} if token else {})}

    @handler("DeleteQueryDefinition", expand=False)
    def forget_query(self, context: RequestContext, request: Document) -> Document:
        """Delete a saved query."""
        if _held(context).pop(request["queryDefinitionId"], None) is None:
            raise _missing()
        return {"success": True}


def install() -> None:
    """Put ours into the place of LocalStack's provider."""
    patches.replace("logs.saved_queries", Provider)


def _held(context: RequestContext) -> dict[str, Document]:
    backend = logs_backends[context.account_id][context.region]
    held: dict[str, Document] = vars(backend).setdefault(_HELD, {})
    return held


def _missing() -> CommonServiceException:
    return aws_error("ResourceNotFoundException", "The specified query definition does not exist.")
