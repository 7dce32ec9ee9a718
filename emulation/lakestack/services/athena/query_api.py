"""Operations on query executions.

Amazon Athena API Reference, "StartQueryExecution", "GetQueryExecution", "GetQueryResults".
"""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.athena import result_rows
from lakestack.services.athena.engine import statement
from lakestack.services.athena.engine.errors import QueryError
from lakestack.services.athena.execution import SUCCEEDED, Document, Execution
from lakestack.services.athena.paging import by_name, page
from lakestack.services.athena.state import (
    CATALOG,
    ENGINE,
    PRIMARY,
    STORE,
    AthenaState,
    invalid,
    state_of,
)
from lakestack.services.base import client

MAX_ROWS = 1000
DEFAULT_AGE_MINUTES = 60
_REUSED = ("SELECT", "EXECUTE")
_IN_TABLES = ("CREATE_TABLE_AS_SELECT",)
_NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup "
    "result configuration setting or as an API input."
)


class QueryApi:
    """Start, follow and stop queries, and read their results."""

    @handler("StartQueryExecution", expand=False)
    def start_query_execution(self, context: RequestContext, request: Document) -> Document:
        """A statement that cannot be read is refused here already, as on AWS."""
        with STORE.holding(context.account_id, context.region) as state:
            name = request.get("WorkGroup") or PRIMARY
            group = state.work_group(name)
            if group["State"] == "DISABLED":
                raise invalid(f"WorkGroup {name} is disabled.")
            if same := _repeated(state, request):
                return {"QueryExecutionId": same.id}
            execution = _execution(request, name, group)
            if earlier := _reusable(state, execution):
                state.reuse(execution, earlier)
            else:
                state.start(execution)
            return {"QueryExecutionId": execution.id}

    @handler("GetQueryExecution", expand=False)
    def get_query_execution(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"QueryExecution": state.execution(request["QueryExecutionId"]).describe()}

    @handler("BatchGetQueryExecution", expand=False)
    def batch_get_query_execution(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return by_name(
                state.executions,
                request["QueryExecutionIds"],
                Execution.describe,
                "QueryExecutions",
                "UnprocessedQueryExecutionIds",
                lambda name: {
                    "QueryExecutionId": name,
                    "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                    "ErrorMessage": f"QueryExecution {name} was not found",
                },
            )

    @handler("ListQueryExecutions", expand=False)
    def list_query_executions(self, context: RequestContext, request: Document) -> Document:
        """Newest first."""
        state = state_of(context)
        with state.lock:
            name = request.get("WorkGroup") or PRIMARY
            state.work_group(name)
            found = [e.id for e in state.executions.values() if e.work_group == name]
            return page(found[::-1], request, "QueryExecutionIds")

    @handler("StopQueryExecution", expand=False)
    def stop_query_execution(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            state.stop(state.execution(request["QueryExecutionId"]))
        return {}

    @handler("GetQueryRuntimeStatistics", expand=False)
    def get_query_runtime_statistics(self, context: RequestContext, request: Document) -> Document:
        """The timeline and what was read; no stages."""
        state = state_of(context)
        with state.lock:
            found = state.execution(request["QueryExecutionId"])
            shown = found.describe()["Statistics"]
            names = ("EngineExecution", "QueryQueue", "TotalExecution", "ServiceProcessing")
            timeline = {f"{name}TimeInMillis": shown[f"{name}TimeInMillis"] for name in names}
            return {
                "QueryRuntimeStatistics": {
                    "Timeline": timeline,
                    "Rows": {"InputBytes": found.scanned},
                }
            }

    @handler("GetQueryResults", expand=False)
    def get_query_results(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            execution = state.execution(request["QueryExecutionId"])
            if not execution.is_over:
                raise invalid(
                    f"Query has not yet finished. Current state: {execution.state}",
                    "QUERY_NOT_FINISHED",
                )
            if execution.state != SUCCEEDED:
                raise invalid(
                    "Query did not finish successfully. Final query state: " + execution.state
                )
        if request.get("MaxResults") is not None and not 1 <= request["MaxResults"] <= MAX_ROWS:
            raise invalid(f"MaxResults is not in the range 1 to {MAX_ROWS}")
        s3 = client(context.account_id, context.region, "s3")
        try:
            return _results(s3, execution, request)
        except ClientError as e:
            code = e.response["Error"]["Code"]
            if code in ("404", "NoSuchKey", "NoSuchBucket"):
                raise invalid(
                    f"Could not find results at {execution.output}: they were deleted"
                ) from e
            raise


def _repeated(state: AthenaState, request: Document) -> Execution | None:
    """The execution that an earlier request with the same token has started.

    Raises:
        CommonServiceException: InvalidRequestException, that one was another request
    """
    token = request.get("ClientRequestToken")
    if not token:
        return None
    for execution in state.executions.values():
        if execution.token == token:
            if execution.query != request["QueryString"]:
                raise invalid("Idempotent parameters do not match")
            return execution
    return None


def _reusable(state: AthenaState, execution: Execution) -> Execution | None:
    """The newest execution whose result this one may have.

    Amazon Athena User Guide, "Reuse query results in Athena": the same text, database, catalog,
    work group and values, not older than it says.
    """
    if execution.max_age_minutes is None or execution.kind not in _REUSED:
        return None
    oldest = execution.submitted - timedelta(minutes=execution.max_age_minutes)
    names = ("query", "context", "work_group", "parameters", "result")
    for each in reversed(state.executions.values()):
        if (
            each.state == SUCCEEDED
            and not each.reused
            and each.completed is not None
            and each.completed >= oldest
            and all(getattr(each, name) == getattr(execution, name) for name in names)
        ):
            return each
    return None


def _execution(request: Document, name: str, group: Document) -> Execution:
    settings = group["Configuration"]
    shared = settings.get("ResultConfiguration") or {}
    own = request.get("ResultConfiguration") or {}
    chosen = shared if settings.get("EnforceWorkGroupConfiguration") else {**shared, **own}
    location = chosen.get("OutputLocation")
    if not location:
        raise invalid(_NO_LOCATION)
    if not location.startswith("s3://") or not location[5:].partition("/")[0]:
        raise invalid(f"outputLocation is not a valid S3 path: {location}")
    try:
        read = statement.read(request["QueryString"])
    except QueryError as e:
        raise invalid(str(e), "MALFORMED_QUERY") from e
    context = dict(request.get("QueryExecutionContext") or {})
    if context.get("Catalog", CATALOG).lower() != CATALOG.lower():
        raise invalid(f"Catalog {context['Catalog']} is not part of the emulated Athena")
    execution = Execution(
        id=str(uuid.uuid4()),
        query=request["QueryString"],
        type=read.type,
        kind=read.kind,
        context=context,
        work_group=name,
        engine=dict(settings.get("EngineVersion") or ENGINE),
        prefix=f"{location.rstrip('/')}/",
        submitted=clock.utc(),
        result={k: v for k, v in chosen.items() if k != "OutputLocation"},
        parameters=request.get("ExecutionParameters"),
        token=request.get("ClientRequestToken"),
        max_age_minutes=_max_age(request),
        cutoff=settings.get("BytesScannedCutoffPerQuery"),
    )
    execution.output = _expected_output(execution)
    return execution


def _max_age(request: Document) -> int | None:
    by_age = (request.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration")
    if not by_age or not by_age.get("Enabled"):
        return None
    return int(by_age.get("MaxAgeInMinutes", DEFAULT_AGE_MINUTES))


def _expected_output(execution: Execution) -> str:
    base = f"{execution.prefix}{execution.id}"
    if execution.kind in _IN_TABLES:
        return f"{execution.prefix}tables/{execution.id}"
    if execution.kind in ("INSERT", "UNLOAD"):
        return base
    return f"{base}.csv" if execution.kind in ("SELECT", "EXECUTE") else f"{base}.txt"


def _results(s3: Any, execution: Execution, request: Document) -> Document:
    bucket, _, key = execution.output.removeprefix("s3://").partition("/")
    reader = {".csv": result_rows.csv_rows, ".txt": result_rows.text_rows}.get(key[-4:])
    answer: Document = {
        "UpdateCount": execution.updated or 0,
        "ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": execution.columns}},
    }
    if reader is None:
        return answer
    size = request.get("MaxResults") or MAX_ROWS
    rows = reader(s3, bucket, key, result_rows.start_of(request.get("NextToken")))
    found = list(itertools.islice(rows, size))
    answer["ResultSet"]["Rows"] = [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
        for row, _ in found
    ]
    if len(found) == size and next(rows, None) is not None:
        answer["NextToken"] = str(found[-1][1])
    return answer
