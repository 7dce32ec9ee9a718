"""Databases, tables and partitions: moto keeps them, corrected here where it differs from AWS.

Names are folded to lower case, lists are paginated, GetPartitions honours Segment, and a partition
must have a value for each of its table's keys.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.services.moto import call_moto_with_request

from lakestack.services.base import aws_error, client
from lakestack.services.glue import catalog_events, table_search
from lakestack.services.glue.paging import page
from lakestack.services.glue.partition_expression import MAX_LENGTH
from lakestack.services.patterns import PatternError

JsonDict = dict[str, Any]
_updating = threading.Lock()
_NAME_FIELDS = {"DatabaseName", "TableName"}
DEFAULT_PAGE = 1000


class CatalogApi:
    """Glue's operations on the Data Catalog."""

    @handler("CreateDatabase", expand=False)
    def create_database(self, context: RequestContext, request: JsonDict) -> Any:
        return _call(context, request, inner="DatabaseInput")

    @handler("UpdateDatabase", expand=False)
    def update_database(self, context: RequestContext, request: JsonDict) -> Any:
        return _call(context, request, inner="DatabaseInput", name="Name")

    @handler("GetDatabase", expand=False)
    def get_database(self, context: RequestContext, request: JsonDict) -> Any:
        return _call(context, request, name="Name")

    @handler("DeleteDatabase", expand=False)
    def delete_database(self, context: RequestContext, request: JsonDict) -> Any:
        return _call(context, request, name="Name")

    @handler("GetDatabases", expand=False)
    def get_databases(self, context: RequestContext, request: JsonDict) -> Any:
        return _paged(context, request, "DatabaseList", 100)

    @handler("CreateTable", expand=False)
    def create_table(self, context: RequestContext, request: JsonDict) -> Any:
        _require_table_input(request)
        return _call(context, request, inner="TableInput")

    @handler("UpdateTable", expand=False)
    def update_table(self, context: RequestContext, request: JsonDict) -> Any:
        """Only the version that VersionId names, if it does; with SkipArchive none is kept of it.

        Glue API Reference, "UpdateTable". Writers of Iceberg tables rely on the first.
        """
        _require_table_input(request)
        wanted, skip = request.pop("VersionId", None), request.pop("SkipArchive", False)
        if wanted is None and not skip:
            with _updating:
                return _call(context, request, inner="TableInput")
        glue = client(context.account_id, context.region, "glue")
        names = {"DatabaseName": request["DatabaseName"]}
        name = request["TableInput"]["Name"]
        with _updating:
            before = glue.get_table(**names, Name=name)["Table"]["VersionId"]
            if wanted not in (None, before):
                raise aws_error(
                    "ConcurrentModificationException",
                    "Update table failed due to concurrent modifications.",
                )
            answer = _call(context, request, inner="TableInput")
            if skip:
                glue.delete_table_version(**names, TableName=name, VersionId=before)
        return answer

    @handler("GetTable", expand=False)
    def get_table(self, context: RequestContext, request: JsonDict) -> Any:
        return _call(context, request, name="Name")

    @handler("DeleteTable", expand=False)
    def delete_table(self, context: RequestContext, request: JsonDict) -> Any:
        return _call(context, request, name="Name")

    @handler("GetTables", expand=False)
    def get_tables(self, context: RequestContext, request: JsonDict) -> Any:
        """Expression is a regular expression for the beginning of the names."""
        _check_pattern(request.get("Expression"))
        return _paged(context, request, "TableList", 100)

    @handler("SearchTables", expand=False)
    def search_tables(self, context: RequestContext, request: JsonDict) -> Any:
        """Tables of all databases."""
        glue = client(context.account_id, context.region, "glue")
        tables = [
            table
            for databases in glue.get_paginator("get_databases").paginate()
            for database in databases["DatabaseList"]
            for answer in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"])
            for table in answer["TableList"]
        ]
        return page(table_search.found(tables, request), request, "TableList", 100)

    @handler("BatchDeleteTable", expand=False)
    def batch_delete_table(self, context: RequestContext, request: JsonDict) -> Any:
        tables = [name.lower() for name in request["TablesToDelete"]]
        return _call(context, {**request, "TablesToDelete": tables})

    @handler("GetTableVersion", expand=False)
    def get_table_version(self, context: RequestContext, request: JsonDict) -> Any:
        """The latest version where the request names none."""
        answer = _call(context, request)
        version = answer["TableVersion"]
        version["VersionId"] = version["Table"]["VersionId"]
        return answer

    @handler("GetTableVersions", expand=False)
    def get_table_versions(self, context: RequestContext, request: JsonDict) -> Any:
        """Newest first."""
        return page(_versions(context, request), request, "TableVersions", 100)

    @handler("DeleteTableVersion", expand=False)
    def delete_table_version(self, context: RequestContext, request: JsonDict) -> Any:
        glue = client(context.account_id, context.region, "glue")
        wanted = {name: request[name] for name in ("DatabaseName", "TableName", "VersionId")}
        glue.get_table_version(**wanted)  # where there is none, moto would fail without a code
        return _call(context, request)

    @handler("GetPartition", expand=False)
    def get_partition(self, context: RequestContext, request: JsonDict) -> Any:
        _require_values(context, request, [request["PartitionValues"]])
        return _call(context, request)

    @handler("GetPartitions", expand=False)
    def get_partitions(self, context: RequestContext, request: JsonDict) -> Any:
        """Expression is read by us and evaluated by moto; Segment takes every n-th."""
        segment = request.get("Segment") or {"SegmentNumber": 0, "TotalSegments": 1}
        number, total = segment["SegmentNumber"], segment["TotalSegments"]
        if not 0 <= number < total <= 10:
            raise aws_error("InvalidInputException", f"Segment {number} of {total} is not valid")

        def choose(partitions: list[JsonDict]) -> list[JsonDict]:
            if request.get("ExcludeColumnSchema"):
                partitions = [_without_columns(p) for p in partitions]
            return partitions[number::total]

        return _paged(context, request, "Partitions", DEFAULT_PAGE, choose)

    @handler("CreatePartition", expand=False)
    def create_partition(self, context: RequestContext, request: JsonDict) -> Any:
        _require_values(context, request, [request["PartitionInput"].get("Values")])
        return _call(context, request)

    @handler("BatchCreatePartition", expand=False)
    def batch_create_partition(self, context: RequestContext, request: JsonDict) -> Any:
        if len(request["PartitionInputList"]) > 100:
            raise aws_error(
                "ValidationException",
                "1 validation error detected: Value at 'partitionInputList' failed to satisfy "
                "constraint: Member must have length less than or equal to 100",
            )
        _require_values(context, request, [p.get("Values") for p in request["PartitionInputList"]])
        return _call(context, request)

    @handler("UpdatePartition", expand=False)
    def update_partition(self, context: RequestContext, request: JsonDict) -> Any:
        values, new = request["PartitionValueList"], request["PartitionInput"]
        new.setdefault("Values", values)  # an update that does not say so keeps them
        _require_values(context, request, [values, new["Values"]])
        return _call(context, request)

    @handler("DeletePartition", expand=False)
    def delete_partition(self, context: RequestContext, request: JsonDict) -> Any:
        _require_values(context, request, [request["PartitionValues"]])
        return _call(context, request)

    @handler("BatchGetPartition", expand=False)
    def batch_get_partition(self, context: RequestContext, request: JsonDict) -> Any:
        _require_values(context, request, [p["Values"] for p in request["PartitionsToGet"]])
        return _call(context, request)

    @handler("BatchUpdatePartition", expand=False)
    def batch_update_partition(self, context: RequestContext, request: JsonDict) -> Any:
        for entry in request["Entries"]:
            entry["PartitionInput"].setdefault("Values", entry["PartitionValueList"])
            values = [entry["PartitionValueList"], entry["PartitionInput"]["Values"]]
            _require_values(context, request, values)
        return _call(context, request)

    @handler("BatchDeletePartition", expand=False)
    def batch_delete_partition(self, context: RequestContext, request: JsonDict) -> Any:
        _require_values(context, request, [p["Values"] for p in request["PartitionsToDelete"]])
        return _call(context, request)


