"""``kill -9`` of a run in every stage, of its Glue job and of its training job.

One lake is made by many runs, one after the other. Each is killed, or a job of it is; the last
one must converge. All of it happens under the settings of a user that the local target must not
heed, and on data with 0.5 % malformed rows.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakestack.host.process import STOP_SECONDS
from tests.integration.faults import lake_runs
from tests.integration.faults.lake_runs import (
    BUCKET,
    TRAPS,
    Finished,
    Machine,
    hops,
    set_aws_traps,
    written,
)
from tests.integration.pipeline.movielens_faults import Spoilt, write_spoilt
from tests.support import wait_until

SPARK = "org.apache.spark.deploy.SparkSubmit"
PROMPT_SECONDS = 10.0
"""After Ctrl-C: one call of the simulator, which takes three seconds, or one poll of a job."""
pytestmark = [pytest.mark.spark, pytest.mark.large]


@dataclass
class Setup(lake_runs.Setup[Spoilt]):
    """Also with the file that shows that ``~/.aws`` was read."""

    touched: Path

    def run_and_kill(self, text: str) -> Finished:
        """A run that is killed as soon as it says `text`."""
        run = self.begin()
        try:
            run.wait_for(text)
        finally:
            killed = run.kill()
        return killed


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    home = tmp_path_factory.mktemp("home")
    touched = set_aws_traps(home)
    expected = write_spoilt(home / "movielens")
    with Machine(home, extra=TRAPS) as machine:
        yield Setup(machine, home / "movielens", expected, touched)
        began = time.monotonic()
        machine.stop()
        assert time.monotonic() - began < STOP_SECONDS, "the emulator had to be killed"


@pytest.fixture(scope="module")
def runs_killed(setup: Setup) -> list[Finished]:
    """The first runs: killed in the first stages, at last as soon as the stream has records."""
    first = [
        setup.run_and_kill(f"{stage}: begins") for stage in ("infrastructure", "land", "full_load")
    ]
    run = setup.begin()
    run.wait_for("stream: begins")
    kinesis = setup.machine.client("kinesis")

    def streamed() -> bool:
        try:
            place = kinesis.get_shard_iterator(
                StreamName="movielens-ratings",
                ShardId="shardId-000000000000",
                ShardIteratorType="TRIM_HORIZON",
            )
            return bool(kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"])
        except kinesis.exceptions.ResourceNotFoundException:
            return False

    try:
        wait_until(streamed, timeout=240, what="records in the stream")
    finally:
        killed = run.kill()
    return [*first, killed]


@dataclass
class Interrupted:
    """How a run ended after Ctrl-C, after how many seconds, and the processes of its job then."""

    run: Finished
    seconds: float
    jobs: int = 0


@pytest.fixture(scope="module")
def stream_interrupted(setup: Setup, runs_killed: list[Finished]) -> Interrupted:
    """The next run: Ctrl-C while it waits for the stream's records to arrive."""
    run = setup.begin()
    try:
        run.wait_for("stream: begins")
    finally:
        ended, seconds = run.interrupt()
    return Interrupted(ended, seconds)


@dataclass
class Beside:
    """A run, and how other commands ended that were begun meanwhile."""

    pid: int
    run: Finished
    others: list[Finished]


@pytest.fixture(scope="module")
def run_left_its_job(setup: Setup, stream_interrupted: Interrupted) -> Beside:
    """The next run: two commands beside it are refused, then it is killed, not its Glue job."""
    run = setup.begin()
    try:
        run.wait_for("transform: begins")
        second = setup.begin()
        others = [setup.machine.lake("destroy"), second.end()]
        wait_until(lambda: setup.machine.processes(SPARK), what="the job's process")
    finally:
        killed = run.kill()
    return Beside(run.process.pid, killed, others)


@pytest.fixture(scope="module")
def job_killed(setup: Setup, run_left_its_job: Beside) -> Finished:
    """The next run goes on with the job that is running, which is killed."""
    run = setup.begin()
    run.wait_for("transform: begins")
    setup.machine.kill_job(SPARK)
    return run.end()


@pytest.fixture(scope="module")
def job_interrupted(setup: Setup, job_killed: Finished) -> Interrupted:
    """The next run: Ctrl-C while its job is at work, which the run after it waits for."""
    run = setup.begin()
    try:
        wait_until(lambda: setup.machine.processes(SPARK), 120, what="the job's process")
    finally:
        ended, seconds = run.interrupt()
    return Interrupted(ended, seconds, len(setup.machine.processes(SPARK)))


@pytest.fixture(scope="module")
def training_killed(setup: Setup, job_interrupted: Interrupted) -> Finished:
    """The next run: its training job is killed."""
    run = setup.begin()
    setup.machine.kill_job("train.py")
    return run.end()


@pytest.fixture(scope="module")
def finished(setup: Setup, training_killed: Finished) -> Finished:
    """A run that nothing disturbs, after one that is killed while it makes the endpoint."""
    setup.run_and_kill("deploy: begins")
    return setup.run()


def failed_in_a_sentence(call: Finished) -> tuple[str, str]:
    assert call.code == 1, call.stderr
    assert "Traceback" not in call.stderr
    return call.error


def test_the_lock_of_a_dead_run_does_not_hold_the_next_one(
    runs_killed: list[Finished], run_left_its_job: Beside
) -> None:
    assert {run.code for run in (*runs_killed, run_left_its_job.run)} == {-9}
    assert "transform: begins" in run_left_its_job.run.stderr


def test_a_run_beside_a_run_is_refused_and_told_by_whom(run_left_its_job: Beside) -> None:
    for call in run_left_its_job.others:
        message, hint = failed_in_a_sentence(call)
        assert message.startswith(
            "Another run is at work on this lake: lake run by process "
            f"{run_left_its_job.pid} on {socket.gethostname()}, since "
        )
        assert "its lock expires in" in hint


