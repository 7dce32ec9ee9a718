"""`lake run --timeline`: spans of stages, waits and requests, in the Trace Event Format."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from pipeline.errors import SettingsError, StageError
from pipeline.lake import Lake
from pipeline.service_times import service_spans
from pipeline.target import open_target
from pipeline.timeline import Timeline, TimelineReporter, timeline_of
from tests.unit.pipeline.fakes import SilentReporter

NOW = 1_700_000_000.0


def events(file: Path, kind: str) -> list[dict[str, Any]]:
    document = json.loads(file.read_text(encoding="utf-8"))
    return [event for event in document["traceEvents"] if event.get("cat") == kind]


def tracks(file: Path) -> dict[int, str]:
    document = json.loads(file.read_text(encoding="utf-8"))
    return {e["tid"]: e["args"]["name"] for e in document["traceEvents"] if e["ph"] == "M"}


def test_stages_of_several_threads_have_tracks_of_their_own(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "t.json")
    reporter = TimelineReporter(SilentReporter(), timeline)

    def stage(name: str) -> None:
        reporter.begin(name)
        for looked in (0.0, 0.1, 0.2):
            reporter.waiting(f"job of {name}", None, looked)
        reporter.end(name, "10 rows", ok=name != "b")

    threads = [threading.Thread(target=stage, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
        thread.join()
    reporter.finish()
    timeline.write()

    stages = events(timeline.file, "stage")
    assert [(e["name"], e["ph"], e["args"]["ok"]) for e in stages] == [
        ("a", "X", True),
        ("b", "X", False),
    ]
    assert all(e["dur"] >= 0 and abs(e["ts"] / 1e6 - time.time()) < 300 for e in stages)
    waits = events(timeline.file, "wait")
    assert [(e["name"], tracks(timeline.file)[e["tid"]]) for e in waits] == [
        ("wait: job of a", "a"),
        ("wait: job of b", "b"),
    ]
    assert all(e["dur"] >= 100_000 for e in waits)


def test_a_second_wait_for_the_same_is_another_span(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "t.json")
    reporter = TimelineReporter(SilentReporter(), timeline)
    for seconds in (0.0, 30.0, 60.0, 0.0):
        reporter.waiting("the crawler", None, seconds)
    reporter.finish()
    timeline.write()
    # 30 s "ago" it cannot have begun, since the test has just begun: three starts, three spans.
    assert len(events(timeline.file, "wait")) == 4


def test_requests_of_clients_made_before_and_after_are_noted(tmp_path: Path) -> None:
    target = open_target("local", endpoint="http://127.0.0.1:1")
    object.__setattr__(target, "config", Config(retries={"total_max_attempts": 1}))
    before = target.client("sts")
    timeline = Timeline(tmp_path / "t.json")
    timeline.watch(target)
    for client, call in ((before, "get_caller_identity"), (target.client("s3"), "list_buckets")):
        with pytest.raises(EndpointConnectionError):
            getattr(client, call)()
    timeline.write()
    counted = json.loads(timeline.file.read_text())["otherData"]["requests"]
    assert counted == {"s3.ListBuckets": 1, "sts.GetCallerIdentity": 1}


def test_a_file_that_cannot_be_written_is_found_before_the_run(tmp_path: Path) -> None:
    ran = False
    with (
        pytest.raises(SettingsError, match="cannot be written") as error,
        timeline_of(cast(Lake, SimpleNamespace()), tmp_path / "no" / "t.json"),
    ):
        ran = True
    assert not ran
    assert "lake run --timeline" in error.value.hint


@pytest.mark.parametrize("name", ["", ".", "/", "folder", "file/t.json", "t" * 300, "pipe"])
def test_what_is_no_file_is_refused_before_the_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    place = Path(name) if name in ("", ".", "/") else tmp_path / name
    with (
        pytest.raises(SettingsError, match="cannot be written"),
        timeline_of(cast(Lake, SimpleNamespace()), place),
    ):
        pytest.fail("the run has begun")


def test_a_device_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no plain file"):
        Timeline(Path(os.devnull)).write()
    (tmp_path / "device").symlink_to(os.devnull)
    with pytest.raises(SettingsError, match="no plain file"):
        Timeline(tmp_path / "device").write()
    assert Path(os.devnull).is_char_device()


def test_of_a_link_the_file_behind_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "behind.json").touch()
    (tmp_path / "t.json").symlink_to("behind.json")
    Timeline(tmp_path / "t.json").write()
    assert (tmp_path / "t.json").is_symlink()
    assert json.loads((tmp_path / "behind.json").read_text())["traceEvents"]


def test_a_file_that_gets_unwritable_does_not_hide_why_the_run_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.timeline.service_spans", lambda *_: [])
    target = SimpleNamespace(listen=lambda *_: None)
    stacks = StacksOf(waiting=None)
    lake = SimpleNamespace(target=target, reporter=SilentReporter(), stacks=stacks)
    (tmp_path / "there").mkdir()
    with (
        pytest.raises(StageError, match="the stage's own") as error,
        timeline_of(cast(Lake, lake), tmp_path / "there" / "t.json"),
    ):
        shutil.rmtree(tmp_path / "there")
        raise StageError("the stage's own")
    assert "t.json' cannot be written" in error.value.__notes__[0]


@dataclass(frozen=True)
class StacksOf:
    """What `timeline_of` replaces of a lake's stacks."""

    waiting: Any