def _call(
    context: RequestContext, request: JsonDict, *, inner: str | None = None, name: str | None = None
) -> Any:
    """Hand a request to moto with its names in lower case."""
    folded = dict(request)
    for field in _NAME_FIELDS | ({name} if name else set()):
        if isinstance(folded.get(field), str):
            folded[field] = folded[field].lower()
    if inner:
        folded[inner] = {**folded[inner], "Name": folded[inner]["Name"].lower()}
    try:
        answer = call_moto_with_request(context, folded)
    except PatternError as e:
        raise aws_error("InvalidInputException", e.message) from e
    catalog_events.announce(context, folded, answer)
    return answer


def _check_pattern(expression: str | None) -> None:
    """Check the length of an expression.

    Raises:
        ValidationException: longer than the API Reference's FilterString
    """
    if len(expression or "") > MAX_LENGTH:
        raise aws_error(
            "ValidationException",
            "1 validation error detected: Value at 'expression' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_LENGTH}",
        )


def _versions(context: RequestContext, request: JsonDict) -> list[JsonDict]:
    """All versions of a table, newest first."""
    answer = _call(context, {k: v for k, v in request.items() if k not in _PAGING})
    return sorted(answer["TableVersions"], key=lambda version: -int(version["VersionId"]))


def _paged(
    context: RequestContext,
    request: JsonDict,
    key: str,
    default: int,
    choose: Callable[[list[JsonDict]], list[JsonDict]] | None = None,
) -> JsonDict:
    answer = _call(context, {k: v for k, v in request.items() if k not in _PAGING})
    items = answer.get(key) or []
    return page(choose(items) if choose else items, request, key, default)


_PAGING = {"MaxResults", "NextToken", "Segment", "ExcludeColumnSchema"}


def _require_table_input(request: JsonDict) -> None:
    if not request.get("TableInput", {}).get("Name"):
        raise aws_error("InvalidInputException", "TableInput must have a Name")


def _require_values(
    context: RequestContext, request: JsonDict, partitions: list[list[str] | None]
) -> None:
    """Refuse partitions that have not one value for each of their table's keys.

    Glue API Reference, "CreatePartition". One that got in would make the whole table unreadable.
    """
    glue = client(context.account_id, context.region, "glue")
    table = glue.get_table(DatabaseName=request["DatabaseName"], Name=request["TableName"])["Table"]
    keys = len(table.get("PartitionKeys", []))
    if any(len(values or []) != keys for values in partitions):
        raise aws_error(
            "InvalidInputException",
            "The number of partition keys do not match the number of partition values",
        )


def _without_columns(partition: JsonDict) -> JsonDict:
    descriptor = dict(partition.get("StorageDescriptor", {}))
    descriptor.pop("Columns", None)
    return {**partition, "StorageDescriptor": descriptor}