def test_ctrl_c_ends_a_run_soon_and_in_a_sentence(
    stream_interrupted: Interrupted, job_interrupted: Interrupted
) -> None:
    for interrupted in (stream_interrupted, job_interrupted):
        assert interrupted.run.code == 130, interrupted.run.stderr
        message, hint = interrupted.run.error
        assert message == "Interrupted."
        assert hint.startswith("Continue with: lake run --movielens ")
        assert "Traceback" not in interrupted.run.stderr
        assert interrupted.seconds < PROMPT_SECONDS
    assert "stream: begins" in stream_interrupted.run.stderr
    assert job_interrupted.jobs, "the job itself goes on"


def test_a_killed_glue_job_is_named(job_killed: Finished) -> None:
    message, hint = failed_in_a_sentence(job_killed)
    assert message.startswith("Glue job run jr_")
    assert "failed" in message
    assert "SIGKILL" in message
    assert "lake run" in hint


def test_a_killed_training_job_is_named(training_killed: Finished) -> None:
    message, hint = failed_in_a_sentence(training_killed)
    assert message.startswith("Training job movielens-train-")
    assert "failed" in message
    assert "SIGKILL" in message
    assert "lake run" in hint


def test_the_last_run_converges(setup: Setup, finished: Finished) -> None:
    assert finished.code == 0, finished.stderr
    assert "Reconciliation" in finished.stdout
    assert "Recommended for user 1" in finished.stdout
    assert "begins" not in finished.stdout, "progress goes to stderr"
    found = setup.machine.lake("verify", "--json")
    assert (found.code, found.document["ok"]) == (0, True)
    found_hops = hops(found.document)
    assert {hop["difference"] for hop in found_hops.values()} == {0}
    counts = setup.counts()
    assert written(found.document, counts) == counts


def test_malformed_rows_are_counted_and_kept(setup: Setup, finished: Finished) -> None:
    landed = hops(setup.machine.lake("verify", "--json").document)["ratings.csv → S3"]
    assert landed["rejected"] == len(setup.expected.lines)
    assert landed["difference"] == 0
    text = setup.machine.read("ml/quarantine/source/ratings.jsonl").decode()
    kept = {row["line"]: row for row in map(json.loads, text.splitlines())}
    assert kept.keys() == setup.expected.lines.keys()
    for number, row in kept.items():
        assert row["file"] == "ratings.csv"
        assert row["reason"]
        bad = setup.expected.lines[number].decode("utf-8", "backslashreplace")
        assert row["text"] == bad


def test_nothing_of_the_user_was_read(setup: Setup, finished: Finished) -> None:
    """~/.aws, AWS_* and *_PROXY: the whole lake was made in spite of them."""
    assert finished.code == 0, finished.stderr
    assert not setup.touched.exists()
    folder = setup.touched.parent / ".aws"
    assert sorted(path.name for path in folder.iterdir()) == ["config", "credentials"]


def test_a_second_run_changes_nothing(setup: Setup, finished: Finished) -> None:
    before = setup.machine.objects("")
    again = setup.run("--json")
    assert again.code == 0, again.stderr
    stages = {stage["stage"]: stage for stage in again.document["stages"]}
    done_before = {name for name, stage in stages.items() if stage["skipped"]}
    assert done_before == stages.keys() - {"recommend"}  # which asks, and makes nothing
    assert {stages[name]["text"] for name in done_before} == {"done before"}
    assert setup.machine.objects("") == before


def test_what_is_lost_is_named_and_made_again(setup: Setup, finished: Finished) -> None:
    dynamodb = setup.machine.client("dynamodb")
    item = dynamodb.scan(TableName="ratings_t", Limit=1)["Items"][0]
    dynamodb.delete_item(TableName="ratings_t", Key={k: item[k] for k in ("userId", "movieId")})
    message, hint = failed_in_a_sentence(setup.machine.lake("verify"))
    assert "S3 ratings → ratings_t" in message
    assert "difference +1" in message
    assert hint == "Make it again with: lake run --from full_load --force"

    before = setup.machine.objects("ml/trainingdata/")
    victim = next(key for key in before if "/movies/" in key and key.endswith(".csv"))
    setup.machine.client("s3").delete_object(Bucket=BUCKET, Key=victim)
    message, _ = failed_in_a_sentence(setup.machine.lake("verify"))
    assert "directory movies: 0 rows" in message

    again = setup.run()
    assert again.code == 0, again.stderr
    assert "full_load: 1 of 2,400 items of DynamoDB table ratings_t is not there" in again.stderr
    assert f"transform: s3://{BUCKET}/ml/trainingdata/movies/ is not there" in again.stderr
    assert dynamodb.scan(TableName="ratings_t", Select="COUNT")["Count"] == 2_400
    assert setup.machine.objects("ml/trainingdata/") == before


def test_a_lock_of_another_machine_holds_until_it_expires(setup: Setup, finished: Finished) -> None:
    s3 = setup.machine.client("s3")
    holder: dict[str, Any] = {
        "owner": "x",
        "what": "lake run",
        "process": 1,
        "host": "elsewhere",
        "since": "2026-01-01 00:00:00 UTC",
        "expires": time.time() + 6,
    }
    s3.put_object(Bucket=BUCKET, Key="_lake/lock.json", Body=json.dumps(holder))

    message, hint = failed_in_a_sentence(setup.run("--only", "land"))

    assert "process 1 on elsewhere" in message
    assert "its lock expires in" in hint
    wait_until(lambda: setup.run("--only", "land").code == 0, timeout=30, what="the lock to expire")
