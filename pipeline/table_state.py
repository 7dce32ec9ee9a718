"""Whether a DynamoDB table can be read, and whether it is still the same one.

A table of a name may be there and hold nothing that can be read: DescribeTable says so in its
status (Amazon DynamoDB API Reference, "TableDescription", TableStatus and ArchivalSummary).
"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing

__all__ = [
    "first_unreadable",
    "holds_items",
    "table_id",
    "unreadable",
    "unreadable_if_there",
    "why_unreadable",
]

_READABLE: Final = ("ACTIVE", "UPDATING")


def unreadable(lake: Lake, table: str) -> str | None:
    """The table and why it cannot be read, None when it can."""
    return why_unreadable(table, _describe(lake.client("dynamodb"), table))


def first_unreadable(dynamodb: Any, tables: list[str]) -> str | None:
    """The first of some tables that cannot be read, and why; None when all can."""
    found = (why_unreadable(table, _describe(dynamodb, table)) for table in tables)
    return next((text for text in found if text), None)


def unreadable_if_there(lake: Lake, table: str) -> str | None:
    """As `unreadable`, of a table that may be absent."""
    found = _describe(lake.client("dynamodb"), table)
    return why_unreadable(table, found) if found else None


def holds_items(lake: Lake, tables: list[str]) -> bool:
    """Whether any of some tables has an item; a table that cannot be read counts as holding some.

    Raises:
        ClientError: other than that a table is not there
    """
    dynamodb = lake.client("dynamodb")
    for table in tables:
        try:
            if dynamodb.scan(TableName=table, Limit=1, ConsistentRead=True)["Count"]:
                return True
        except ClientError as error:
            if not is_missing(error):
                raise
            return True
    return False


def table_id(lake: Lake, table: str) -> str | None:
    """What tells a table from a later one of the same name; None when it cannot be read."""
    found = _describe(lake.client("dynamodb"), table)
    if found is None or why_unreadable(table, found):
        return None
    return str(found.get("TableId") or found["CreationDateTime"])


def why_unreadable(table: str, description: dict[str, Any] | None) -> str | None:
    """As `unreadable`, of what DescribeTable has answered; None is no table at all."""
    if description is None:
        return f"DynamoDB table {table}"
    status = description["TableStatus"]
    if status in _READABLE:
        return None
    reason = description.get("ArchivalSummary", {}).get("ArchivalReason", "")
    return f"DynamoDB table {table} ({status}{': ' if reason else ''}{reason})"


def _describe(dynamodb: Any, table: str) -> dict[str, Any] | None:
    try:
        return dict(dynamodb.describe_table(TableName=table)["Table"])
    except ClientError as error:
        if is_missing(error):
            return None
        raise
