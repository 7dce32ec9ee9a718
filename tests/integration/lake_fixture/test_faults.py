"""`lake.faults` of the pytest fixture: requests that fail on purpose, to test retries."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lakestack.errors import LakeError
from lakestack.testing.interface import DataLake

REQUESTS = 40
RATE = 0.3


@pytest.fixture
def bucket(lake: DataLake) -> str:
    lake.client("s3").create_bucket(Bucket="retries")
    lake.client("s3").put_object(Bucket="retries", Key="k", Body=b"v")
    return "retries"


def client(lake: DataLake, attempts: int) -> Any:
    retries = {"mode": "standard", "total_max_attempts": attempts}
    return lake.client(
        "s3", config=Config(retries=retries, proxies={}, s3={"addressing_style": "path"})
    )


def outcomes(lake: DataLake, bucket: str) -> list[str]:
    """Codes of so many GetObjects without a retry, "" for those that succeed."""
    s3, found = client(lake, 1), []
    for _ in range(REQUESTS):
        try:
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"
            found.append("")
        except ClientError as e:
            assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            found.append(e.response["Error"]["Code"])
    return found


def slow_down(lake: DataLake, seed: int | None = 7) -> contextlib.AbstractContextManager[None]:
    return lake.faults(service="s3", operation="GetObject", error="SlowDown", rate=RATE, seed=seed)


NONE = [""] * REQUESTS


def test_a_share_of_the_requests_fails_the_same_each_time(lake: DataLake, bucket: str) -> None:
    with slow_down(lake):
        first = outcomes(lake, bucket)
    assert set(first) == {"", "SlowDown"}
    assert 3 <= first.count("SlowDown") <= 25
    with slow_down(lake):
        assert outcomes(lake, bucket) == first
    with slow_down(lake, seed=8):
        assert outcomes(lake, bucket) != first


def test_it_ends_with_its_block_whatever_that_ends_by(lake: DataLake, bucket: str) -> None:
    with slow_down(lake):
        lake.client("s3").head_object(Bucket=bucket, Key="k")  # another operation
        assert outcomes(lake, bucket) != NONE
    assert outcomes(lake, bucket) == NONE
    with pytest.raises(ZeroDivisionError), slow_down(lake):
        _ = 1 / 0
    assert outcomes(lake, bucket) == NONE


def test_a_block_in_a_block_ends_alone(lake: DataLake, bucket: str) -> None:
    with lake.faults(service="s3", operation="GetObject", error="SlowDown"):
        inner = lake.faults(service="s3", operation="HeadObject", error="SlowDown")
        with inner, pytest.raises(ClientError):
            client(lake, 1).head_object(Bucket=bucket, Key="k")
        client(lake, 1).head_object(Bucket=bucket, Key="k")
        assert outcomes(lake, bucket) == ["SlowDown"] * REQUESTS


def test_a_client_that_retries_comes_through(lake: DataLake, bucket: str) -> None:
    s3, retried = client(lake, 12), 0
    with slow_down(lake):
        for _ in range(10):
            answer = s3.get_object(Bucket=bucket, Key="k")
            retried += answer["ResponseMetadata"]["RetryAttempts"]
    assert retried > 0


def test_a_reset_ends_it_also_within_its_block(lake: DataLake, bucket: str) -> None:
    with lake.faults(service="s3", error="SlowDown"):
        assert outcomes(lake, bucket) == ["SlowDown"] * REQUESTS
        lake.reset()
        s3 = client(lake, 1)
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"v")
        assert outcomes(lake, bucket) == NONE


def test_what_is_no_fault_is_refused(lake: DataLake) -> None:
    wrong = lake.faults(service="s3", operation="Get", error="SlowDown")
    with pytest.raises(LakeError, match="s3 has no operation 'Get'"), wrong:
        raise AssertionError("the block was entered")
