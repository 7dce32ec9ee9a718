"""Emptying a bucket of more than one page, as S3 pages it (LocalStack lists all at once)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from pipeline.destroy import destruction
from pipeline.lake import Lake

OBJECTS = 1_100


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("s3", region_name="us-east-1")


def test_every_version_of_every_page_goes(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destruction, "own_bucket", lambda _: True)
    s3.create_bucket(Bucket="lake")
    behind = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]  # quicker than so many requests
    for number in range(OBJECTS):
        behind.put_object("lake", f"firehose/{number:04}", b"{}")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket="lake")
    assert [len(page["Versions"]) for page in pages] == [1_000, OBJECTS - 1_000]

    (text,) = destruction._bucket_contents(cast(Lake, SimpleNamespace(s3=s3, bucket="lake")))

    assert text == f"{OBJECTS:,} objects and 0 unfinished uploads of bucket lake"
    assert "Versions" not in s3.list_object_versions(Bucket="lake")
