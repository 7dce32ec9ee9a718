"""Event source mappings of a table's stream, and tumbling windows of both kinds of stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws, create
from tests.contract.lambda_.mapping_helpers import Mapping
from tests.support import wait_until

SOURCE = """
import boto3, json, os, time
s3 = boto3.client("s3")
def handler(event, context):
    ids = [r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]]
    note = {"ids": ids, "event": event}
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{time.time_ns():020d}", Body=json.dumps(note))
    return decide(event, ids)
def decide(event, ids):
    DECIDE
"""


class Table(Mapping):
    """A table with a stream, a function, and the mapping between them."""

    def prepare(self, decide: str = "return None", shards: int = 1) -> None:  # noqa: ARG002
        made = self.aws("dynamodb").create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]
        source = SOURCE.replace("DECIDE", decide)
        create(self.aws, self.name, source, Environment={"Variables": {"BUCKET": self.bucket}})

    def put(self, *values: Any, key: str = "k") -> None:  # noqa: ARG002
        for value in values:
            item = {"id": {"S": str(value)}, "raw": {"B": b"\x00\xff"}}
            self.aws("dynamodb").put_item(TableName=self.name, Item=item)

    def batches(self) -> list[list[Any]]:
        return [note["ids"] for note in self.notes()]

    def delivered(self) -> set[str]:
        return {one for batch in self.batches() for one in batch}


@pytest.fixture
def table(aws: Aws, name: str, bucket: str) -> Iterator[Table]:
    made = Table(aws, name, bucket)
    yield made
    for uuid in made.uuids:
        aws("lambda").delete_event_source_mapping(UUID=uuid)
    aws("lambda").delete_function(FunctionName=name)
    aws("dynamodb").delete_table(TableName=name)


def test_bisecting_gives_up_the_bad_record_alone(table: Table) -> None:
    table.prepare('if "3" in ids: raise ValueError("poison")')
    url, arn = table.queue()
    table.put(*range(6))
    table.map(
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )

    failed = table.received(url)

    assert failed["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = failed["DDBStreamBatchInfo"]
    assert info["batchSize"] == 1
    assert info["streamArn"] == table.stream
    assert info["startSequenceNumber"] == info["endSequenceNumber"]
    wait_until(lambda: table.delivered() >= {"0", "1", "2", "4", "5"}, what="the others")
    succeeded = {one for batch in table.batches() if "3" not in batch for one in batch}
    assert succeeded == {"0", "1", "2", "4", "5"}


def test_a_record_is_as_on_aws(table: Table) -> None:
    table.prepare()
    table.put("a")
    table.map()

    record = wait_until(table.notes)[0]["event"]["Records"][0]

    assert record["eventName"] == "INSERT"
    assert (record["eventSource"], record["eventVersion"]) == ("aws:dynamodb", "1.1")
    assert record["eventSourceARN"] == table.stream
    content = record["dynamodb"]
    assert content["Keys"] == {"id": {"S": "a"}}
    assert content["NewImage"] == {"id": {"S": "a"}, "raw": {"B": "AP8="}}
    assert content["StreamViewType"] == "NEW_IMAGE"
    assert content["ApproximateCreationDateTime"] > 1_000_000_000
    assert content["SequenceNumber"].isdecimal()


def test_reported_item_failures_are_tried_again_from_there(table: Table) -> None:
    table.prepare(
        'last = event["Records"][-1]["dynamodb"]["SequenceNumber"]; '
        'return {"batchItemFailures": [{"itemIdentifier": last}] if len(ids) > 1 else []}'
    )
    table.put(1, 2, 3)
    table.map(FunctionResponseTypes=["ReportBatchItemFailures"])

    wait_until(lambda: len(table.batches()) >= 2, what="the second attempt")

    assert table.batches() == [["1", "2", "3"], ["3"]]


def test_a_filter_and_lanes(table: Table) -> None:
    table.prepare()
    pattern = {"dynamodb": {"Keys": {"id": {"S": [{"prefix": "a"}]}}}}
    table.map(
        BatchSize=2,
        ParallelizationFactor=4,
        FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
    )
    table.put(*(f"{letter}{n}" for n in range(6) for letter in "ab"))

    wait_until(lambda: len(table.delivered()) >= 6, what="all that pass")

    assert table.delivered() == {f"a{n}" for n in range(6)}


def test_changes_come_in_the_order_of_the_writes(table: Table) -> None:
    table.prepare()
    dynamodb = table.aws("dynamodb")
    for version in range(150):  # of one item
        item = {"id": {"S": "same"}, "version": {"N": str(version)}}
        dynamodb.put_item(TableName=table.name, Item=item)
    table.map(BatchSize=1000)

    def versions() -> list[int]:
        records = [one for note in table.notes() for one in note["event"]["Records"]]
        return [int(one["dynamodb"]["NewImage"]["version"]["N"]) for one in records]

    assert wait_until(lambda: len(versions()) == 150 and versions(), what="all") == list(range(150))


def test_a_tumbling_window_sums_up_and_ends(table: Table) -> None:
    table.prepare(
        'return {"state": {"seen": event["state"].get("seen", []) + ids}}',
    )
    uuid = table.map(BatchSize=1, TumblingWindowInSeconds=2)
    found = table.aws("lambda").get_event_source_mapping(UUID=uuid)
    assert found["TumblingWindowInSeconds"] == 2
    table.put(1, 2, 3)

    def finals() -> list[dict[str, Any]]:
        events = [note["event"] for note in table.notes()]
        return [event for event in events if event["isFinalInvokeForWindow"]]

    wait_until(lambda: sum(len(e["state"]["seen"]) for e in finals()) == 3, what="the sums")

    assert [one for event in finals() for one in event["state"]["seen"]] == ["1", "2", "3"]
    last = finals()[-1]
    assert (last["Records"], last["isWindowTerminatedEarly"]) == ([], False)
    assert last["eventSourceARN"] == table.stream
    begin, end = (datetime.fromisoformat(last["window"][name]) for name in ("start", "end"))
    assert end - begin == timedelta(seconds=2)


def test_the_age_of_what_is_sent_is_a_metric(table: Table) -> None:
    table.prepare()
    table.put("a")
    table.map()

    def points() -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        found: list[dict[str, Any]] = table.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="IteratorAge",
            Dimensions=[{"Name": "FunctionName", "Value": table.name}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return found

    assert wait_until(points, what="IteratorAge")[0]["Maximum"] >= 0
