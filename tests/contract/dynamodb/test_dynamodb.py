"""DynamoDB: LocalStack's API over our DynamoDB Local."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]


@pytest.fixture
def table(aws: Aws, name: str) -> str:
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws("dynamodb").get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


def test_items_are_kept_and_found_by_key(aws: Aws, table: str) -> None:
    item = {"id": {"S": "1"}, "title": {"S": 'Amélie, "Le Fabuleux"'}}
    aws("dynamodb").put_item(TableName=table, Item=item)

    found = aws("dynamodb").get_item(TableName=table, Key={"id": {"S": "1"}})["Item"]

    assert found == item


def test_a_parallel_scan_returns_each_item_once(aws: Aws, table: str) -> None:
    keys = [str(i) for i in range(100)]
    for i in range(0, 100, 25):
        puts = [{"PutRequest": {"Item": {"id": {"S": key}}}} for key in keys[i : i + 25]]
        assert not aws("dynamodb").batch_write_item(RequestItems={table: puts})["UnprocessedItems"]

    found = [
        item["id"]["S"]
        for segment in range(4)
        for item in aws("dynamodb").scan(TableName=table, TotalSegments=4, Segment=segment)["Items"]
    ]

    assert sorted(found) == sorted(keys)


def test_an_item_over_400_kb_is_refused_as_on_aws(aws: Aws, table: str) -> None:
    item = {"id": {"S": "1"}, "text": {"S": "x" * 410_000}}

    with pytest.raises(ClientError, match="Item size has exceeded the maximum allowed size"):
        aws("dynamodb").put_item(TableName=table, Item=item)