def test_no_timeline_touches_nothing() -> None:
    with timeline_of(cast(Lake, None), None):
        pass


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


class Answers:
    """Clients that answer with what is given, by operation."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers
        self.settings = SimpleNamespace(prefix="movielens", job="job", training_prefix="train")

    def client(self, _service: str) -> Any:
        return self

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: iter(self._answers[operation]))

    def __getattr__(self, operation: str) -> Any:
        return lambda **_: self._answers[operation]


def test_what_services_say_of_their_work_becomes_spans() -> None:
    def event(second: float, logical: str, status: str) -> dict[str, Any]:
        return {
            "Timestamp": at(second),
            "LogicalResourceId": logical,
            "ResourceStatus": status,
            "ResourceType": "AWS::DynamoDB::Table",
        }

    lake = Answers(
        {
            "describe_stacks": [{"Stacks": [{"StackName": "movielens-a"}, {"StackName": "other"}]}],
            "describe_stack_events": [
                {
                    "StackEvents": [
                        event(5, "Table", "CREATE_COMPLETE"),
                        event(1, "Table", "CREATE_IN_PROGRESS"),
                        event(-500, "Old", "CREATE_COMPLETE"),
                        event(-600, "Old", "CREATE_IN_PROGRESS"),
                    ]
                }
            ],
            "get_job_runs": {
                "JobRuns": [
                    {
                        "JobName": "job",
                        "StartedOn": at(10),
                        "CompletedOn": at(30),
                        "ExecutionTime": 15,
                        "JobRunState": "SUCCEEDED",
                    },
                    {"JobName": "job", "StartedOn": at(31), "JobRunState": "RUNNING"},
                ]
            },
            "list_training_jobs": {"TrainingJobSummaries": [{"TrainingJobName": "train-1"}]},
            "describe_training_job": {
                "SecondaryStatusTransitions": [
                    {"Status": "Starting", "StartTime": at(40), "EndTime": at(41)},
                    {"Status": "Training", "StartTime": at(41), "EndTime": at(60)},
                    {"Status": "Uploading", "StartTime": at(60)},
                ]
            },
        }
    )
    found = service_spans(cast(Lake, lake), NOW)
    assert [(span.track, span.name, span.start - NOW, span.end - NOW) for span in found] == [
        ("stack movielens-a", "Table (AWS::DynamoDB::Table)", 1, 5),
        ("glue job", "start", 10, 15),
        ("glue job", "SUCCEEDED", 15, 30),
        ("sagemaker train-1", "Starting", 40, 41),
        ("sagemaker train-1", "Training", 41, 60),
    ]


def test_services_that_do_not_answer_hide_no_error_of_the_run() -> None:
    class Silent(Answers):
        def client(self, _service: str) -> Any:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    assert service_spans(cast(Lake, Silent({})), NOW) == []
