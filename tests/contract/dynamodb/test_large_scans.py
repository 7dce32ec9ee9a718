"""Scan of a table that the gateway reads by segments: Amazon DynamoDB Developer Guide, "Scan"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lakestack.services.dynamodb.segmented_scan import FIRST_LIMIT
from tests.support import unique

Aws = Callable[[str], Any]

ITEMS = FIRST_LIMIT + 4_000
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def ratings(aws: Aws) -> Iterator[str]:
    """A table of more items than are read in one question, with an index of each kind."""
    client, name = aws("dynamodb"), unique("ratings")
    projection = {"Projection": {"ProjectionType": "ALL"}}
    by_film = {"AttributeName": "film", "KeyType": "HASH"}
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "user", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "user", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
            {"AttributeName": "film", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[{"IndexName": "films", "KeySchema": [by_film], **projection}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})

    def write(first: int) -> None:
        puts = [
            {
                "PutRequest": {
                    "Item": {
                        "user": {"S": str(i % 700)},
                        "number": {"N": str(i)},
                        "film": {"S": str(i % 97)},
                        "text": {"S": "x" * 120},
                    }
                }
            }
            for i in range(first, min(first + 25, ITEMS))
        ]
        assert not client.batch_write_item(RequestItems={name: puts})["UnprocessedItems"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(0, ITEMS, 25)))
    yield name
    client.delete_table(TableName=name)


def pages(aws: Aws, table: str, **further: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    start: dict[str, Any] = {}
    while True:
        page = aws("dynamodb").scan(TableName=table, **further, **start)
        found.append(page)
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [int(item["number"]["N"]) for page in found for item in page["Items"]]


def size(page: dict[str, Any]) -> int:
    """About what its items take; a number takes less than its digits."""
    return sum(
        len(name) + len(text)
        for item in page["Items"]
        for name, value in item.items()
        for text in value.values()
    )


@pytest.mark.parametrize("further", [{}, {"ConsistentRead": True}, {"IndexName": "films"}])
def test_each_item_is_on_one_page_of_at_most_a_megabyte(
    aws: Aws, ratings: str, further: dict[str, Any]
) -> None:
    found = pages(aws, ratings, **further)

    assert sorted(numbers(found)) == list(range(ITEMS))
    assert all(page["Count"] == page["ScannedCount"] == len(page["Items"]) for page in found)
    assert all(0.95 * MEGABYTE < size(page) < 1.05 * MEGABYTE for page in found[:-1])


def test_the_order_is_the_same_each_time_and_by_segments(aws: Aws, ratings: str) -> None:
    plain = numbers(pages(aws, ratings))

    assert numbers(pages(aws, ratings, Limit=6001)) == plain
    parts = [pages(aws, ratings, Segment=s, TotalSegments=3) for s in range(3)]
    assert [number for part in parts for number in numbers(part)] == plain


@pytest.mark.parametrize("further", [{}, {"IndexName": "films"}])
def test_limit_is_what_each_page_reads(aws: Aws, ratings: str, further: dict[str, Any]) -> None:
    *full, last = pages(aws, ratings, Limit=3000, **further)

    assert {page["ScannedCount"] for page in full} == {3000}
    assert last["ScannedCount"] == ITEMS % 3000
    assert sorted(numbers([*full, last])) == list(range(ITEMS))


def test_a_filter_and_a_projection_read_as_much(aws: Aws, ratings: str) -> None:
    found = pages(
        aws,
        ratings,
        FilterExpression="film = :film",
        ExpressionAttributeValues={":film": {"S": "7"}},
        ProjectionExpression="#n",
        ExpressionAttributeNames={"#n": "number"},
    )

    assert sorted(numbers(found)) == list(range(7, ITEMS, 97))
    assert all(set(item) == {"number"} for page in found for item in page["Items"])
    assert sum(page["ScannedCount"] for page in found) == ITEMS
    assert len(found) == len(pages(aws, ratings))


def test_a_count_has_no_items(aws: Aws, ratings: str) -> None:
    found = pages(aws, ratings, Select="COUNT")

    assert sum(page["Count"] for page in found) == ITEMS
    assert all("Items" not in page and "ConsumedCapacity" not in page for page in found)


def test_capacity_is_half_a_unit_for_each_four_kilobytes(aws: Aws, ratings: str) -> None:
    *full, _ = pages(aws, ratings, ReturnConsumedCapacity="TOTAL")

    for page in full:
        assert page["ConsumedCapacity"]["TableName"] == ratings
        assert page["ConsumedCapacity"]["CapacityUnits"] == pytest.approx(128.5, abs=1.5)


def test_in_process_clients_get_the_same(aws: Aws, ratings: str) -> None:
    """The usual way: a member that the API does not know is left to it."""
    plain = numbers(pages(aws, ratings))
    legacy = pages(aws, ratings, AttributesToGet=["user", "number"])

    assert numbers(legacy) == plain
    assert all(set(item) == {"user", "number"} for item in legacy[-1]["Items"])


def test_an_error_is_dynamodbs_own(aws: Aws, ratings: str) -> None:
    client = aws("dynamodb")
    with pytest.raises(client.exceptions.ClientError, match="ValidationException"):
        client.scan(TableName=ratings, FilterExpression="film =")
    with pytest.raises(client.exceptions.ClientError, match="ValidationException"):
        start = {"user": {"S": "1"}}
        client.scan(TableName=ratings, ExclusiveStartKey=start)


@pytest.mark.parametrize("further", [{}, {"ScanIndexForward": False}])
def test_a_query_of_an_index_has_each_item_of_its_partition_once(
    aws: Aws, ratings: str, further: dict[str, Any]
) -> None:
    asked = {
        "TableName": ratings,
        "IndexName": "films",
        "KeyConditionExpression": "film = :film",
        "ExpressionAttributeValues": {":film": {"S": "5"}},
        "ReturnConsumedCapacity": "INDEXES",
        **further,
    }
    whole = aws("dynamodb").query(**asked)
    parts = list(
        aws("dynamodb").get_paginator("query").paginate(**asked, PaginationConfig={"PageSize": 50})
    )

    assert sorted(numbers([whole])) == list(range(5, ITEMS, 97))
    assert numbers(parts) == numbers([whole])
    assert whole["ConsumedCapacity"]["TableName"] == ratings
