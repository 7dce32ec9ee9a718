"""Items whose time is over are deleted, by the time of schedules.

Amazon DynamoDB Developer Guide, "Using time to live (TTL) in DynamoDB": an item goes within a few
days after the time in its attribute, a number of Unix seconds that is no more than five years past.
"DynamoDB Streams and Time to Live": its record names the service as the one who deleted it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.dynamodb.models import dynamodb_stores

from lakestack.services.base import client
from lakestack.services.schedules.periodic import Periodic
from lakestack.services.schedules.time import TIME

LOG = logging.getLogger(__name__)
PERIOD_SECONDS = 3600.0
"""Without a jump of the time: a look reads each table that has a time to live."""

OLDEST = timedelta(days=5 * 365)
IDENTITY = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
_GONE = ("ResourceNotFoundException",)
_KEPT = ("ConditionalCheckFailedException",)

_expiring: set[tuple[str, str, str, str]] = set()
"""Items that are being deleted: by account, region, table and key."""


def start() -> None:
    """Look for expired items from now on."""
    _PERIODIC.start()


def mark(account: str, region: str, records_map: dict[str, Any]) -> None:
    """Let the records of items that have expired name the service as who has deleted them."""
    for table, found in records_map.items():
        for record in found["records"]:
            if _of(account, region, table, record["dynamodb"]["Keys"]) in _expiring:
                record["userIdentity"] = dict(IDENTITY)


def delete_expired() -> int:
    """Delete what has expired in all tables; how many items."""
    count = 0
    for account, region, store in list(dynamodb_stores.iter_stores()):
        for table, wanted in list(store.ttl_specifications.items()):
            if not wanted.get("Enabled"):
                continue
            try:
                count += _delete_in(account, region, table, wanted["AttributeName"])
            except ClientError as e:
                if e.response["Error"]["Code"] not in _GONE:
                    LOG.warning("expired items of table %s: %s", table, e)
    if count:
        LOG.info("%d items have expired and are deleted", count)
    return count


_PERIODIC = Periodic("expired items of DynamoDB", delete_expired, PERIOD_SECONDS)


def _delete_in(account: str, region: str, table: str, attribute: str) -> int:
    dynamodb = client(account, region, "dynamodb")
    described = dynamodb.describe_table(TableName=table)["Table"]
    keys = [key["AttributeName"] for key in described["KeySchema"]]
    now = TIME.now()
    condition = {
        "ExpressionAttributeNames": {"#ttl": attribute},
        "ExpressionAttributeValues": {
            ":first": {"N": str(int((now - OLDEST).timestamp()))},
            ":now": {"N": str(int(now.timestamp()))},
        },
    }
    expression = "#ttl BETWEEN :first AND :now"
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table, FilterExpression=expression, **condition
    )
    count = 0
    for page in pages:
        for item in page["Items"]:
            key = {name: item[name] for name in keys}
            with _by_service(_of(account, region, table, key)):
                try:
                    # Whoever has given the item more time meanwhile keeps it.
                    dynamodb.delete_item(
                        TableName=table, Key=key, ConditionExpression=expression, **condition
                    )
                    count += 1
                except ClientError as e:
                    if e.response["Error"]["Code"] not in _KEPT:
                        raise
    return count


@contextmanager
def _by_service(item: tuple[str, str, str, str]) -> Iterator[None]:
    _expiring.add(item)
    try:
        yield
    finally:
        _expiring.discard(item)


def _of(account: str, region: str, table: str, key: Any) -> tuple[str, str, str, str]:
    return account, region, table, json.dumps(key, sort_keys=True, default=repr)
