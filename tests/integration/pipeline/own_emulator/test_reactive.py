"""A lake that reacts: files dropped in end in a model promoted or refused, and in one message."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.console.lake_console import reporter
from pipeline.lake import Lake
from pipeline.polling import poll_until
from pipeline.reactive.stack import running
from pipeline.retraining.champion import current
from pipeline.retraining.rounds import Rounds
from pipeline.target import open_target
from tests.integration.pipeline import movielens_data

# Not `large`, though it takes a minute and more: no other test runs the reactive lake, so that
# `.ci/run` is to have it each time.
pytestmark = [pytest.mark.emulator, pytest.mark.spark]

HEADER = "userId,movieId,rating,timestamp\n"
PATIENCE = 600.0
"""Seconds in which nothing moves."""


@dataclass
class Reactive:
    """A lake that reacts, and a queue that gets what it tells."""

    url: str
    lake: Lake
    movies: list[int]
    queue: str

    def __call__(self, *words: str) -> dict[str, Any]:
        return _lake(self.url, *words)

    def drop(self, name: str, rows: list[tuple[int, int, float, int]]) -> None:
        """Put a file under raw/."""
        body = HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows)
        self.lake.s3.put_object(Bucket=self.lake.bucket, Key=f"raw/{name}", Body=body)

    def executions(self) -> list[dict[str, Any]]:
        arn = self.lake.stacks.outputs("reactive")["StateMachineArn"]
        found = self.lake.client("stepfunctions").list_executions(stateMachineArn=arn)
        return list(found["executions"])

    def told(self, executions: int) -> list[dict[str, Any]]:
        """The messages, once so many executions have begun and none is at work."""
        self._wait(lambda: len(self.executions()) >= executions, "the executions to begin")
        self._wait(lambda: not running(self.lake), "the executions to end")
        sqs, found = self.lake.client("sqs"), []
        while messages := sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=3
        ).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _wait(self, look: Callable[[], bool], what: str) -> None:
        poll_until(
            lambda: True if look() else None,
            every=0.5,
            patience=PATIENCE,
            what=what,
            position=lambda: {"executions": str([e["status"] for e in self.executions()])},
        )


def _lake(url: str, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*words, "--endpoint", url, "--json"])
    assert done.exit_code == 0, f"{words}: {done.stderr}"
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def reactive(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Reactive:
    data: Path = tmp_path_factory.mktemp("reactive") / "data"
    movielens_data.write_folder(data)
    _lake(emulator, "run", "--reactive", "--movielens", str(data))
    lake = Lake.open(open_target("local", endpoint=emulator), reporter())
    topic = lake.stacks.outputs("reactive")["TopicArn"]
    queue = lake.client("sqs").create_queue(QueueName="told")["QueueUrl"]
    lake.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=lake.arn("sqs", "told"),
        Attributes={"RawMessageDelivery": "true"},
    )
    with (data / "movies.csv").open(encoding="utf-8") as lines:
        movies = [int(row["movieId"]) for row in csv.DictReader(lines)]
    return Reactive(emulator, lake, movies, queue)


def test_a_file_goes_its_way_and_nothing_is_done_twice(reactive: Reactive) -> None:
    """In this order, because each step finds what the one before it has left."""
    for step in (
        _two_files_of_one_upload_end_in_one_message,
        _an_event_that_comes_twice_does_nothing,
        _a_file_that_is_none_is_refused_without_a_round,
        _a_run_without_the_flag_leaves_it_as_it_is,
        _destroy_takes_it_away,
    ):
        step(reactive)


def _two_files_of_one_upload_end_in_one_message(reactive: Reactive) -> None:
    lake, before = reactive.lake, current(reactive.lake)
    taste = reactive.movies[-15:]
    rows = [
        (9_000 + user, taste[(7 * user + turn) % 15], 5.0, 1_700_000_000 + 60 * turn)
        for turn in range(12)
        for user in range(60)
    ]
    reactive.drop("dt=2026-01-01/part 0.csv", rows[::2])
    reactive.drop("dt=2026-01-01/part 1.csv", [*rows[1::2], (1, 10**9, 5.0, 1_700_000_000)])
    [message] = reactive.told(2)
    assert message["count"] == 2
    assert (message["rows"], message["rejected"]) == (len(rows), 1)
    newest = Rounds(lake).newest()
    assert newest is not None
    assert (newest.outcome, newest.began) == (message["outcome"], message["round"])
    assert message["outcome"] in ("promoted", "refused"), message
    promoted = current(lake).artifact != before.artifact
    assert promoted == (message["outcome"] == "promoted")
    assert len(_job_runs(lake)) == 2, "the run's own, and one for both files"
    assert reactive("verify")["ok"]


def _an_event_that_comes_twice_does_nothing(reactive: Reactive) -> None:
    before = _job_runs(reactive.lake)
    known = len(reactive.executions())
    arn = reactive.lake.stacks.outputs("reactive")["StateMachineArn"]
    for _ in range(2):
        reactive.lake.client("stepfunctions").start_execution(stateMachineArn=arn)
    assert reactive.told(known + 2) == []
    assert {e["status"] for e in reactive.executions()} == {"SUCCEEDED"}
    assert _job_runs(reactive.lake) == before


def _a_file_that_is_none_is_refused_without_a_round(reactive: Reactive) -> None:
    before = _job_runs(reactive.lake)
    known = len(reactive.executions())
    reactive.lake.s3.put_object(Bucket=reactive.lake.bucket, Key="raw/notes.txt", Body=b"hello")
    [message] = reactive.told(known + 1)
    assert message["outcome"] == "refused"
    assert "the header is" in message["refused"]["raw/notes.txt"]
    assert _job_runs(reactive.lake) == before


def _a_run_without_the_flag_leaves_it_as_it_is(reactive: Reactive) -> None:
    again = reactive("run")
    assert {s["stage"] for s in again["stages"] if not s["skipped"]} == {"recommend"}
    steps = {f["step"]: f["ok"] for f in again["verification"]["findings"]}
    assert steps["bucket sends its events"]
    assert steps["files under raw/ are taken"]


def _destroy_takes_it_away(reactive: Reactive) -> None:
    lake = reactive.lake
    topic, machine = (
        f"{kind} {lake.stacks.outputs('reactive')[name]}"
        for kind, name in (("topic", "TopicArn"), ("state machine", "StateMachineArn"))
    )
    planned = reactive("destroy", "--dry-run")
    assert {topic, machine} <= {t for step in planned["steps"] for t in step["deleted"]}
    destroyed = reactive("destroy")
    assert destroyed["leftovers"] == []
    assert {topic, machine} <= set(destroyed["deleted"])
    assert lake.client("events").list_rules()["Rules"] == []
    assert lake.client("stepfunctions").list_state_machines()["stateMachines"] == []


def _job_runs(lake: Lake) -> set[str]:
    found = lake.client("glue").get_job_runs(JobName=lake.settings.job)["JobRuns"]
    return {run["Id"] for run in found}
