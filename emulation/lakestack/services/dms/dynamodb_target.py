"""DynamoDB as a target: tables made or prepared as TargetTablePrepMode says.

AWS DMS User Guide, "Using an Amazon DynamoDB database as a target for AWS Database Migration
Service".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.base import client
from lakestack.services.dms.dynamodb_wire import BATCH, DynamodbWire
from lakestack.services.dms.errors import CancelledError, TableError
from lakestack.services.dms.recovery import Recovery
from lakestack.services.dms.task_settings import DROP_AND_CREATE, TRUNCATE_BEFORE_LOAD
from lakestack.services.dynamodb.engine import engine_endpoint
from lakestack.services.processes import gateway_url

# "The default Read Capacity Units (RCU) parameter value is set to 200", and the same for WCU.
CAPACITY_UNITS = 200
MOST_CAPACITY_UNITS = {"us-east-1": 40_000}
MOST_CAPACITY_UNITS_ELSEWHERE = 10_000
TABLE_SECONDS = 60
"""Without any change of a table that is waited for."""
POLL_SECONDS = 0.02
DELETE_THREADS = 4


class DynamodbTarget:
    """The DynamoDB of one account and region.

    Args:
        cancelled: set when the task is stopped
        recovery: retries what concerns tables as a whole
    """

    def __init__(
        self, account: str, region: str, cancelled: threading.Event, recovery: Recovery
    ) -> None:
        self._region, self._account, self._cancelled = region, account, cancelled
        self._recovery = recovery
        self.client = client(account, region, "dynamodb")
        self._engine = engine_endpoint(account, region)

    def connect(self, table: str, on_retry: Callable[[str], None] | None = None) -> DynamodbWire:
        """A connection for bulk work on a table.

        It goes straight to the engine, unless the table has a stream: its records are made by
        the gateway.

        Args:
            on_retry: told why, before a request is made again
        """
        endpoint = self._engine
        description = self._describe(table) or {}
        if (description.get("StreamSpecification") or {}).get("StreamEnabled"):
            endpoint = (gateway_url(), self._account)
        return DynamodbWire(
            endpoint, self._region, self._cancelled, on_retry or self._recovery.note
        )

    def prepare(self, table: str, keys: dict[str, str], prep_mode: str, load_threads: int) -> None:
        """Make a table ready for the load.

        Args:
            keys: key attribute to S or N, partition key first

        Raises:
            TableError: an existing table that must stay has other keys
        """
        description = self._describe(table)
        if description is not None and prep_mode == DROP_AND_CREATE:
            self._drop(table)
            self._wait(table, gone=True)
            description = None
        if description is None:
            self.create(table, keys, load_threads)
            return
        _check_keys(table, keys, description)
        if prep_mode == TRUNCATE_BEFORE_LOAD:
            self._truncate(table, tuple(keys))

    def create(self, table: str, keys: dict[str, str], load_threads: int = 0) -> None:
        """Create a table and wait until it is ACTIVE; an existing one is left as it is."""
        most = MOST_CAPACITY_UNITS.get(self._region, MOST_CAPACITY_UNITS_ELSEWHERE)
        units = min(CAPACITY_UNITS * max(1, load_threads), most)
        definition = {
            "TableName": table,
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()
            ],
            "KeySchema": [
                {"AttributeName": name, "KeyType": role}
                for name, role in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            "ProvisionedThroughput": {
                "ReadCapacityUnits": CAPACITY_UNITS,
                "WriteCapacityUnits": units,
            },
        }
        try:
            self._recovery.call(lambda: self.client.create_table(**definition))
        except ClientError as e:
            if e.response["Error"]["Code"] != "ResourceInUseException":
                raise TableError(
                    f"Table {table} cannot be created: {e.response['Error']['Message']}"
                ) from e
        except BotoCoreError as e:
            raise TableError(f"Table {table} cannot be created: {e}") from e
        self._wait(table, gone=False)

    def count(self, table: str) -> int:
        """Items in a table now (the engine's ItemCount is exact, unlike AWS's)."""
        return int((self._describe(table) or {}).get("ItemCount", 0))

    def delete_where(self, table: str, keys: tuple[str, ...], name: str, value: str) -> None:
        """Delete the items of a table whose attribute `name` is the text `value`."""
        self._delete(
            table,
            keys,
            {
                "FilterExpression": "#f = :v",
                "ExpressionAttributeNames": {"#f": name},
                "ExpressionAttributeValues": {":v": {"S": value}},
            },
        )

    def _drop(self, table: str) -> None:
        try:
            self._recovery.call(lambda: self.client.delete_table(TableName=table))
        except ClientError as e:
            # Gone: the answer of a first try was lost.
            if e.response["Error"]["Code"] != "ResourceNotFoundException":
                raise

    def _truncate(self, table: str, keys: tuple[str, ...]) -> None:
        self._delete(table, keys, {})

    def _delete(self, table: str, keys: tuple[str, ...], selection: dict[str, Any]) -> None:
        names = {f"#k{i}": name for i, name in enumerate(keys)}
        scan = {
            "TableName": table,
            **selection,
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": {**names, **selection.get("ExpressionAttributeNames", {})},
        }
        local = threading.local()
        wires: list[DynamodbWire] = []

        def delete(items: list[dict[str, Any]]) -> None:
            if not hasattr(local, "wire"):
                local.wire = self.connect(table)
                wires.append(local.wire)
            local.wire.write(table, [{"DeleteRequest": {"Key": item}} for item in items])

        reader = self.connect(table)
        wires.append(reader)
        try:
            with ThreadPoolExecutor(DELETE_THREADS) as pool:
                while True:
                    if self._cancelled.is_set():
                        raise CancelledError("the task was stopped")
                    page = reader.scan(scan)
                    items = page.get("Items", [])
                    parts = [items[i : i + BATCH] for i in range(0, len(items), BATCH)]
                    list(pool.map(delete, parts))
                    if "LastEvaluatedKey" not in page:
                        return
                    scan["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        finally:
            for wire in wires:
                wire.close()

    def _describe(self, table: str) -> dict[str, Any] | None:
        try:
            answer = self._recovery.call(lambda: self.client.describe_table(TableName=table))
        except ClientError as e:
            if e.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise TableError(f"Table {table}: {e.response['Error']['Message']}") from e
        description: dict[str, Any] = answer["Table"]
        return description

    def _wait(self, table: str, *, gone: bool) -> None:
        """Wait while anything about the table changes: a large one takes long to go."""
        before: tuple[Any, ...] | None = None
        since = time.monotonic()
        while True:
            description = self._describe(table)
            if gone and description is None:
                return
            if not gone and description is not None and description["TableStatus"] == "ACTIVE":
                return
            found = description or {"TableStatus": "absent"}
            if (now := (found["TableStatus"], found.get("ItemCount"))) != before:
                before, since = now, time.monotonic()
            if time.monotonic() >= since + TABLE_SECONDS:
                raise TableError(
                    f"Table {table} is not {'gone' if gone else 'ACTIVE'}: it has been "
                    f"{found['TableStatus']} with {found.get('ItemCount', 0)} items for "
                    f"{TABLE_SECONDS} seconds"
                )
            if self._cancelled.wait(POLL_SECONDS):
                raise CancelledError("the task was stopped")


def _check_keys(table: str, keys: dict[str, str], description: dict[str, Any]) -> None:
    types = {a["AttributeName"]: a["AttributeType"] for a in description["AttributeDefinitions"]}
    schema = sorted(description["KeySchema"], key=lambda k: str(k["KeyType"]))  # HASH, RANGE
    found = {k["AttributeName"]: types[k["AttributeName"]] for k in schema}
    if list(found.items()) != list(keys.items()):
        raise TableError(
            f"Table {table} exists with the keys {_keys_text(found)}, the mapping makes "
            f"{_keys_text(keys)}; use TargetTablePrepMode DROP_AND_CREATE or another table"
        )


def _keys_text(keys: dict[str, str]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in keys.items())
