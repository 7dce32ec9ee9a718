"""What goes to the engine as bytes looks to a client as what does not."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest

from tests.support import ACCOUNT, RATINGS_TABLE, clients, wait_until

Aws = Callable[[str], Any]

SIGNED = (
    "AWS4-HMAC-SHA256 Credential={account}/20261127/{region}/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
KEY = {"userId": {"S": "1"}, "movieId": {"S": "é ☃"}}


@pytest.fixture
def table(aws: Aws, name: str) -> str:
    aws("dynamodb").create_table(TableName=name, **RATINGS_TABLE)
    return name


def ask(
    aws: Aws, operation: str, body: bytes, account: str = ACCOUNT, region: str = "us-east-1"
) -> tuple[int, dict[str, str], bytes]:
    port = int(aws("dynamodb").meta.endpoint_url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": SIGNED.format(account=account, region=region),
    }
    try:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    finally:
        connection.close()


def test_an_answer_has_the_headers_of_aws(aws: Aws, table: str) -> None:
    item = {**KEY, "text": {"S": '"Amélie", \\ \u2028'}, "flags": {"M": {"a": {"BOOL": True}}}}
    put = json.dumps({"TableName": table, "Item": item}).encode()
    assert ask(aws, "PutItem", put)[::2] == (200, b"{}")

    status, headers, body = ask(
        aws, "GetItem", json.dumps({"TableName": table, "Key": KEY}).encode()
    )

    assert status == 200
    assert json.loads(body) == {"Item": item}
    assert headers["content-type"] == "application/x-amz-json-1.0"
    assert headers["x-amz-crc32"] == str(crc32(body))
    assert len(headers["x-amzn-requestid"]) >= 32
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("operation", "wrong"),
    [
        ("GetItem", {"Key": {"userId": {"S": 1}, "movieId": {"S": "1"}}}),
        ("GetItem", {"Key": {"userId": {"S": "1"}}}),
        ("GetItem", {"Key": KEY, "ConsistentRead": "yes"}),
        ("PutItem", {"Item": {**KEY, "rating": {"N": 3.5}}}),
        ("PutItem", {"Item": {**KEY, "rating": {"N": "three"}}}),
        ("PutItem", {"Item": {**KEY, "rating": {}}}),
        ("PutItem", {"Item": KEY, "ReturnValues": "SOME"}),
        ("Scan", {"Limit": 0}),
        ("Scan", {"Limit": "1"}),
        ("Query", {"Limit": 1}),
    ],
)
def test_what_is_wrong_is_refused_as_ever(
    aws: Aws, table: str, operation: str, wrong: dict[str, Any]
) -> None:
    body = json.dumps({"TableName": table, **wrong}).encode()
    status, headers, answer = ask(aws, operation, body)

    assert status == 400
    code = json.loads(answer)["__type"].rpartition("#")[2]
    assert code in ("ValidationException", "SerializationException")
    assert headers["x-amz-crc32"] == str(crc32(answer))


def test_accounts_and_regions_have_tables_of_their_own(aws: Aws, table: str) -> None:
    body = json.dumps({"TableName": table, "Key": KEY}).encode()

    assert ask(aws, "GetItem", body)[0] == 200
    for other in ({"account": "111111111111"}, {"region": "eu-west-1"}):
        status, _, answer = ask(aws, "GetItem", body, **other)
        assert (status, json.loads(answer)["__type"]) == (400, "ResourceNotFoundException")


def test_a_condition_that_fails_changes_nothing(aws: Aws, table: str) -> None:
    client = aws("dynamodb")
    client.put_item(TableName=table, Item={**KEY, "rating": {"N": "1"}})

    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(
            TableName=table,
            Item={**KEY, "rating": {"N": "2"}},
            ConditionExpression="attribute_not_exists(userId)",
        )

    assert client.get_item(TableName=table, Key=KEY)["Item"]["rating"] == {"N": "1"}


def test_an_update_counts_once(aws: Aws, table: str) -> None:
    client = aws("dynamodb")
    for expected in ("1", "2", "3"):
        answer = client.update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression="ADD hits :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        assert answer["Attributes"] == {"hits": {"N": expected}}


def test_binary_values_and_sets_are_kept(aws: Aws, table: str) -> None:
    item = {**KEY, "blob": {"B": b"\0\xff"}, "tags": {"SS": ["a", "b"]}, "none": {"NULL": True}}
    aws("dynamodb").put_item(TableName=table, Item=item)

    assert aws("dynamodb").get_item(TableName=table, Key=KEY)["Item"] == item


@pytest.mark.parametrize("operation", ["put_item", "batch_write_item", "update_item"])
def test_a_stream_of_a_table_sees_every_write(aws: Aws, name: str, operation: str) -> None:
    view = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    made = aws("dynamodb").create_table(TableName=name, StreamSpecification=view, **RATINGS_TABLE)
    arn = made["TableDescription"]["LatestStreamArn"]
    requests: dict[str, dict[str, Any]] = {
        "put_item": {"TableName": name, "Item": KEY},
        "batch_write_item": {"RequestItems": {name: [{"PutRequest": {"Item": KEY}}]}},
        "update_item": {"TableName": name, "Key": KEY},
    }
    getattr(aws("dynamodb"), operation)(**requests[operation])

    streams = clients(aws("dynamodb").meta.endpoint_url)("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found = wait_until(
        lambda: streams.get_records(ShardIterator=iterator)["Records"], what="the record"
    )
    assert [record["dynamodb"]["Keys"] for record in found] == [KEY]
