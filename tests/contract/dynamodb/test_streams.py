"""What a table's stream tells of the writes to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support import wait_until

Aws = Callable[[str], Any]

VIEW = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def name(name: str) -> str:
    """A name that a statement of PartiQL can have without quotation marks."""
    return name.replace("-", "_")


@pytest.fixture
def stream(aws: Aws, name: str) -> str:
    """The stream of a new table of this name."""
    made = aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification=VIEW,
    )
    return str(made["TableDescription"]["LatestStreamArn"])


def records(aws: Aws, stream: str, count: int) -> list[dict[str, Any]]:
    """The first records of a stream, when there are so many."""
    streams = aws("dynamodbstreams")

    def found() -> Any:
        (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        all_ = streams.get_records(ShardIterator=iterator)["Records"]
        return all_ if len(all_) >= count else None

    got: list[dict[str, Any]] = wait_until(found, what="records")
    return got


def test_each_of_many_updates_at_once_is_told_in_order(aws: Aws, name: str, stream: str) -> None:
    def add(_number: int) -> None:
        aws("dynamodb").update_item(
            TableName=name,
            Key={"id": {"S": "a"}},
            UpdateExpression="ADD version :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(100)))

    images = [each["dynamodb"] for each in records(aws, stream, 100)]
    assert [int(i["NewImage"]["version"]["N"]) for i in images] == list(range(1, 101))
    old = [int(i["OldImage"]["version"]["N"]) for i in images[1:]]
    assert old == list(range(1, 100))


def test_statements_are_told_whatever_their_operation(aws: Aws, name: str, stream: str) -> None:
    dynamodb, quoted = aws("dynamodb"), f'"{name}"'
    dynamodb.execute_statement(Statement=f"INSERT INTO {quoted} VALUE {{'id': 'a'}}")
    dynamodb.execute_statement(Statement=f"INSERT INTO {name} VALUE {{'id': 'b'}}")
    update = f"UPDATE {quoted} SET n = 1 WHERE id = ?"  # noqa: S608
    dynamodb.batch_execute_statement(
        Statements=[
            {"Statement": update, "Parameters": [{"S": "a"}]},
            {"Statement": update, "Parameters": [{"S": "none"}]},  # fails alone
        ]
    )
    dynamodb.execute_transaction(
        TransactStatements=[
            {"Statement": f"DELETE FROM {quoted} WHERE id = 'b'"},  # noqa: S608
            {"Statement": f"INSERT INTO {quoted} VALUE {{'id': ?}}", "Parameters": [{"S": "c"}]},
        ]
    )

    found = records(aws, stream, 5)

    told = [(each["eventName"], each["dynamodb"]["Keys"]["id"]["S"]) for each in found]
    assert told[:3] == [("INSERT", "a"), ("INSERT", "b"), ("MODIFY", "a")]
    assert sorted(told[3:]) == [("INSERT", "c"), ("REMOVE", "b")]
    assert found[2]["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "n": {"N": "1"}}
