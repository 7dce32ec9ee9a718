"""Glue's Data Catalog, as queries see it."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.athena.engine.errors import QueryError, not_supported

Document = dict[str, Any]
CATALOG = "awsdatacatalog"
_VIEW_HEAD, _VIEW_TAIL = "/* Presto View: ", " */"
_INPUT = (
    *("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys"),
    *("ViewOriginalText", "ViewExpandedText", "TableType", "Parameters"),
)


class Catalog:
    """Databases, tables and partitions.

    Args:
        glue: boto3's client
    """

    def __init__(self, glue: Any) -> None:
        self.glue = glue

    def has_database(self, name: str) -> bool:
        """Whether there is such a database."""
        return _found(lambda: self.glue.get_database(Name=name)) is not None

    def databases(self) -> list[str]:
        """Names, sorted."""
        pages = self.glue.get_paginator("get_databases").paginate()
        return sorted(each["Name"] for page in pages for each in page["DatabaseList"])

    def tables(self, database: str) -> list[Document]:
        """Tables and views, by name.

        Raises:
            QueryError: there is no such database
        """
        if not self.has_database(database):
            raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist")
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return sorted((t for page in pages for t in page["TableList"]), key=lambda t: t["Name"])

    def table(self, database: str, name: str) -> Document | None:
        """A table or view."""
        answer = _found(lambda: self.glue.get_table(DatabaseName=database, Name=name))
        return answer["Table"] if answer else None

    def partitions(self, table: Document) -> list[Document]:
        """All partitions of a table."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=table["DatabaseName"], TableName=table["Name"]
        )
        return [each for page in pages for each in page["Partitions"]]

    def create(self, database: str, table: Document) -> None:
        """Create a table or view."""
        self.glue.create_table(DatabaseName=database, TableInput=table)

    def update(self, table: Document) -> None:
        """Change a table, given as `table` gave it."""
        changed = {name: table[name] for name in _INPUT if name in table}
        self.glue.update_table(DatabaseName=table["DatabaseName"], TableInput=changed)

    def delete(self, table: Document) -> None:
        """Delete a table or view."""
        self.glue.delete_table(DatabaseName=table["DatabaseName"], Name=table["Name"])

    def add_partitions(self, table: Document, partitions: list[tuple[list[str], str]]) -> list[str]:
        """Add partitions with the table's columns and format.

        Args:
            partitions: values and location of each

        Returns:
            what Glue says of those that could not be added
        """
        inputs = [
            {"Values": values, "StorageDescriptor": {**descriptor(table), "Location": location}}
            for values, location in partitions
        ]
        errors = []
        for at in range(0, len(inputs), 100):
            answer = self.glue.batch_create_partition(
                DatabaseName=table["DatabaseName"],
                TableName=table["Name"],
                PartitionInputList=inputs[at : at + 100],
            )
            errors += [e["ErrorDetail"]["ErrorCode"] for e in answer.get("Errors", ())]
        return errors


def descriptor(table: Document) -> Document:
    """StorageDescriptor."""
    found: Document = table.get("StorageDescriptor") or {}
    return found


def keys(table: Document) -> list[Document]:
    """Partition keys, as columns."""
    return list(table.get("PartitionKeys") or ())


def columns(table: Document) -> list[Document]:
    """Columns, without the partition keys, and those that an Iceberg table no longer has."""
    return [
        each
        for each in descriptor(table).get("Columns") or ()
        if (each.get("Parameters") or {}).get("iceberg.field.current") != "false"
    ]


def is_view(table: Document) -> bool:
    """Whether it is a view."""
    return table.get("TableType") == "VIRTUAL_VIEW"


def view_text(definition: Document) -> str:
    """ViewOriginalText of a view's definition."""
    encoded = base64.b64encode(json.dumps(definition).encode()).decode()
    return f"{_VIEW_HEAD}{encoded}{_VIEW_TAIL}"


def view_definition(table: Document) -> Document:
    """What `view_text` was made from.

    Raises:
        QueryError: the view is not Presto's
    """
    text = table.get("ViewOriginalText") or ""
    if not text.startswith(_VIEW_HEAD):
        raise not_supported(f"The view {table['Name']}, which is none of Athena's,")
    try:
        encoded = text[len(_VIEW_HEAD) :].rpartition(_VIEW_TAIL)[0]
        found: Document = json.loads(base64.b64decode(encoded))
        found["originalSql"]
    except (ValueError, binascii.Error, KeyError, TypeError) as e:
        raise QueryError("INVALID_VIEW", f"Invalid view JSON: {text[:100]}") from e
    return found


def _found(ask: Any) -> Document | None:
    try:
        answer: Document = ask()
    except ClientError as e:
        if e.response["Error"]["Code"] == "EntityNotFoundException":
            return None
        raise
    return answer
