"""Stages whose service says one thing and has done another: they fail in a sentence, and go on."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.counted_once import CountedOnce
from pipeline.errors import StageError, StageTimeoutError
from pipeline.lake import Lake
from pipeline.run_state import RunState
from pipeline.settings import Settings
from pipeline.stages import Work
from pipeline.stages.stream import Stream
from pipeline.stages.transform import Transform
from pipeline.target import open_target
from tests.unit.pipeline.fakes import FakeS3, SilentReporter

TARGET = open_target("local", environ={})


class FakeLake:
    """A lake of the given clients, with waits that end soon."""

    def __init__(self, **clients: Any) -> None:
        self.settings = Settings("000000000000")
        self.bucket, self.s3 = self.settings.bucket, FakeS3()
        self.state = RunState(self.s3, self.bucket, self.settings.state)
        self.reporter, self.cancelled = SilentReporter(), threading.Event()
        self.target = SimpleNamespace(
            waits=replace(TARGET.waits, poll=0.001, stack=0.05, job=0.05),
            sizes=TARGET.sizes,
            usual={},
        )
        self.clients = clients
        self.once = CountedOnce()

    poll = Lake.poll

    def client(self, service: str) -> Any:
        return self.clients[service]

    def objects(self, prefix: str) -> list[dict[str, Any]]:
        found = sorted(self.s3.objects.items())
        return [{"Key": k, "Size": len(v), "ETag": k} for k, v in found if k.startswith(prefix)]

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())


def work(lake: FakeLake, stage: str) -> Work:
    """As the runner makes it, with the notes of a former run."""
    dataset: Any = SimpleNamespace()
    return Work(cast(Lake, lake), dataset, stage, "inputs", before=lake.state.read(stage))


class FakeFirehose:
    """A delivery stream that has one state after the other; the last one stays."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    def describe_delivery_stream(self, **_: str) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        found: dict[str, Any] = {"DeliveryStreamStatus": state}
        if state.endswith("_FAILED"):
            found["FailureDescription"] = {"Type": "X", "Details": "no such role"}
        return {"DeliveryStreamDescription": found}


def test_a_delivery_stream_is_waited_for_until_it_is_active() -> None:
    firehose = FakeFirehose("CREATING", "CREATING", "ACTIVE")
    Stream._wait_until_active(work(FakeLake(firehose=firehose), "stream"))
    assert firehose.states == ["ACTIVE"]


def test_a_delivery_stream_that_failed_is_named_before_anything_is_sent() -> None:
    lake = FakeLake(firehose=FakeFirehose("CREATING", "CREATING_FAILED"))
    with pytest.raises(StageError) as failed:
        Stream().run(work(lake, "stream"))
    assert failed.value.message == "The delivery stream is CREATING_FAILED: no such role"
    assert failed.value.hint == "Start afresh with: lake destroy"


def test_a_delivery_stream_that_never_becomes_active_ends_the_stage() -> None:
    lake = FakeLake(firehose=FakeFirehose("CREATING"))
    with pytest.raises(StageTimeoutError, match="for the delivery stream to be ACTIVE"):
        Stream().run(work(lake, "stream"))


class FakeLambda:
    """Event source mappings by UUID, with their states."""

    def __init__(self, **states: str) -> None:
        self.states = states

    def list_event_source_mappings(self, **_: str) -> dict[str, Any]:
        return {
            "EventSourceMappings": [{"UUID": u, "State": state} for u, state in self.states.items()]
        }

    def update_event_source_mapping(self, UUID: str, *, Enabled: bool) -> None:  # noqa: N803
        assert Enabled
        assert self.states[UUID] == "Disabled"
        self.states[UUID] = "Enabling"


def test_a_consumer_that_somebody_has_disabled_reads_on() -> None:
    given = FakeLambda(one="Enabled", other="Disabled", third="Disabling")
    Stream._enable_consumer(cast(Lake, FakeLake(**{"lambda": given})))
    assert given.states == {"one": "Enabled", "other": "Enabling", "third": "Disabling"}


class FakeGlue:
    """A job whose runs succeed at once; `writes` says what each leaves behind."""

    def __init__(self, *writes: Any) -> None:
        self.writes, self.runs = list(writes), 0

    def start_job_run(self, **_: str) -> dict[str, str]:
        self.writes[self.runs]()
        self.runs += 1
        return {"JobRunId": f"jr_{self.runs}"}

    def get_job_run(self, RunId: str, **_: str) -> dict[str, Any]:  # noqa: N803
        return {"JobRun": {"Id": RunId, "JobRunState": "SUCCEEDED"}}


def job(lake: FakeLake, *absent: str) -> None:
    """Leave what the job leaves, without some of its directories; the report is always there."""
    said = {"written": 1, "rejected": {}, "duplicates": 0}
    report = {"tables": dict.fromkeys(("rating", "movies", "links"), said)}
    lake.s3.objects[lake.settings.report_key] = json.dumps(report).encode()
    for directory in lake.settings.output_directories:
        if directory.rstrip("/").rpartition("/")[2] in absent:
            lake.s3.objects[f"{directory}_SUCCESS"] = b""
        else:
            lake.s3.objects[f"{directory}part-0.csv"] = b"a\n1\n"


@pytest.mark.parametrize("absent", ["rating", "movies", "links"])
def test_a_job_that_succeeded_without_output_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    monkeypatch.setattr("pipeline.stages.transform.upload", lambda *_: True)
    lake = FakeLake()
    lake.clients["glue"] = glue = FakeGlue(lambda: job(lake, absent), lambda: job(lake))
    with pytest.raises(StageError) as failed:
        Transform().run(work(lake, "transform"))
    assert failed.value.message.startswith("Glue job run jr_1 succeeded but wrote nothing to ")
    assert failed.value.message.endswith(f"/{absent}/.")
    assert failed.value.hint == "Run it again with: lake run"

    again = Transform().run(work(lake, "transform"))  # with the first one's notes, not forced
    assert (again.details["job_run"], glue.runs) == ("jr_2", 2)
