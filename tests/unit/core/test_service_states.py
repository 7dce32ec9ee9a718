"""What each service's state says of itself: contents, an end for all that runs, a snapshot."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lakestack import store as stores
from lakestack.services.arns import arn, arn_prefix, bucket_arn
from lakestack.services.cloudformation import stack_notes
from lakestack.services.dms import state as dms
from lakestack.services.dms.task_settings import parse_task_settings
from lakestack.services.firehose import store as firehose
from lakestack.services.firehose.delivery_stream import DeliveryStream
from lakestack.services.firehose.destination import S3Destination
from lakestack.services.firehose.source import DirectSource
from lakestack.services.glue import state as glue
from lakestack.services.glue.job import Job
from lakestack.services.glue.job_run import JobRun
from lakestack.services.kinesis import store as kinesis
from lakestack.services.kinesis.reader import Position
from lakestack.services.kinesis.stream import Stream
from lakestack.services.lambda_ import state as lambda_
from lakestack.services.sagemaker import state as sagemaker
from lakestack.services.sagemaker.training_job import TrainingJob
from tests.support import unique

REGION = "us-east-1"
SERVICES = {
    "cloudformation": stack_notes.STORE,
    "dms": dms.STORE,
    "firehose": firehose.STORE,
    "glue": glue.STORE,
    "kinesis": kinesis.STORE.states,
    "lambda": lambda_.STORE,
    "sagemaker": sagemaker.STORE,
}


@pytest.fixture
def account() -> str:
    return unique("a")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_of_ours_keeps_its_states_in_the_one_store(
    service: str, account: str
) -> None:
    store = stores.store_of(service)
    assert store is SERVICES[service]
    state = store.get(account, REGION)
    assert store.contents(account) == {}
    assert store.restore(store.snapshot(account)) == []
    assert store.get(account, REGION) is not state
    assert store.reset(account) == []


def test_a_reset_deletes_streams_for_those_who_read_them(account: str) -> None:
    stream = Stream(account, REGION, "s", shard_count=1)
    kinesis.STORE.add(stream)

    stores.reset(["kinesis"], account)

    assert stream.deleted.is_set()
    assert kinesis.STORE.streams(account, REGION) == []


def test_consumers_of_a_mapping_are_abandoned_and_waited_for(account: str) -> None:
    class Shards:
        def shards(self) -> list[Any]:
            return []

    lineage = lambda_.STORE.get(account, REGION).lineage("uuid")
    lineage.follow(Shards(), lambda _: Position(0))  # type: ignore[arg-type]
    position = lineage.positions["shardId-000000000000"] = Position(5)
    assert stores.store_of("lambda").contents(account, REGION) == {
        (account, REGION): {"event source mapping": ["uuid"]}
    }
    with position.lock:  # as a consumer does while it works
        late = stores.reset(["lambda"], account, timeout=0.01)

    assert late == ["consumer of shardId-000000000000 for mapping uuid"]
    assert position.abandoned
    assert position.released(0.0)
    assert lambda_.STORE.get(account, REGION).lineage("uuid").positions == {}


def test_an_operation_on_a_stack_is_cancelled(account: str) -> None:
    notes = stack_notes.STORE.get(account, REGION).notes["id"] = stack_notes.StackNotes()
    with notes.operation:
        late = stores.reset(["cloudformation"], account, timeout=0.01)
    assert late == ["operation on id"]
    assert notes.stopped


def test_a_running_task_is_stopped(account: str) -> None:
    state = dms.STORE.get(account, REGION)
    task = dms.Task("t", "arn:t", "s", "t", "i", "{}", settings=None, task_data=None)  # type: ignore[arg-type]
    task.status = "running"
    task.runner = threading.Thread(target=task.cancelled.wait)
    task.runner.start()
    state.tasks[task.arn] = task

    assert stores.reset(["dms"], account) == []

    assert not task.runner.is_alive()
    assert dms.STORE.contents(account) == {}


def test_a_job_that_is_reset_starts_no_run() -> None:
    class Run:
        active = True

        def start(self) -> None:
            raise AssertionError("nobody would end it")

    command = {"Name": "glueetl", "ScriptLocation": "s3://b/k"}
    job = Job("1", REGION, {"Name": "j", "Role": "r", "Command": command})
    assert job.shut_down() == []
    assert not job.begin_retry(Run())  # type: ignore[arg-type]


def test_what_is_data_comes_back(account: str) -> None:
    state = dms.STORE.get(account, REGION)
    state.subnet_groups["g"] = {"ReplicationSubnetGroupIdentifier": "g"}
    state.instances["i"] = {
        "ReplicationInstanceIdentifier": "i",
        "ReplicationSubnetGroup": state.subnet_groups["g"],
    }
    state.connections["i", "e"] = {"ReplicationInstanceArn": "i", "EndpointArn": "e"}
    glue.STORE.get(account, REGION).classifiers["c"] = {"Name": "c"}
    models = sagemaker.STORE.get(account, REGION)
    models.models["m"] = sagemaker.Model("m", "arn:m", {"ModelName": "m"})
    models.endpoint_configs["c"] = sagemaker.EndpointConfig("c", "arn:c", {})
    services = ("dms", "glue", "sagemaker")
    saved = {name: stores.store_of(name).snapshot(account) for name in services}
    stores.reset(services, account)

    for name in services:
        stores.store_of(name).restore(saved[name])

    again = dms.STORE.get(account, REGION)
    assert again.instances["i"]["ReplicationSubnetGroup"] is again.subnet_groups["g"]
    assert again.connections == state.connections
    assert glue.STORE.get(account, REGION).classifiers == {"c": {"Name": "c"}}
    restored = sagemaker.STORE.get(account, REGION)
    assert restored.models == models.models
    assert restored.endpoint_configs == models.endpoint_configs
    stores.reset(services, account)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_an_arn_is_of_the_partition_of_its_region(region: str, partition: str) -> None:
    assert arn("glue", region, "1", "job/j") == f"arn:{partition}:glue:{region}:1:job/j"
    assert arn("glue", region, "1", "job/j").startswith(arn_prefix("glue", region))
    assert bucket_arn("b", region) == f"arn:{partition}:s3:::b"
    assert Stream("1", region, "s", shard_count=1).arn.startswith(f"arn:{partition}:kinesis:")
    assert glue.GlueState("1", region).arn("job", "j").startswith(f"arn:{partition}:glue:")
    assert sagemaker.SagemakerState("1", region).arn("model", "M").endswith(":1:model/m")


def test_a_stream_comes_back_with_its_records_and_readers(account: str) -> None:
    stream = Stream(account, REGION, "s", shard_count=2)
    kinesis.STORE.add(stream)
    put = [stream.put(b"%d" % n, str(n), None) for n in range(2000)]
    lineage = lambda_.STORE.get(account, REGION).lineage("mapping")
    lineage.follow(stream, lambda shard: Position(shard.tip()))
    services = ("kinesis", "lambda")
    saved = {name: stores.store_of(name).snapshot(account) for name in services}
    stores.reset(services, account)

    for name in services:
        assert stores.store_of(name).restore(saved[name]) == []

    (again,) = kinesis.STORE.streams(account, REGION)
    assert (again.identity, again.status) == (stream.identity, "ACTIVE")
    now, retention = again.clock(), again.retention
    found = {
        (shard.id, record.sequence): record.data
        for shard in again.shards()
        for record in shard.read(0, now=now, retention=retention).records
    }
    assert found == {(*where,): b"%d" % n for n, where in enumerate(put)}
    followed = lambda_.STORE.get(account, REGION).lineage("mapping")
    assert {s: p.sequence for s, p in followed.positions.items()} == {
        shard.id: shard.tip() for shard in again.shards()
    }
    assert followed.ready(again) == again.shards()
    stores.reset(services, account)


def test_what_a_delivery_stream_has_not_delivered_comes_back(account: str) -> None:
    source = DirectSource()
    destination = S3Destination.parse(
        {"RoleARN": "r", "BucketARN": "arn:aws:s3:::nowhere"}, extended=True
    )
    stream = DeliveryStream(
        account, REGION, "d", destination=destination, source=source, start=False
    )
    for data in (b"one", b"two"):
        source.put(stream.created, data)
    stream.delivery._read()
    source.put(stream.created, b"three")
    with firehose.STORE.holding(account, REGION) as streams:
        streams.put(stream)
    saved = firehose.STORE.snapshot(account)
    (state,) = saved["states"]
    (kept,) = state["state"]["streams"]
    assert kept["delivery"]["open"][0]["body"] == b"onetwo"
    assert kept["delivery"]["open"][0]["key"], "else a second object would have the same records"

    firehose.STORE.restore(saved)

    (again,) = firehose.STORE.get(account, REGION).all()
    assert again is not stream
    assert firehose.STORE.snapshot(account) == saved
    firehose.STORE.close(account)


TRAINING = {"TrainingJobName": "j", "OutputDataConfig": {"S3OutputPath": "s3://b/k"}}


def test_what_ran_has_failed_and_says_why(account: str) -> None:
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/k"}
    job = Job(account, REGION, {"Name": "j", "Role": "r", "Command": command})
    job.runs.append(
        JobRun(
            account,
            REGION,
            {"JobName": "j", "Timeout": 1},
            job_id=job.job_id,
            bookmarks=job.bookmarks,
            on_end=lambda _: None,
        )
    )
    glue.STORE.get(account, REGION).jobs["j"] = job
    state = dms.STORE.get(account, REGION)
    settings = parse_task_settings(None)
    task = dms.Task("t", "arn:t", "s", "t", "i", "{}", settings=settings, task_data=None)
    task.status = "running"
    state.tasks[task.arn] = task
    training = TrainingJob(account, REGION, "arn:j", TRAINING)
    sagemaker.STORE.get(account, REGION).training_jobs["j"] = training
    services = ("dms", "glue", "sagemaker")
    saved = {name: stores.store_of(name).snapshot(account) for name in services}

    for name in services:
        stores.store_of(name)._states.pop((account, REGION))
        stores.store_of(name).restore(saved[name])
        with stores.store_of(name).holding(account, REGION) as held:
            held.resume()

    (run,) = glue.STORE.get(account, REGION).jobs["j"].runs
    assert (run.run_id, run.state) == (job.runs[0].run_id, "FAILED")
    assert "started again with its saved state" in str(run.as_api()["ErrorMessage"])
    shape = dms.STORE.get(account, REGION).tasks["arn:t"].shape()
    assert shape["Status"] == "failed"
    assert "resume-processing" in shape["LastFailureMessage"]
    described = sagemaker.STORE.get(account, REGION).training_jobs["j"].describe()
    assert described["TrainingJobStatus"] == "Failed"
    assert "saved state" in described["FailureReason"]
    for name in services:
        stores.store_of(name)._states.pop((account, REGION))
