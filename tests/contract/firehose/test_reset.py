"""A reset of one account and region, in process: what is pending is written, others stay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.api.firehose import ResourceNotFoundException

from lakestack import store as stores
from lakestack.services.firehose import course, store
from lakestack.services.firehose.provider import FirehoseProvider
from lakestack.services.firehose.s3_output import S3Output
from tests.support import unique, wait_until

REGION = "eu-central-1"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """In the place of S3: the objects' bodies."""
    bodies: list[bytes] = []
    monkeypatch.setattr(course, "client", lambda *_: None)
    monkeypatch.setattr(S3Output, "put", lambda _self, _s3, _key, body: bodies.append(body))
    return bodies


def _context(account: str) -> Any:
    return SimpleNamespace(account_id=account, region=REGION)


def _stream_with_a_record(account: str, name: str, data: bytes) -> str:
    provider, context = FirehoseProvider(), _context(account)
    answer = provider.create_delivery_stream(
        context,
        {
            "DeliveryStreamName": name,
            "ExtendedS3DestinationConfiguration": {
                "RoleARN": "arn:aws:iam::000000000000:role/r",
                "BucketARN": "arn:aws:s3:::bucket",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900},
            },
        },
    )
    wait_until(lambda: store.get(account, REGION, name).status == "ACTIVE")
    provider.put_record(context, {"DeliveryStreamName": name, "Record": {"Data": data}})
    return str(answer["DeliveryStreamARN"])


def test_a_reset_writes_what_is_pending_and_leaves_other_accounts(written: list[bytes]) -> None:
    name, provider = unique("s"), FirehoseProvider()
    one, other = unique("1"), unique("2")
    arn = _stream_with_a_record(one, name, b"one")
    _stream_with_a_record(other, name, b"other")
    assert arn == f"arn:aws:firehose:{REGION}:{one}:deliverystream/{name}"
    assert stores.store_of("firehose").contents(one, REGION) == {
        (one, REGION): {"delivery stream": [name]}
    }

    assert stores.reset(["firehose"], one, REGION) == []

    assert written == [b"one"]
    with pytest.raises(ResourceNotFoundException):
        provider.describe_delivery_stream(_context(one), {"DeliveryStreamName": name})
    found = provider.describe_delivery_stream(_context(other), {"DeliveryStreamName": name})
    assert found["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"
    assert stores.reset(["firehose"], other, REGION) == []
    assert written == [b"one", b"other"]
