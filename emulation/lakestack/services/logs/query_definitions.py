"""Saved queries of CloudWatch Logs Insights, which moto does not have.

Amazon CloudWatch Logs API Reference, "PutQueryDefinition", "DescribeQueryDefinitions" and
"DeleteQueryDefinition".
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from lakestack import clock

_HELD = "query_definitions"
"""The backend's attribute, so that they are reset and saved with it."""
_DEFAULT_PAGE = 1000
_LANGUAGE = "CWLI"


def install() -> None:
    """Give moto's responses the three operations."""
    for operation in (put_query_definition, describe_query_definitions, delete_query_definition):
        setattr(LogsResponse, operation.__name__, operation)


def put_query_definition(self: LogsResponse) -> str:
    """Save a query, or change the one of an id.

    Raises:
        ResourceNotFoundException: there is none of that id
    """
    given: dict[str, Any] = json.loads(self.body or "{}")
    held, named = _held(self.logs_backend), given.get("queryDefinitionId")
    if named and named not in held:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    name = named or str(uuid4())
    held[name] = {
        "queryLanguage": given.get("queryLanguage") or _LANGUAGE,
        "queryDefinitionId": name,
        "name": given["name"],
        "queryString": given["queryString"],
        "lastModified": clock.wall_ms(),
        "logGroupNames": list(given.get("logGroupNames") or []),
    }
    return json.dumps({"queryDefinitionId": name})


def describe_query_definitions(self: LogsResponse) -> str:
    """The saved queries, those last changed first, whose names begin as is asked."""
    given: dict[str, Any] = json.loads(self.body or "{}")
    prefix, language = given.get("queryDefinitionNamePrefix") or "", given.get("queryLanguage")
    token = given.get("nextToken") or "0"
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise InvalidParameterException("The specified nextToken is invalid.")
    found = [
        each
        for each in _held(self.logs_backend).values()
        if each["name"].startswith(prefix) and language in (None, each["queryLanguage"])
    ]
    found.sort(key=lambda each: each["lastModified"], reverse=True)
    start, count = int(token), int(given.get("maxResults") or _DEFAULT_PAGE)
    answer: dict[str, Any] = {"queryDefinitions": found[start : start + count]}
    if start + count < len(found):
        answer["nextToken"] = str(start + count)
    return json.dumps(answer)


def delete_query_definition(self: LogsResponse) -> str:
    """Delete a saved query.

    Raises:
        ResourceNotFoundException: there is none of that id
    """
    if _held(self.logs_backend).pop(self._get_param("queryDefinitionId"), None) is None:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    return json.dumps({"success": True})


def _held(backend: LogsBackend) -> dict[str, dict[str, Any]]:
    held: dict[str, dict[str, Any]] = vars(backend).setdefault(_HELD, {})
    return held
