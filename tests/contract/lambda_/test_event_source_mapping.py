"""Event source mappings from Kinesis to Lambda, through boto3."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws, invoke
from tests.contract.lambda_.mapping_helpers import Mapping
from tests.support import wait_until


@pytest.fixture
def mapping(aws: Aws, name: str, bucket: str) -> Iterator[Mapping]:
    found = Mapping(aws, name, bucket)
    yield found
    for uuid in found.uuids:
        with contextlib.suppress(ClientError):
            aws("lambda").delete_event_source_mapping(UUID=uuid)


def test_records_arrive_in_order_in_batches(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put(*range(25))
    uuid = mapping.map(BatchSize=10)
    wait_until(lambda: sum(map(len, mapping.batches())) == 25)
    assert mapping.batches() == [[*range(10)], [*range(10, 20)], [*range(20, 25)]]
    first = mapping.notes()[0]["first"]
    assert first["eventSource"] == "aws:kinesis"
    assert first["eventName"] == "aws:kinesis:record"
    assert first["eventVersion"] == "1.0"
    assert first["awsRegion"] == "us-east-1"
    assert first["eventSourceARN"] == mapping.stream
    assert first["invokeIdentityArn"].startswith("arn:aws:iam::")
    assert first["eventID"] == f"shardId-000000000000:{first['kinesis']['sequenceNumber']}"
    assert first["kinesis"]["partitionKey"] == "k"
    assert first["kinesis"]["kinesisSchemaVersion"] == "1.0"
    assert abs(first["kinesis"]["approximateArrivalTimestamp"] - time.time()) < 120
    found = mapping.aws("lambda").get_event_source_mapping(UUID=uuid)
    assert found["State"] == "Enabled"
    assert found["LastProcessingResult"] == "OK"
    mapping.put(25)
    wait_until(lambda: mapping.batches()[-1] == [25])


def test_latest_leaves_out_what_was_there(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put("before")
    mapping.map(StartingPosition="LATEST")
    mapping.put("after")
    wait_until(lambda: mapping.batches() == [["after"]])


def test_at_timestamp(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put("before")
    shard = "shardId-000000000000"
    kinesis = mapping.aws("kinesis")
    reader = kinesis.get_shard_iterator(
        StreamName=mapping.name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    record = kinesis.get_records(ShardIterator=reader["ShardIterator"])["Records"][0]
    cut = record["ApproximateArrivalTimestamp"].timestamp() + 1
    wait_until(lambda: time.time() > cut + 0.1)
    mapping.put("after")
    with pytest.raises(ClientError, match="StartingPositionTimestamp"):
        mapping.map(StartingPosition="AT_TIMESTAMP")
    mapping.map(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=cut)
    wait_until(lambda: mapping.batches() == [["after"]])


def test_a_window_gathers_a_batch(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.map(BatchSize=100, MaximumBatchingWindowInSeconds=4)
    began = time.time()
    for n in range(4):
        mapping.put(n)
    wait_until(mapping.batches)
    assert mapping.batches() == [[0, 1, 2, 3]]
    assert mapping.notes()[0]["at"] - began > 2
    mapping.put(*range(100))  # a full batch does not wait
    wait_until(lambda: len(mapping.batches()) == 2)


def test_a_batch_never_exceeds_the_payload(mapping: Mapping) -> None:
    mapping.prepare()
    block = "x" * 900_000
    for n in range(12):
        mapping.put([n, block])
    mapping.map(BatchSize=10_000, MaximumRetryAttempts=0)
    wait_until(lambda: sum(map(len, mapping.batches())) == 12, timeout=60)
    assert [item[0] for batch in mapping.batches() for item in batch] == list(range(12))
    assert len(mapping.batches()) >= 3


def test_a_failed_batch_is_tried_again_and_holds_back_the_rest(mapping: Mapping) -> None:
    mapping.prepare("if seen[0] == 0 and count < 3: raise ValueError('not yet')")
    mapping.put(*range(4))
    mapping.map(BatchSize=2)
    wait_until(lambda: len(mapping.batches()) == 4)
    assert mapping.batches() == [[0, 1], [0, 1], [0, 1], [2, 3]]


@pytest.mark.parametrize("attempts", [0, 2])
def test_exhausted_retries_go_to_the_queue(mapping: Mapping, attempts: int) -> None:
    mapping.prepare("if 1 in seen: raise ValueError('never')")
    mapping.put(*range(4))
    url, arn = mapping.queue()
    mapping.map(
        BatchSize=2,
        MaximumRetryAttempts=attempts,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    record = mapping.received(url)
    wait_until(lambda: mapping.batches()[-1:] == [[2, 3]])
    assert mapping.batches() == [[0, 1]] * (attempts + 1) + [[2, 3]]
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == attempts + 1
    assert record["requestContext"]["functionArn"].endswith(mapping.name)
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    info = record["KinesisBatchInfo"]
    assert info["batchSize"] == 2
    assert info["shardId"] == "shardId-000000000000"
    assert info["streamArn"] == mapping.stream
    assert int(info["startSequenceNumber"]) < int(info["endSequenceNumber"])


def test_what_failed_goes_to_a_bucket_with_its_payload(mapping: Mapping, aws: Aws) -> None:
    mapping.prepare("raise ValueError('never')")
    mapping.put("lost")
    target = f"{mapping.bucket}-failed"
    aws("s3").create_bucket(Bucket=target)
    uuid = mapping.map(
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{target}"}},
    )
    found = wait_until(lambda: aws("s3").list_objects_v2(Bucket=target).get("Contents"))
    assert found[0]["Key"].startswith(f"aws/lambda/{uuid}/shardId-000000000000/")
    body = json.loads(aws("s3").get_object(Bucket=target, Key=found[0]["Key"])["Body"].read())
    assert len(body["payload"]["Records"]) == 1


def test_bisecting_isolates_the_bad_record(mapping: Mapping) -> None:
    mapping.prepare("if 5 in seen: raise ValueError('poison')")
    mapping.put(*range(8))
    url, arn = mapping.queue()
    mapping.map(
        BatchSize=8,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    assert mapping.received(url)["KinesisBatchInfo"]["batchSize"] == 1
    wait_until(lambda: mapping.batches()[-1:] == [[6, 7]])
    assert mapping.batches() == [
        [*range(8)],
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [4, 5],
        [4],
        [5],
        [5],
        [6, 7],
    ]


def test_reported_item_failures_are_tried_again_from_there(mapping: Mapping) -> None:
    mapping.prepare(
        "return {'batchItemFailures': [{'itemIdentifier': records[i]['kinesis']"
        "['sequenceNumber']} for i in ((2, 1) if count == 1 else ())]}"
    )
    mapping.put(*range(4))
    mapping.map(BatchSize=4, FunctionResponseTypes=["ReportBatchItemFailures"])
    wait_until(lambda: len(mapping.batches()) == 2)
    assert mapping.batches() == [[0, 1, 2, 3], [1, 2, 3]]


def test_disable_and_enable_go_on_where_it_stopped(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put(*range(3))
    uuid = mapping.map()
    wait_until(lambda: sum(map(len, mapping.batches())) == 3)
    change = mapping.aws("lambda").update_event_source_mapping
    change(UUID=uuid, Enabled=False)
    wait_until(lambda: mapping.state(uuid) == "Disabled")
    mapping.put(*range(3, 6))
    change(UUID=uuid, Enabled=True, BatchSize=2)
    wait_until(lambda: mapping.state(uuid) == "Enabled")
    wait_until(lambda: sum(map(len, mapping.batches())) == 6)
    assert [n for batch in mapping.batches() for n in batch] == [*range(6)]
    assert mapping.batches()[-2:] == [[3, 4], [5]]


def test_a_disabled_mapping_begins_when_it_is_enabled(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put("first")
    uuid = mapping.map(Enabled=False)
    assert mapping.state(uuid) == "Disabled"
    mapping.aws("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: mapping.batches() == [["first"]])


def test_delete(mapping: Mapping) -> None:
    mapping.prepare()
    uuid = mapping.map()
    wait_until(lambda: mapping.state(uuid) == "Enabled")
    deleted = mapping.aws("lambda").delete_event_source_mapping(UUID=uuid)
    assert deleted["State"] == "Deleting"
    with pytest.raises(ClientError, match="does not exist"):
        mapping.state(uuid)


def test_each_shard_in_order_and_one_does_not_hold_up_another(mapping: Mapping) -> None:
    mapping.prepare("if seen[0][0] == 'bad': raise ValueError('forever')", shards=2)
    # MD5 of "a" begins with 0c (first shard), of "b" with 92 (second).
    mapping.put(*[["bad", n] for n in range(3)], key="a")
    mapping.put(*[["good", n] for n in range(30)], key="b")
    mapping.map(BatchSize=10)

    def good() -> list[int]:
        return [n for batch in mapping.batches() for kind, n in batch if kind == "good"]

    wait_until(lambda: len(good()) == 30)
    assert good() == [*range(30)]


def test_children_are_read_after_their_parent(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put(*range(10))
    mapping.aws("kinesis").split_shard(
        StreamName=mapping.name,
        ShardToSplit="shardId-000000000000",
        NewStartingHashKey=str(2**127),
    )
    wait_until(mapping._active)
    mapping.put(*range(10, 20))
    mapping.map(BatchSize=3)
    wait_until(lambda: sum(map(len, mapping.batches())) == 20)
    assert [n for batch in mapping.batches() for n in batch] == [*range(20)]


def test_a_filter_lets_only_some_records_pass(mapping: Mapping) -> None:
    mapping.prepare()
    mapping.put({"rating": 5}, {"rating": 1}, {"rating": 5, "n": 2})
    pattern = json.dumps({"data": {"rating": [{"numeric": [">", 3]}]}})
    mapping.map(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    wait_until(lambda: mapping.batches() == [[{"rating": 5}, {"rating": 5, "n": 2}]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"MaximumRetryAttempts": 10_001}, "maximumRetryAttempts"),
        ({"MaximumRecordAgeInSeconds": 30}, "between 60 and 604800"),
        ({"MaximumBatchingWindowInSeconds": 301}, "maximumBatchingWindowInSeconds"),
        ({"TumblingWindowInSeconds": 901}, "tumblingWindowInSeconds"),
        ({"TumblingWindowInSeconds": 9, "ParallelizationFactor": 2}, "cannot be used with"),
        ({"BatchSize": 10_001}, "batchSize"),
        ({"StartingPosition": "MIDDLE"}, "startingPosition"),
    ],
)
def test_settings_that_are_not_valid(
    mapping: Mapping, settings: dict[str, Any], message: str
) -> None:
    mapping.prepare()
    with pytest.raises(ClientError, match=message):
        mapping.map(**settings)


def test_a_mapping_outlives_the_updates_of_its_function(mapping: Mapping, aws: Aws) -> None:
    mapping.prepare()
    mapping.map()
    mapping.put(1)
    wait_until(lambda: mapping.batches() == [[1]])
    aws("lambda").update_function_configuration(FunctionName=mapping.name, Timeout=9)
    mapping.put(2)
    wait_until(lambda: mapping.batches() == [[1], [2]])
    assert invoke(aws, mapping.name, {"Records": []}).error  # the function itself is alive


def test_a_mapping_from_a_template(mapping: Mapping, aws: Aws) -> None:
    mapping.prepare()
    mapping.put(*range(4))
    cloudformation = aws("cloudformation")
    settings: dict[str, Any] = {
        "EventSourceArn": mapping.stream,
        "FunctionName": mapping.name,
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 2,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 5,
        "ParallelizationFactor": 2,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    body = {
        "Resources": {"Map": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": settings}},
        "Outputs": {"Id": {"Value": {"Ref": "Map"}}},
    }

    def settled() -> dict[str, Any]:
        def done() -> Any:
            stack = cloudformation.describe_stacks(StackName=mapping.name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        found: dict[str, Any] = wait_until(done)
        return found

    cloudformation.create_stack(StackName=mapping.name, TemplateBody=json.dumps(body))
    stack = settled()
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    uuid = stack["Outputs"][0]["OutputValue"]
    wait_until(lambda: mapping.batches() == [[0, 1], [2, 3]])
    settings["BatchSize"] = 3
    cloudformation.update_stack(StackName=mapping.name, TemplateBody=json.dumps(body))
    assert settled()["StackStatus"] == "UPDATE_COMPLETE"
    found = aws("lambda").get_event_source_mapping(UUID=uuid)
    assert (found["BatchSize"], found["MaximumRetryAttempts"]) == (3, 5)
    mapping.put(*range(4, 7))
    wait_until(lambda: sum(map(len, mapping.batches())) == 7)
    cloudformation.delete_stack(StackName=mapping.name)

    def gone() -> bool:
        try:
            mapping.state(uuid)
        except ClientError:
            return True
        return False

    wait_until(gone)
