"""A state that is kept by itself outlives stop and kill -9; what cannot be used is kept aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lakestack.cli import app
from lakestack.errors import SnapshotError
from lakestack.services.saved_state import folder
from tests.integration.saved_state.lake import Aws, Machine, machine
from tests.support import wait_until

pytestmark = pytest.mark.large


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path / "home", tmp_path / "states") as made:
        yield made


def _delivery(aws: Aws, name: str, source: str | None = None) -> None:
    role = "arn:aws:iam::000000000000:role/r"
    given: dict[str, Any] = {}
    if source:
        given = {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {"KinesisStreamARN": source, "RoleARN": role},
        }
    aws("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": "arn:aws:s3:::lake",
            "Prefix": f"{name}/",
            "BufferingHints": {"SizeInMBs": 128, "IntervalInSeconds": 900},
        },
        **given,
    )
    wait_until(
        lambda: aws("firehose").describe_delivery_stream(DeliveryStreamName=name)[
            "DeliveryStreamDescription"
        ]["DeliveryStreamStatus"]
        == "ACTIVE"
    )


def _fill(aws: Aws) -> None:
    aws("s3").create_bucket(Bucket="lake")
    aws("s3").put_object(Bucket="lake", Key="k", Body=b"body" * 300_000)
    aws("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(30):
        aws("dynamodb").put_item(TableName="table", Item={"k": {"S": str(number)}})
    aws("kinesis").create_stream(StreamName="stream", ShardCount=1)
    summary = aws("kinesis").describe_stream_summary(StreamName="stream")
    arn = summary["StreamDescriptionSummary"]["StreamARN"]
    _delivery(aws, "direct")
    _delivery(aws, "from-kinesis", arn)
    aws("firehose").put_record(DeliveryStreamName="direct", Record={"Data": b"pending"})
    wait_until(
        lambda: aws("kinesis").describe_stream_summary(StreamName="stream")[
            "StreamDescriptionSummary"
        ]["StreamStatus"]
        == "ACTIVE"
    )
    for number in range(20):
        aws("kinesis").put_record(
            StreamName="stream", Data=b"%d\n" % number, PartitionKey=str(number)
        )


def _delivered(aws: Aws, prefix: str) -> bytes:
    found = aws("s3").list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])
    return b"".join(
        aws("s3").get_object(Bucket="lake", Key=each["Key"])["Body"].read() for each in found
    )


def test_what_was_there_outlives_a_crash_and_a_stop(lake: Machine) -> None:
    _fill(lake.start())
    lake.await_save()
    lake.kill()

    aws = lake.start()

    assert aws("s3").get_object(Bucket="lake", Key="k")["Body"].read() == b"body" * 300_000
    assert aws("dynamodb").scan(TableName="table")["Count"] == 30
    aws("dynamodb").put_item(TableName="table", Item={"k": {"S": "after the crash"}})
    assert _delivered(aws, "") == b"body" * 300_000
    lake.stop()  # saves at once, however short ago the change was

    aws = lake.start()

    assert aws("dynamodb").scan(TableName="table")["Count"] == 31
    # What was pending is delivered once: also what was read before the crash.
    for name in ("direct", "from-kinesis"):
        aws("firehose").delete_delivery_stream(DeliveryStreamName=name)
    lines = [b"%d\n" % n for n in range(20)]
    wait_until(lambda: _delivered(aws, "direct/") == b"pending")
    wait_until(lambda: _delivered(aws, "from-kinesis/") == b"".join(lines))


def test_what_is_written_past_the_gateway_is_saved_as_well(lake: Machine) -> None:
    from tests.contract.dms.helpers import Lake as DmsLake
    from tests.contract.dms.helpers import table, to_table

    aws = lake.start()
    dms = DmsLake(aws)
    dms.put("data/ratings/1.csv", "userId,movieId\n" + "".join(f"{n},2\n" for n in range(50)))
    ends = dms.endpoints(table("ratings", userId="STRING", movieId="STRING"))
    dms.create_task(ends, to_table("ratings", dms.target("ratings"), "userId"))
    assert dms.run()["Status"] == "stopped"
    lake.await_save()
    lake.kill()

    aws = lake.start()

    assert aws("dynamodb").scan(TableName=dms.target("ratings"))["Count"] == 50
    (task,) = aws("dms").describe_replication_tasks()["ReplicationTasks"]
    assert task["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert task["ReplicationTaskStats"]["TablesLoaded"] == 1


def test_a_damaged_or_newer_snapshot_is_refused_once_and_kept(lake: Machine) -> None:
    aws = lake.start()
    aws("sqs").create_queue(QueueName="q")
    lake.stop()
    place = Path(str(lake.emulator.state)) / folder.CURRENT
    found = folder.latest(place)
    assert found is not None
    document = found.path / "document.json"
    document.write_bytes(document.read_bytes().replace(b"us-east-1", b"us-east-2"))

    with pytest.raises(SnapshotError, match=r"document\.json is not what was written"):
        lake.start()

    aside = found.path.with_name(f"{found.path.name}.damaged-1")
    assert aside.is_dir()
    aws = lake.start()  # without it
    assert aws("sqs").list_queues().get("QueueUrls", []) == []
    aws("sqs").create_queue(QueueName="later")
    lake.stop()
    found = folder.latest(place)
    assert found is not None
    manifest = {**found.manifest, "format": folder.FORMAT + 1}
    (found.path / folder.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match="this version reads formats up to"):
        lake.start()
    lake.start()
    assert sorted(p.name.partition(".")[2] for p in place.iterdir() if "." in p.name) == [
        "damaged-1",
        "newer-1",
    ]


def test_two_emulators_do_not_keep_one_state(lake: Machine, tmp_path: Path) -> None:
    lake.start()
    second = Machine(tmp_path / "other", lake.emulator.state)
    with pytest.raises(SnapshotError, match="Another emulator keeps its state in"):
        second.start()
    lake.state("save", "undisturbed")


def test_a_folder_that_takes_nothing_is_told_and_tried_again(lake: Machine) -> None:
    states = Path(str(lake.emulator.state))
    aws = lake.start()
    states.rename(aside := states.with_name("aside"))
    states.write_text("in the way")
    try:
        aws("sqs").create_queue(QueueName="q")
        wait_until(lambda: lake.kept()["problem"], 60, what="the problem")
        assert str(states) in lake.kept()["problem"]
        _, health = lake.ask("GET", "/_localstack/lake/health")
        assert not health["ok"]
        status, answer = lake.ask("POST", "/_lakestack/state/save", {"name": "x"})
        assert status == 400
        assert "Nothing is saved" in answer["error"]["message"]
        assert aws("sqs").list_queues()["QueueUrls"]  # it goes on
    finally:
        states.unlink()
        aside.rename(states)
    wait_until(lambda: lake.kept()["problem"] is None, 60, what="the save")
    lake.kill()
    assert lake.start()("sqs").list_queues()["QueueUrls"]


def test_a_stop_tells_what_could_not_be_saved(
    lake: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = Path(str(lake.emulator.state))
    aws = lake.start()
    aws("sqs").create_queue(QueueName="kept")
    lake.await_save()
    states.rename(aside := states.with_name("aside"))
    states.write_text("in the way")
    monkeypatch.setenv("LAKE_HOME", str(lake.emulator.home))
    aws("sqs").create_queue(QueueName="lost")

    stopped = CliRunner().invoke(app, ["stop", "--port", str(lake.emulator.port)])

    assert stopped.stdout == "emulator stopped\n"
    assert "what has changed since is lost: " in stopped.stderr
    assert str(states) in stopped.stderr
    states.unlink()
    aside.rename(states)
    (url,) = lake.start()("sqs").list_queues()["QueueUrls"]
    assert url.endswith("/kept")
    lake.stop()
    assert lake.emulator.unsaved() == ""
