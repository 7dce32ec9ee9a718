"""A state that is saved in the middle of requests holds all of each, or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.integration.saved_state.lake import Aws, Machine, machine
from tests.support import wait_until

SAVES = 12
WRITERS = 3
TABLE, BUCKET = "watched", "uploads"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("home")) as made:
        yield made


class Traffic:
    """Clients that put items into a table with a stream, and upload objects in parts.

    Attributes:
        parts: when the one part of each key's upload was acknowledged
    """

    def __init__(self, aws: Aws) -> None:
        self._aws, self._stop = aws, threading.Event()
        self.parts: dict[str, float] = {}
        self.errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(work, number))
            for number in range(WRITERS)
            for work in (self._items, self._uploads)
        ]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
        assert self.errors == []

    def _run(self, work: object, number: int) -> None:
        try:
            work(number)  # type: ignore[operator]
        except BaseException as e:
            self.errors.append(e)

    def _items(self, number: int) -> None:
        dynamodb, count = self._aws("dynamodb"), 0
        while not self._stop.is_set():
            dynamodb.put_item(TableName=TABLE, Item={"k": {"S": f"{number}-{count}"}})
            count += 1

    def _uploads(self, number: int) -> None:
        s3, count = self._aws("s3"), 0
        while not self._stop.is_set():
            key = f"{number}-{count:05}"
            of = {"Bucket": BUCKET, "Key": key}
            upload = s3.create_multipart_upload(**of)["UploadId"]
            part = s3.upload_part(**of, UploadId=upload, PartNumber=1, Body=b"x" * 1000)
            self.parts[key] = time.monotonic()
            done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            s3.complete_multipart_upload(**of, UploadId=upload, MultipartUpload=done)
            count += 1


def _records(aws: Aws) -> list[str]:
    streams = aws("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=TABLE)["Streams"]
    described = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
    found = []
    for shard in described["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=stream["StreamArn"],
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        while page := streams.get_records(ShardIterator=iterator):
            found += [each["dynamodb"]["Keys"]["k"]["S"] for each in page["Records"]]
            iterator = page.get("NextShardIterator")
            if not page["Records"] or not iterator:
                break
    return sorted(found)


def _items(aws: Aws) -> list[str]:
    pages = aws("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    return sorted(item["k"]["S"] for page in pages for item in page["Items"])


def _keys(aws: Aws) -> tuple[set[str], set[str]]:
    """Of the objects, and of the uploads that have their part."""
    s3, uploads = aws("s3"), set()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    objects = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
    for each in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()):
        of = {"Bucket": BUCKET, "Key": each["Key"], "UploadId": each["UploadId"]}
        if s3.list_parts(**of).get("Parts"):
            uploads.add(each["Key"])
    return objects, uploads


def test_a_save_under_traffic_holds_all_of_each_request_or_nothing(lake: Machine) -> None:
    aws = lake.start()
    aws("s3").create_bucket(Bucket=BUCKET)
    aws("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    begun = []
    with Traffic(aws) as traffic:
        for number in range(SAVES):
            before = len(traffic.parts)
            wait_until(lambda least=before: len(traffic.parts) > least + 2, 60)  # type: ignore[misc]
            begun.append(time.monotonic())
            saved = lake.state("save", f"s{number}")
            assert saved["unfinished"] == []

    for number in range(SAVES):
        lake.state("load", f"s{number}")
        assert _records(aws) == _items(aws), f"of save {number}"
        objects, uploads = _keys(aws)
        earlier = {key for key, at in traffic.parts.items() if at < begun[number]}
        assert earlier <= objects | uploads, f"of save {number}"
        assert not objects & uploads, f"of save {number}"
        for key in objects:
            assert aws("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 1000
