"""Whether the databases, tables and columns that a request names are in Glue's Data Catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext

from lakestack.services.base import client
from lakestack.services.lakeformation import grants
from lakestack.services.lakeformation.grants import Document
from lakestack.services.lakeformation.state import invalid, not_found

_MISSING = "EntityNotFoundException"


def named(resource: Mapping[str, Any], catalog_id: str) -> Document:
    """The resource that a request names, as `grants.normalised` gives it.

    Raises:
        CommonServiceException: InvalidInputException, it names none, or no single one
    """
    try:
        return grants.normalised(resource, catalog_id)
    except ValueError as e:
        raise invalid(str(e)) from e


def check(context: RequestContext, resource: Mapping[str, Any]) -> None:
    """Look up what a resource names in the caller's own catalog; of others nothing is known here.

    Args:
        resource: from `named`

    Raises:
        CommonServiceException: EntityNotFoundException; InvalidInputException, a column is missing
    """
    ((kind, named),) = resource.items()
    own = {"DataCellsFilter": "TableCatalogId"}.get(kind, "CatalogId")
    if named.get(own) != context.account_id:
        return
    match kind:
        case "Database":
            _database(context, named["Name"])
        case "Table" if "TableWildcard" in named:
            _database(context, named["DatabaseName"])
        case "Table":
            table(context, named["DatabaseName"], named["Name"])
        case "TableWithColumns":
            have = columns(table(context, named["DatabaseName"], named["Name"]))
            wildcard = named.get("ColumnWildcard") or {}
            given = named.get("ColumnNames") or wildcard.get("ExcludedColumnNames") or []
            if unknown := [name for name in given if name.lower() not in have]:
                raise invalid(
                    "cannot grant/revoke permission on non-existent column: " + ", ".join(unknown)
                )
        case "DataCellsFilter":
            table(context, named["DatabaseName"], named["TableName"])


def table(context: RequestContext, database: str, name: str) -> dict[str, Any]:
    """A table of Glue's.

    Raises:
        CommonServiceException: EntityNotFoundException
    """
    glue = client(context.account_id, context.region, "glue")
    try:
        return dict(glue.get_table(DatabaseName=database, Name=name)["Table"])
    except ClientError as e:
        if e.response["Error"]["Code"] != _MISSING:
            raise
        raise not_found(f"Table not found: {database}.{name}") from e


def columns(found: Mapping[str, Any]) -> set[str]:
    """The names of a table's columns and partition keys, in lower case as Glue compares them."""
    storage = found.get("StorageDescriptor") or {}
    listed = [*(storage.get("Columns") or []), *(found.get("PartitionKeys") or [])]
    return {each["Name"].lower() for each in listed}


def _database(context: RequestContext, name: str) -> None:
    glue = client(context.account_id, context.region, "glue")
    try:
        glue.get_database(Name=name)
    except ClientError as e:
        if e.response["Error"]["Code"] != _MISSING:
            raise
        raise not_found(f"Database not found: {name}") from e
