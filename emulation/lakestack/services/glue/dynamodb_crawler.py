"""Crawl a DynamoDB table: the union of its items' attributes, with the catalog's types.

The scan goes straight to DynamoDB's engine, which is several times faster than through the gateway.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.base import client
from lakestack.services.dms.dynamodb_wire import DynamodbError, DynamodbWire
from lakestack.services.dynamodb.engine import engine_endpoint, tables
from lakestack.services.dynamodb.engine_process import EngineError
from lakestack.services.glue.crawl_errors import CrawlCancelledError, CrawlError
from lakestack.services.glue.schema_types import (
    Array,
    Column,
    GlueType,
    Struct,
    merge,
    merge_all,
    merge_columns,
)

SAMPLED_PAGES = 1
"""Scan pages (1 MB each) read with ``scanAll: false``."""


@dataclass(frozen=True)
class DynamodbFound:
    """A DynamoDB table as the crawler saw it.

    Attributes:
        columns: key attributes first, the others by name
    """

    name: str
    arn: str
    columns: tuple[Column, ...]
    items: int
    size: int


class DynamodbCrawler:
    """One DynamoDB target of a crawl.

    Args:
        target: the DynamoDBTarget structure: Path (the table's name or ARN), scanAll (AWS's
            default: true)
    """

    def __init__(
        self, account: str, region: str, target: dict[str, Any], *, cancelled: Callable[[], bool]
    ) -> None:
        self._name = str(target["Path"]).rpartition("/")[2]
        self._scan_all = target.get("scanAll") is not False
        self._cancelled = cancelled
        self._account, self._region = account, region
        self._dynamodb = client(account, region, "dynamodb")

    def crawl(self) -> DynamodbFound:
        """Describe and scan the table.

        Raises:
            CrawlError: there is no such table
            CrawlCancelledError: stopped
        """
        try:
            table = self._dynamodb.describe_table(TableName=self._name)["Table"]
        except ClientError as e:
            error = e.response["Error"]
            raise CrawlError(
                f"The DynamoDB target {self._name} cannot be read: {error['Message']} "
                f"(Service: AmazonDynamoDBv2; Error Code: {error['Code']})"
            ) from e
        shapes: dict[str, GlueType] = {}
        items = 0
        for item in self._items():
            items += 1
            for name, value in item.items():
                kind = attribute_type(value)
                if shapes.get(name) != kind or name not in shapes:
                    shapes[name] = merge(shapes.get(name), kind)
        for key in table["AttributeDefinitions"]:
            shapes.setdefault(key["AttributeName"], _SCALARS.get(key["AttributeType"], "string"))
        keys = [key["AttributeName"] for key in table["KeySchema"]]
        order = keys + sorted((name for name in shapes if name not in keys), key=str.lower)
        columns = merge_columns([Column(name.lower(), shapes[name])] for name in order)
        count = items if self._scan_all else max(items, table.get("ItemCount", 0))
        return DynamodbFound(
            self._name, table["TableArn"], columns, count, table.get("TableSizeBytes", 0)
        )

    def _items(self) -> Iterator[dict[str, Any]]:
        for number, page in enumerate(self._pages(), 1):
            if self._cancelled():
                raise CrawlCancelledError
            yield from page["Items"]
            if number == SAMPLED_PAGES and not self._scan_all:
                return

    def _why_lost(self) -> str | None:
        lost = tables.lost((self._account, self._region, self._name))
        return f"its items are lost: {lost.reason}" if lost else None

    def _pages(self) -> Iterator[dict[str, Any]]:
        """Scan pages, each of at most 1 MB of items."""
        request: dict[str, Any] = {"TableName": self._name}
        wire: DynamodbWire | None = None
        try:
            endpoint = engine_endpoint(self._account, self._region)
            # Between two pages somebody looks whether the crawl was stopped.
            wire = DynamodbWire(endpoint, self._region, threading.Event())
            while True:
                page = wire.scan(request)
                yield page
                if "LastEvaluatedKey" not in page:
                    return
                request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        except (DynamodbError, EngineError) as e:
            reason = self._why_lost() or (e.reason if isinstance(e, DynamodbError) else str(e))
            raise CrawlError(f"The DynamoDB target {self._name} cannot be read: {reason}") from e
        finally:
            if wire is not None:
                wire.close()


_SCALARS: dict[str, GlueType] = {
    "S": "string",
    "B": "binary",
    "N": "bigint",
    "BOOL": "boolean",
    "NULL": None,
    "SS": Array("string"),
    "BS": Array("binary"),
}


def attribute_type(value: dict[str, Any]) -> GlueType:
    """Type of an attribute value in DynamoDB's JSON, for example ``{"N": "2.5"}``: double."""
    ((kind, content),) = value.items()
    if kind == "N":
        return _number(content)
    if kind == "NS":
        return Array(merge_all(_number(n) for n in content))
    if kind == "L":
        return Array(merge_all(attribute_type(v) for v in content))
    if kind == "M":
        return Struct(tuple((name, attribute_type(v)) for name, v in sorted(content.items())))
    return _SCALARS.get(kind, "string")


def _number(text: str) -> GlueType:
    digits = text.lstrip("-")
    if not digits.isdigit():
        return "double"
    return "bigint" if len(digits) <= 18 else "decimal(38,0)"
