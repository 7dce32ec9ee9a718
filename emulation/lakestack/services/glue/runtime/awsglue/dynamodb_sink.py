"""Write the records of a DynamicFrame to a DynamoDB table, as items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, Row

from .clients import client
from .errors import SourceError


def write(frame: DataFrame, table: str) -> None:
    """Put each record as an item; one with the same key is replaced.

    Raises:
        SourceError: there is no such table
    """
    dynamodb = client("dynamodb")
    try:
        schema = dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
    except dynamodb.exceptions.ResourceNotFoundException as e:
        raise SourceError(f"there is no DynamoDB table {table}; create it first") from e
    keys = [part["AttributeName"] for part in schema]
    frame.rdd.foreachPartition(partial(_put, table, keys))


def _put(table: str, keys: list[str], rows: Iterable[Row]) -> None:
    import boto3

    resource = boto3.resource("dynamodb").Table(table)
    with resource.batch_writer(overwrite_by_pkeys=keys) as batch:
        for row in rows:
            batch.put_item(Item=item(row.asDict(recursive=True)))


def item(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as boto3 takes an item: numbers as Decimal, without what is null."""
    return {name: _value(value) for name, value in record.items() if value is not None}


def _value(value: Any) -> Any:
    match value:
        case float():
            return Decimal(repr(value))
        case Mapping():
            return item(value)
        case list() | tuple():
            return [_value(each) for each in value]
        case bool() | int() | str() | bytes() | bytearray() | Decimal() | None:
            return value
        case _:  # dates and times, which DynamoDB has no type for
            return str(value)
