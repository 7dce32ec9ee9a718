"""A client of Firehose and a stream that it can read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.firehose.helpers import Aws
from tests.support import wait_until


@pytest.fixture
def firehose(aws: Aws) -> Any:
    return aws("firehose")


@pytest.fixture
def stream(aws: Aws, name: str) -> str:
    """An ACTIVE Kinesis stream, by ARN."""
    aws("kinesis").create_stream(StreamName=name, ShardCount=1)

    def arn() -> str | None:
        summary = aws("kinesis").describe_stream_summary(StreamName=name)
        found = summary["StreamDescriptionSummary"]
        return str(found["StreamARN"]) if found["StreamStatus"] == "ACTIVE" else None

    return wait_until(arn)
