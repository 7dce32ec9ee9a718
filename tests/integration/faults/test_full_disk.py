"""A disk that fills up under the emulator: nothing is lost, nothing is there by half."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lakestack.instance import Running
from tests.support import RATINGS_TABLE, emulator, files_of_at_most, unique

ROOM = 2 << 20
SIZES = [3 << 20, 6 << 20]
"""The first comes in memory and goes to the disk as an object; the second goes there at once."""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with emulator() as made:
        yield made


@pytest.fixture
def s3(running: Running) -> Any:
    return _client(running, "s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = unique("full")
    s3.create_bucket(Bucket=name)
    return name


def _client(running: Running, service: str) -> Any:
    """Without retries, to see each answer."""
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{running.port}",
        region_name="us-east-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def _refused(error: ClientError) -> tuple[str, int]:
    told = error.response
    return told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("size", SIZES)
def test_an_object_that_has_no_room_leaves_the_former_one(
    running: Running, s3: Any, bucket: str, size: int
) -> None:
    old, new = b"o" * (1 << 20), b"n" * size
    s3.put_object(Bucket=bucket, Key="kept", Body=old)

    with files_of_at_most(ROOM, running.pid):
        for key in ("kept", "none"):
            with pytest.raises(ClientError) as refused:
                s3.put_object(Bucket=bucket, Key=key, Body=new)
            assert _refused(refused.value) == ("InternalError", 500)
        s3.put_object(Bucket=bucket, Key="small", Body=b"fits")

    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["kept", "small"]
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == old
    s3.put_object(Bucket=bucket, Key="kept", Body=new)
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == new


@pytest.mark.parametrize("size", SIZES)
def test_a_part_that_has_no_room_can_be_sent_again(
    running: Running, s3: Any, bucket: str, size: int
) -> None:
    named = {"Bucket": bucket, "Key": "parts"}
    upload = {**named, "UploadId": s3.create_multipart_upload(**named)["UploadId"]}

    with files_of_at_most(ROOM, running.pid), pytest.raises(ClientError) as refused:
        s3.upload_part(**upload, PartNumber=1, Body=b"p" * size)
    assert _refused(refused.value) == ("InternalError", 500)
    assert "Parts" not in s3.list_parts(**upload)

    part = s3.upload_part(**upload, PartNumber=1, Body=b"p" * size)
    parts = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}
    with files_of_at_most(ROOM, running.pid), pytest.raises(ClientError) as refused:
        s3.complete_multipart_upload(**upload, **parts)
    assert _refused(refused.value) == ("InternalError", 500)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)

    s3.complete_multipart_upload(**upload, **parts)
    assert s3.get_object(**named)["Body"].read() == b"p" * size


def test_items_that_have_no_room_are_refused_and_can_be_sent_again(running: Running) -> None:
    dynamodb, table = _client(running, "dynamodb"), unique("full")
    dynamodb.create_table(TableName=table, **RATINGS_TABLE)
    dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    key = {"userId": {"S": "1"}, "movieId": {"S": "2"}}
    dynamodb.put_item(TableName=table, Item={**key, "text": {"S": "old"}})
    puts = [
        {"PutRequest": {"Item": {**key, "movieId": {"S": str(i)}, "text": {"S": "x" * 390_000}}}}
        for i in range(100, 115)
    ]

    with files_of_at_most(ROOM, running.pid):
        with pytest.raises(ClientError) as refused:  # 5.8 MB: such a body lies in a file
            dynamodb.batch_write_item(RequestItems={table: puts})
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        dynamodb.put_item(TableName=table, Item={**key, "text": {"S": "new"}})
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == 1

    dynamodb.batch_write_item(RequestItems={table: puts})
    assert dynamodb.get_item(TableName=table, Key=key)["Item"]["text"] == {"S": "new"}
    assert dynamodb.get_item(TableName=table, Key={**key, "movieId": {"S": "114"}})["Item"]
