"""What Spark's source of Kafka is told, by the options of AWS Glue."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue.errors import UnsupportedApiError
from lakestack.services.glue.runtime.awsglue.streaming import kafka

SERVERS = {"bootstrap.servers": "127.0.0.1:9092"}


def told(servers: str = "", **given: Any) -> dict[str, str]:
    return kafka.told({**({} if servers else SERVERS), **given}, servers)


def test_options_have_the_names_and_the_case_of_spark() -> None:
    found = told(topicname="orders", startingoffsets="earliest", maxoffsetspertrigger=10)
    assert found == {
        "kafka.bootstrap.servers": "127.0.0.1:9092",
        "subscribe": "orders",
        "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": "10",
    }
    assert told("h:1", subscribepattern="a.*") == {
        "kafka.bootstrap.servers": "h:1",
        "subscribePattern": "a.*",
    }


def test_a_time_to_begin_at_is_in_milliseconds() -> None:
    found = told(topicname="t", startingtimestamp="2023-04-04T08:00:00-04:00")
    assert found["startingTimestamp"] == "1680609600000"
    with pytest.raises(ValueError, match="startingTimestamp 'noon'"):
        told(topicname="t", startingtimestamp="noon")


def test_what_is_missing_or_not_here_is_named() -> None:
    with pytest.raises(ValueError, match=r"bootstrap\.servers"):
        kafka.told({"topicname": "t"}, "")
    with pytest.raises(ValueError, match="topicName"):
        told()
    with pytest.raises(UnsupportedApiError, match="SASL_SSL"):
        told(topicname="t", **{"security.protocol": "SASL_SSL"})
