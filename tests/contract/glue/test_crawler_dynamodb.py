"""Crawling DynamoDB tables."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.glue.helpers import Aws, Lake, columns
from tests.support import unique


@pytest.fixture
def lake(aws: Aws, bucket: str) -> Lake:
    return Lake(aws, bucket)


@pytest.fixture
def table(aws: Aws) -> str:
    name = unique("Movies_T")
    aws("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "movieId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "movieId", "KeyType": "HASH"}],
    )
    return name


def _put(aws: Aws, table: str, items: list[dict[str, Any]]) -> None:
    for item in items:
        aws("dynamodb").put_item(TableName=table, Item=item)


def _targets(*tables: str) -> dict[str, Any]:
    return {"DynamoDBTargets": [{"Path": table} for table in tables]}


def test_union_of_attributes(aws: Aws, lake: Lake, table: str) -> None:
    items: list[dict[str, Any]] = [
        {"movieId": {"S": "1"}, "Title": {"S": "Heat"}, "year": {"N": "1995"}},
        {"movieId": {"S": "2"}, "score": {"N": "1"}, "seen": {"BOOL": True}, "x": {"NULL": True}},
        {
            "movieId": {"S": "3"},
            "score": {"N": "2.5"},
            "tags": {"L": [{"S": "a"}]},
            "info": {"M": {"a": {"N": "1"}, "b": {"S": "s"}}},
        },
    ]
    _put(aws, table, items)
    tables = lake.crawl(Targets=_targets(table))
    found = tables[table.lower().replace("-", "_")]
    assert columns(found) == [
        ("movieid", "string"),
        ("info", "struct<a:bigint,b:string>"),
        ("score", "double"),
        ("seen", "boolean"),
        ("tags", "array<string>"),
        ("title", "string"),
        ("x", "string"),
        ("year", "bigint"),
    ]
    assert found["Parameters"]["classification"] == "dynamodb"
    assert found["Parameters"]["typeOfData"] == "table"
    assert found["Parameters"]["recordCount"] == "3"
    arn = aws("dynamodb").describe_table(TableName=table)["Table"]["TableArn"]
    assert found["StorageDescriptor"]["Location"] == arn


def test_rerun_adds_columns(aws: Aws, lake: Lake, table: str) -> None:
    _put(aws, table, [{"movieId": {"S": "1"}}])
    crawler = lake.crawler(Targets=_targets(table))
    lake.run(crawler)
    _put(aws, table, [{"movieId": {"S": "2"}, "title": {"S": "x"}}])
    lake.run(crawler)
    (found,) = lake.tables().values()
    assert [name for name, _ in columns(found)] == ["movieid", "title"]


def test_missing_table_fails(lake: Lake) -> None:
    last = lake.run(lake.crawler(Targets=_targets("absent-table")))["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "absent-table" in last["ErrorMessage"]
