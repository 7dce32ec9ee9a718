"""What Kinesis answers where a request is right and where it is not, in AWS's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.kinesis.helpers import (
    FIRST,
    HASH_KEYS,
    Aws,
    active,
    iterator,
    make,
    put,
    read,
)
from tests.contract.refusals import refusal
from tests.support import wait_until

ACCOUNT = "000000000000"


def summary(kinesis: Any, name: str) -> Any:
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def listed(kinesis: Any, name: str, kind: str, **more: Any) -> list[int]:
    shards = kinesis.list_shards(StreamName=name, ShardFilter={"Type": kind, **more})["Shards"]
    return [int(shard["ShardId"][-12:]) for shard in shards]


def test_a_stream_without_mode_and_shards_is_on_demand(kinesis: Any, name: str) -> None:
    kinesis.create_stream(StreamName=name)
    wait_until(lambda: active(kinesis, name), 10)
    found = summary(kinesis, name)
    assert (found["StreamModeDetails"], found["OpenShardCount"]) == ({"StreamMode": "ON_DEMAND"}, 4)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (
            {"StreamModeDetails": {"StreamMode": "PROVISIONED"}},
            "InvalidArgumentException",
            "ShardCount must be specified",
        ),
        (
            {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "ShardCount": 1},
            "InvalidArgumentException",
            "ShardCount is not expected when StreamMode=ON_DEMAND",
        ),
        (
            {"ShardCount": 1_000_000},
            "LimitExceededException",
            "This request would exceed the shard limit for the account 000000000000 in us-east-1.",
        ),
    ],
)
def test_modes_and_counts_that_do_not_fit(
    kinesis: Any, name: str, given: dict[str, Any], code: str, words: str
) -> None:
    found = refusal(lambda: kinesis.create_stream(StreamName=name, **given))
    assert found[0] == code
    assert words in found[1]


def test_the_mode_changes_and_the_shards_stay(kinesis: Any, name: str) -> None:
    arn = make(kinesis, name, 2)
    for mode in ("ON_DEMAND", "PROVISIONED"):
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        wait_until(lambda: active(kinesis, name), 10)
        found = summary(kinesis, name)
        assert found["StreamModeDetails"] == {"StreamMode": mode}
        assert found["OpenShardCount"] == 2


def test_every_shard_filter(kinesis: Any, name: str) -> None:
    make(kinesis, name, 2)
    born = summary(kinesis, name)["StreamCreationTimestamp"]
    assert born.microsecond == 0
    before_split = datetime.now(UTC)
    kinesis.split_shard(StreamName=name, ShardToSplit=FIRST, NewStartingHashKey="1000")
    wait_until(lambda: active(kinesis, name), 10)
    for _ in range(2):  # also a shard that was closed at once after its birth
        assert listed(kinesis, name, "AT_TRIM_HORIZON") == [0, 1]
    assert listed(kinesis, name, "FROM_TRIM_HORIZON") == [0, 1, 2, 3]
    assert listed(kinesis, name, "AT_LATEST") == [1, 2, 3]
    assert listed(kinesis, name, "AFTER_SHARD_ID", ShardId=FIRST) == [1, 2, 3]
    assert listed(kinesis, name, "AT_TIMESTAMP", Timestamp=born) == [0, 1]
    # The wire has whole seconds: this one begins before the split.
    assert listed(kinesis, name, "FROM_TIMESTAMP", Timestamp=before_split) == [0, 1, 2, 3]
    later = datetime.now(UTC) + timedelta(seconds=2)
    wait_until(lambda: datetime.now(UTC) > later, 10)
    assert listed(kinesis, name, "AT_TIMESTAMP", Timestamp=later) == [1, 2, 3]
    assert listed(kinesis, name, "FROM_TIMESTAMP", Timestamp=later) == [1, 2, 3]
    for kind, field in (("AFTER_SHARD_ID", "ShardId"), ("AT_TIMESTAMP", "Timestamp")):
        code, text = refusal(lambda kind=kind: listed(kinesis, name, kind))  # type: ignore[misc]
        assert code == "InvalidArgumentException"
        assert field in text


def test_a_token_of_list_shards_stands_for_the_whole_request(kinesis: Any, name: str) -> None:
    make(kinesis, name, 3)
    page = kinesis.list_shards(
        StreamName=name, MaxResults=1, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": FIRST}
    )
    rest = kinesis.list_shards(NextToken=page["NextToken"])["Shards"]
    assert [s["ShardId"][-1] for s in page["Shards"] + rest] == ["1", "2"]
    nothing = refusal(lambda: kinesis.list_shards())
    assert nothing == (
        "InvalidArgumentException",
        "Either NextToken or StreamName should be provided.",
    )
    for clash in ({"StreamName": name}, {"StreamCreationTimestamp": datetime.now(UTC)}):
        both = refusal(lambda c=clash: kinesis.list_shards(NextToken=page["NextToken"], **c))  # type: ignore[misc]
        assert both[1] == f"NextToken and {next(iter(clash))} cannot be provided together."
    code, _ = refusal(lambda: kinesis.list_shards(NextToken="no-token-of-anybody"))
    assert code == "InvalidArgumentException"


def test_reshards_that_cannot_be(kinesis: Any, name: str) -> None:
    make(kinesis, name, 3)
    where = f"in stream {name} under account {ACCOUNT}"
    second = "shardId-000000000002"
    absent = f"Could not find shard shardId-000000000007 {where}."

    def split(shard: str, key: str) -> tuple[str, str]:
        return refusal(
            lambda: kinesis.split_shard(StreamName=name, ShardToSplit=shard, NewStartingHashKey=key)
        )

    def merge(one: str, other: str) -> tuple[str, str]:
        return refusal(
            lambda: kinesis.merge_shards(
                StreamName=name, ShardToMerge=one, AdjacentShardToMerge=other
            )
        )

    def scale(target: int) -> tuple[str, str]:
        return refusal(
            lambda: kinesis.update_shard_count(
                StreamName=name, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
            )
        )

    assert split("shardId-000000000007", "5") == ("ResourceNotFoundException", absent)
    assert merge(FIRST, "shardId-000000000007") == ("ResourceNotFoundException", absent)
    assert split(FIRST, "half")[0] == "ValidationException"
    for key in ("0", "1", str(HASH_KEYS - 1)):
        code, text = split(FIRST, key)
        assert code == "InvalidArgumentException"
        assert f"NewStartingHashKey {key} used in SplitShard() on shard {FIRST} {where}" in text
    assert split(FIRST, str(HASH_KEYS))[0] == "InvalidArgumentException"
    code, text = merge(FIRST, second)
    assert code == "InvalidArgumentException"
    assert text == (
        f"Shards {FIRST} and {second} {where} are not an adjacent pair of shards "
        "eligible for merging"
    )
    counts = "Current open shard count: 3, Target shard count: "
    assert scale(7) == (
        "LimitExceededException",
        f"UpdateShardCount cannot scale up over double your current open shard count. {counts}7",
    )
    assert scale(1) == (
        "LimitExceededException",
        f"UpdateShardCount cannot scale down below half your current open shard count. {counts}1",
    )
    assert scale(20_000)[0] == "LimitExceededException"


def test_retention_has_limits_on_both_sides(kinesis: Any, stream: str) -> None:
    def change(how: str, hours: int) -> str:
        call = getattr(kinesis, f"{how}_stream_retention_period")
        code, text = refusal(lambda: call(StreamName=stream, RetentionPeriodHours=hours))
        assert code == "InvalidArgumentException"
        return text

    assert "Minimum allowed retention period is 24 hours." in change("increase", 23)
    assert "Maximum allowed retention period is 8760 hours." in change("increase", 8761)
    assert change("decrease", 25).endswith("Use IncreaseRetentionPeriod API.")


def test_positions_that_contradict_themselves(kinesis: Any, stream: str) -> None:
    number = put(kinesis, stream, b"1")[0]["SequenceNumber"]
    for kind, more, said in (
        ("LATEST", {"StartingSequenceNumber": number}, "also a StartingSequenceNumber."),
        ("TRIM_HORIZON", {"StartingSequenceNumber": number}, "also a StartingSequenceNumber."),
        ("AFTER_SEQUENCE_NUMBER", {}, "no StartingSequenceNumber."),
        ("AT_TIMESTAMP", {}, "Current request has no timestamp parameter."),
    ):
        code, text = refusal(lambda k=kind, m=more: iterator(kinesis, stream, k, **m))  # type: ignore[misc]
        assert code == "InvalidArgumentException"
        assert text.endswith(said)


def test_records_arrive_in_milliseconds(kinesis: Any, stream: str) -> None:
    put(kinesis, stream, *[b"%d" % i for i in range(20)])
    page = kinesis.get_records(ShardIterator=iterator(kinesis, stream))
    assert not any(r["ApproximateArrivalTimestamp"].microsecond % 1000 for r in page["Records"])


def test_an_iterator_in_the_quotes_of_a_shell(kinesis: Any, stream: str) -> None:
    put(kinesis, stream, b"x")
    assert read(kinesis, f'"{iterator(kinesis, stream)}"') == [b"x"]


def test_ordering_by_a_number_of_nobody(kinesis: Any, stream: str) -> None:
    first = kinesis.put_record(StreamName=stream, Data=b"1", PartitionKey="k")["SequenceNumber"]
    kinesis.put_record(
        StreamName=stream, Data=b"2", PartitionKey="k", SequenceNumberForOrdering=first
    )
    code, text = refusal(
        lambda: kinesis.put_record(
            StreamName=stream, Data=b"3", PartitionKey="k", SequenceNumberForOrdering="5"
        )
    )
    assert code == "InvalidArgumentException"
    assert text == (
        f"ExclusiveMinimumSequenceNumber 5 used in PutRecord on stream {stream} under account "
        f"{ACCOUNT} is invalid."
    )
    assert read(kinesis, iterator(kinesis, stream)) == [b"1", b"2"]


def test_a_second_subscription_waits_for_its_turn(kinesis: Any, name: str) -> None:
    arn = make(kinesis, name)
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="fan")["Consumer"]

    def status() -> str:
        found = kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
        return str(found["ConsumerDescription"]["ConsumerStatus"])

    wait_until(lambda: status() == "ACTIVE", 10)

    def subscribe(kind: str = "TRIM_HORIZON") -> Any:
        return kinesis.subscribe_to_shard(
            ConsumerARN=consumer["ConsumerARN"],
            ShardId=FIRST,
            StartingPosition={"Type": kind},
        )["EventStream"]

    events = subscribe()
    assert refusal(subscribe) == (
        "ResourceInUseException",
        f"Another active subscription exists for this consumer: {ACCOUNT}:{name}:{FIRST}:fan",
    )
    kinesis.split_shard(StreamName=name, ShardToSplit=FIRST, NewStartingHashKey=str(HASH_KEYS // 2))
    *going_on, last = [event["SubscribeToShardEvent"] for event in events]
    assert all(event["ContinuationSequenceNumber"] != "0" for event in going_on)
    # The Kinesis Client Library knows the end of a shard by the missing number.
    assert "ContinuationSequenceNumber" not in last
    assert len(last["ChildShards"]) == 2


def test_shards_of_a_stream_that_is_being_made(aws: Aws, kinesis: Any, name: str) -> None:
    kinesis.create_stream(StreamName=name, ShardCount=1)
    try:
        assert kinesis.list_shards(StreamName=name)["Shards"]
    except ClientError as e:
        assert e.response["Error"]["Code"] == "ResourceInUseException"
        assert e.response["Error"]["Message"].endswith("instead in state CREATING")
    wait_until(lambda: active(kinesis, name), 10)
    assert kinesis.list_shards(StreamName=name)["Shards"]
