"""The API of CloudWatch Logs Insights, in the place of moto's, which reads no filter.

API Reference, "StartQuery": one of logGroupName, logGroupNames and logGroupIdentifiers; a query
that cannot be read is a MalformedQueryException. Queries end before StartQuery answers, and are
``Running`` in the first answer of GetQueryResults only where AWS would need the time: never here.
StopQuery stops a query whose end no answer has shown yet, so that clients can stop one at all.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.logs import InvalidParameterException, ResourceNotFoundException
from localstack.services.logs.models import get_moto_logs_backend
from moto.core.exceptions import JsonRESTError
from moto.logs.models import LogGroup, LogQuery
from moto.logs.responses import LogsResponse

from lakestack import patches
from lakestack.services.logs.groups import name_of
from lakestack.services.logs.insights.commands import MOST_ROWS, Query
from lakestack.services.logs.insights.events import fields_of
from lakestack.services.logs.insights.lexer import MalformedQueryError
from lakestack.services.patterns import PatternError

MOST_GROUPS = 50
"""API Reference, "StartQuery": so many log groups can be named."""
_GIVEN = ("logGroupName", "logGroupNames", "logGroupIdentifiers")


class _Rows(list[dict[str, str]]):
    """A query's rows, with its counts.

    Attributes:
        matched: events that its filters kept
        scanned: events in its time
        size: their bytes
    """

    matched = scanned = size = 0


def install() -> None:
    """Put our engine and the parameters that moto does not know into moto's place."""
    patches.replace("logs.insights.start", _start_query)
    patches.replace("logs.insights.run", run)
    patches.replace("logs.insights.results", _results)
    patches.replace("logs.insights.described", _described)
    patches.replace("logs.insights.stop", stop_query)


def run(log_groups: list[LogGroup], query: str, start_time: int, end_time: int) -> _Rows:
    """Run a query over the events of log groups.

    Args:
        start_time: Unix seconds, or milliseconds as some clients send them; inclusive
        end_time: the same

    Raises:
        JsonRESTError: MalformedQueryException: it cannot be read, or takes too long
    """
    first, last = _milliseconds(start_time), _last_millisecond(end_time)
    try:
        read = Query(query)
        events = [
            fields_of(event, stream.log_stream_name, group.name, group.account_id)  # type: ignore[has-type]
            for group in log_groups
            for stream in list(group.streams.values())
            for event in list(stream.events)
            if first <= event.timestamp <= last
        ]
        # User Guide, "sort": without it the newest come first.
        events.sort(key=lambda fields: fields["@timestamp"], reverse=True)
        size = sum(len(fields["@message"].encode()) for fields in events)
        scanned = len(events)
        rows, matched = read.run(events)
    except (MalformedQueryError, PatternError) as e:
        message = getattr(e, "message", None) or str(e)
        raise JsonRESTError("MalformedQueryException", message) from e
    found = _Rows(rows)
    found.matched, found.scanned, found.size = matched, scanned, size
    return found


def _milliseconds(moment: int) -> int:
    return moment if moment > 10**11 else moment * 1000


def _start_query(self: LogsResponse) -> str:
    given = [name for name in _GIVEN if self._get_param(name)]
    if len(given) != 1:
        message = f"Exactly one of {', '.join(_GIVEN)} must be specified"
        raise JsonRESTError("InvalidParameterException", message)
    named = self._get_param(given[0])
    names = [named] if isinstance(named, str) else named
    if len(names) > MOST_GROUPS:
        raise JsonRESTError(
            "InvalidParameterException", f"{len(names)} log groups: at most {MOST_GROUPS}"
        )
    limit = self._get_param("limit")
    if limit is not None and not 1 <= limit <= MOST_ROWS:
        raise JsonRESTError(
            "InvalidParameterException", f"limit {limit}: from 1 to {MOST_ROWS} are possible"
        )
    names = [name_of(each) for each in names]
    if missing := [name for name in names if name not in self.logs_backend.groups]:
        raise JsonRESTError(
            "ResourceNotFoundException",
            f"Log group '{missing[0]}' does not exist for account ID '{self.current_account}' "
            "(Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException)",
        )
    start, end = self._get_int_param("startTime"), self._get_int_param("endTime")
    if _milliseconds(start) > _milliseconds(end):
        raise JsonRESTError(
            "InvalidParameterException", "Query's start time must be before its end time"
        )
    text = self._get_param("queryString")
    made = self.logs_backend.start_query(names, start, end, text)
    if limit is not None:
        del self.logs_backend.queries[made].results[limit:]
    return json.dumps({"queryId": made})


@handler("StopQuery", expand=False)
def stop_query(_provider: Any, context: RequestContext, request: Any) -> dict[str, bool]:
    """Cancel a query, which then has no results.

    API Reference, "StopQuery": a query that has ended cannot be stopped.

    Raises:
        InvalidParameterException: an answer has shown its end already
        ResourceNotFoundException: there is no such query
    """
    wanted = request["queryId"]
    query = get_moto_logs_backend(context.account_id, context.region).queries.get(wanted)
    if query is None:
        raise ResourceNotFoundException(f"Query with ID {wanted} does not exist.")
    if getattr(query, "shown", False) or query.status != "Complete":
        raise InvalidParameterException("Query is not in Running or Scheduled state")
    query.status, query.results = "Cancelled", _Rows()
    return {"success": True}


def _described(query: LogQuery, log_group_name: str) -> dict[str, Any]:
    """As DescribeQueries has it: with its log groups and its time before the text."""
    query.shown = True  # type: ignore[attr-defined]
    found: dict[str, Any] = patches.original("logs.insights.described")(query, log_group_name)
    sources = ", ".join(f'"{name}"' for name in query.log_group_names)
    first, last = _milliseconds(query.start_time), _last_millisecond(query.end_time)
    text = f"SOURCE {sources} START={first} END={last} | {query.query}"
    created = int(found["createTime"])
    return {**found, "createTime": created, "queryLanguage": "CWLI", "queryString": text}


def _last_millisecond(moment: int) -> int:
    """An end in seconds takes in its whole second."""
    return moment if moment > 10**11 else moment * 1000 + 999


def _results(query: LogQuery) -> dict[str, Any]:
    rows: Any = query.results
    query.shown = True  # type: ignore[attr-defined]
    return {
        "queryLanguage": "CWLI",
        "results": [
            [{"field": name, "value": value} for name, value in row.items()] for row in rows
        ],
        "statistics": {
            "recordsMatched": float(rows.matched),
            "recordsScanned": float(rows.scanned),
            "bytesScanned": float(rows.size),
        },
        "status": query.status,
    }
