"""Changes of the Data Catalog, as events: one place that all of them pass.

AWS Glue Developer Guide, "Automating AWS Glue with EventBridge": which operations make an event
of a database, and which one of a table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext

from lakestack.services import arns, state_events
from lakestack.services.state_events import types

JsonDict = dict[str, Any]
Names = Callable[[JsonDict], list[Any]]
"""What an operation of a batch is about, from its request."""

_DATABASE: dict[str, Names] = {
    "CreateDatabase": lambda _: [],
    "DeleteDatabase": lambda _: [],
    "CreateTable": lambda r: [r["TableInput"]["Name"]],
    "DeleteTable": lambda r: [r["Name"]],
    "BatchDeleteTable": lambda r: list(r["TablesToDelete"]),
}
_TABLE: dict[str, Names] = {
    "UpdateTable": lambda _: [],
    "CreatePartition": lambda r: [r["PartitionInput"]["Values"]],
    "UpdatePartition": lambda r: [r["PartitionInput"]["Values"]],
    "DeletePartition": lambda r: [r["PartitionValues"]],
    "BatchCreatePartition": lambda r: [p["Values"] for p in r["PartitionInputList"]],
    "BatchUpdatePartition": lambda r: [p["PartitionInput"]["Values"] for p in r["Entries"]],
    "BatchDeletePartition": lambda r: [p["Values"] for p in r["PartitionsToDelete"]],
}


def announce(context: RequestContext, request: JsonDict, answer: JsonDict) -> None:
    """Publish what an operation has changed; nothing where it changes nothing.

    Args:
        request: with its names in lower case
        answer: of the operation: what its Errors name has not changed
    """
    operation = context.operation.name if context.operation else ""
    if operation in _DATABASE:
        _announce_database(context, operation, request, answer)
    elif operation in _TABLE:
        _announce_table(context, operation, request, answer)


def _announce_database(
    context: RequestContext, operation: str, request: JsonDict, answer: JsonDict
) -> None:
    database = request.get("DatabaseName") or request.get("Name")
    name = str(database or request["DatabaseInput"]["Name"])
    failed = {str(e.get("TableName")).lower() for e in (answer or {}).get("Errors") or ()}
    asked = _DATABASE[operation](request)
    tables = [table for table in asked if table not in failed]
    if asked and not tables:
        return
    resources = [_arn(context, f"table/{name}/{table}") for table in tables]
    state_events.publish(
        types.GLUE_DATABASE,
        context.account_id,
        context.region,
        {"databaseName": name, "typeOfChange": operation, "changedTables": tables},
        resources or [_arn(context, f"database/{name}")],
    )


def _announce_table(
    context: RequestContext, operation: str, request: JsonDict, answer: JsonDict
) -> None:
    database = request["DatabaseName"]
    table = request.get("TableName") or request["TableInput"]["Name"]
    failed = [
        e.get("PartitionValues") or e.get("PartitionValueList")
        for e in (answer or {}).get("Errors") or ()
    ]
    asked = _TABLE[operation](request)
    changed = [values for values in asked if values not in failed]
    if asked and not changed:
        return
    state_events.publish(
        types.GLUE_TABLE,
        context.account_id,
        context.region,
        {
            "databaseName": database,
            "changedPartitions": [f"[{', '.join(values)}]" for values in changed],
            "typeOfChange": operation,
            "tableName": table,
        },
        [_arn(context, f"table/{database}/{table}")],
    )


def _arn(context: RequestContext, resource: str) -> str:
    return arns.arn("glue", context.region, context.account_id, resource)
