"""``kill -9`` of DynamoDB's engine at three points of a run.

Its tables are gone, all commands say so, and the next run makes the lake again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakestack import paths
from tests.integration.faults import lake_runs
from tests.integration.faults.lake_runs import Finished, Machine, hops, written
from tests.integration.pipeline.movielens_data import Expected, write_folder
from tests.support import wait_until

pytestmark = [pytest.mark.spark, pytest.mark.large]

TABLES = ("links_t", "movies_t", "ratings_stream_t", "ratings_t", "tags_t")


class Setup(lake_runs.Setup[Expected]):
    """With an engine to kill."""

    def kill_engine(self) -> float:
        """Kill the JVM alone, not what stands around it; seconds until that was noticed."""
        wait_until(lambda: self._engine()["state"] == "running", 90, what="the engine")
        deaths = self._engine()["deaths"]
        found = self.machine.processes("java.library.path")
        jvms = [process for process in found if Path(process.exe()).name == "java"]
        assert jvms, "no JVM of DynamoDB"
        for jvm in jvms:
            jvm.kill()
        began = time.monotonic()
        wait_until(lambda: self._engine()["deaths"] > deaths, 30, what="the death to be noticed")
        return time.monotonic() - began

    def _engine(self) -> dict[str, Any]:
        return dict(self.machine.health()["engines"][0])


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    home = tmp_path_factory.mktemp("home")
    expected = write_folder(home / "movielens")
    with Machine(home) as machine:
        yield Setup(machine, home / "movielens", expected)


@dataclass
class Killed:
    """How a run ended in which the engine was killed."""

    run: Finished
    seconds: float
    """From the kill to the end of the run."""
    noticed: float


def killed_at(setup: Setup, text: str) -> Killed:
    run = setup.begin()
    run.wait_for(text)
    noticed = setup.kill_engine()
    began = time.monotonic()
    ended = run.end()
    return Killed(ended, time.monotonic() - began, noticed)


@pytest.fixture(scope="module")
def kills(setup: Setup) -> list[Killed]:
    """Runs one after the other, each over what the one before has left."""
    return [
        killed_at(setup, "full_load: begins"),
        killed_at(setup, "catalog: begins"),
        killed_at(setup, "transform: begins"),
    ]


@pytest.fixture(scope="module")
def made(setup: Setup, kills: list[Killed]) -> Finished:
    return setup.begin("--json").end()


def test_each_run_ends_in_bounded_time_and_without_a_traceback(kills: list[Killed]) -> None:
    for killed in kills:
        assert "Traceback" not in killed.run.stderr
        assert killed.seconds < 120, killed.run.stderr
        if killed.run.code:
            message, hint = killed.run.error
            assert message
            assert hint


def test_a_run_after_the_kills_converges(setup: Setup, made: Finished) -> None:
    assert made.code == 0, made.stderr
    found = hops(made.document)
    assert {hop["difference"] for hop in found.values()} == {0}
    counts = setup.counts()
    assert written(made.document, counts) == counts


@dataclass
class Lost:
    """What was found after the engine was killed under a finished lake."""

    described: dict[str, dict[str, Any]]
    listed: list[str]
    scanned: list[str]
    status: Finished
    doctor: Finished
    emulator: Finished
    verify: Finished
    again: Finished
    healed: Finished


@pytest.fixture(scope="module")
def lost(setup: Setup, made: Finished) -> Lost:
    machine = setup.machine
    assert made.code == 0, made.stderr
    setup.kill_engine()
    dynamodb = machine.client("dynamodb")
    scanned = []
    for table in TABLES:
        try:
            dynamodb.scan(TableName=table)
        except ClientError as e:
            scanned.append(f"{e.response['Error']['Code']}: {e.response['Error']['Message']}")
    return Lost(
        {t: dynamodb.describe_table(TableName=t)["Table"] for t in TABLES},
        dynamodb.list_tables()["TableNames"],
        scanned,
        machine.lake("status"),
        machine.lake("doctor", LAKE_CACHE=str(paths.cache())),
        machine.lake("emulator", "status"),
        machine.lake("verify"),
        setup.begin("--json").end(),
        machine.lake("emulator", "status"),
    )


def test_lost_tables_are_in_a_state_that_says_so(lost: Lost) -> None:
    assert set(TABLES) <= set(lost.listed)
    for table, described in lost.described.items():
        assert described["TableStatus"] == "ARCHIVED", table
        assert "killed by SIGKILL" in described["ArchivalSummary"]["ArchivalReason"]
        assert "ItemCount" not in described


def test_a_lost_table_is_not_read_as_an_empty_one(lost: Lost) -> None:
    assert len(lost.scanned) == len(TABLES)
    for error in lost.scanned:
        assert error.startswith("ResourceNotFoundException: ")
        assert "its items are lost" in error


@pytest.mark.parametrize("command", ["status", "doctor", "emulator", "verify"])
def test_every_command_is_red_and_names_the_next_one(lost: Lost, command: str) -> None:
    found: Finished = getattr(lost, command)
    assert found.code == 1, found.stdout
    assert "Traceback" not in found.stderr
    _, hint = found.error
    assert "make local" in hint or "lake run" in hint


def test_status_names_the_stages_that_are_lost(lost: Lost) -> None:
    assert "full_load" in lost.status.error[0]
    assert "stream" in lost.status.error[0]
    assert lost.status.stdout.count("lost") >= 2


def test_a_run_loads_what_was_lost_again(setup: Setup, lost: Lost) -> None:
    assert lost.again.code == 0, lost.again.stderr
    skipped = {s["stage"]: s["skipped"] for s in lost.again.document["stages"]}
    assert not skipped["full_load"]
    assert not skipped["stream"]
    assert skipped["land"]
    assert {hop["difference"] for hop in hops(lost.again.document).values()} == {0}
    assert lost.healed.code == 0, lost.healed.stderr
    assert "killed by SIGKILL" in lost.healed.stdout, "what happened stays on record"
    assert setup.machine.lake("status").code == 0
