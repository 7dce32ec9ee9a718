"""The watch over DynamoDB's engine, on engines that are nothing but a number."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lakestack.services import faults
from lakestack.services.dynamodb import engine_process
from lakestack.services.dynamodb.engine_process import Engine, EngineError
from lakestack.services.dynamodb.lost_tables import Tables
from tests.support import wait_until

KEY = ("000000000000", "us-east-1", "ratings_t")


@dataclass
class Process:
    """An engine's process; it dies when the test says so."""

    pid: int
    returncode: int | None = None
    terminated: bool = False

    def wait(self, timeout: float | None = None) -> int:  # noqa: ARG002 - as the real one
        wait_until(lambda: self.returncode is not None)
        assert self.returncode is not None
        return self.returncode

    def terminate(self, grace: float = 5.0) -> None:  # noqa: ARG002
        self.terminated = True
        self.returncode = -15


@dataclass
class Machine:
    """Starts engines, and answers for them."""

    started: list[Process] = field(default_factory=list)
    answering: bool = True
    stillborn: bool = False
    says: str = ""

    def launch(self, on_line: Callable[[str], None]) -> Process:
        process = Process(len(self.started) + 1, 3 if self.stillborn else None)
        if self.says:
            on_line(self.says)
        self.started.append(process)
        return process

    def has_started(self, number: int) -> bool:
        return len(self.started) == number

    def answers(self, port: int) -> bool:
        assert port == 4000
        return self.answering and self.started[-1].returncode is None


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in ("LOOK_SECONDS", "PROBE_EVERY", "FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(engine_process, name, 0.01)
    return Machine()


@pytest.fixture
def engine(machine: Machine) -> Iterator[Engine]:
    made = Engine(machine.launch, 4000, Tables(), machine.answers)
    yield made
    made.stop()
    assert all(process.returncode is not None for process in machine.started)


def state(engine: Engine) -> Any:
    return engine.describe()["state"]


def test_an_engine_is_started_by_whoever_needs_it_first(machine: Machine, engine: Engine) -> None:
    assert state(engine) == "stopped"
    engine.require(10)
    engine.require(10)
    assert [p.pid for p in machine.started] == [1]
    assert engine.describe()["process"] == 1


def test_an_engine_that_dies_is_started_once_more(machine: Machine, engine: Engine) -> None:
    engine.require(10)
    machine.started[0].returncode = -9
    wait_until(lambda: len(machine.started) == 2)
    engine.require(10)
    found = engine.describe()
    assert (found["state"], found["process"], found["deaths"]) == ("running", 2, 1)


def test_what_it_held_is_lost_and_recorded(machine: Machine, engine: Engine) -> None:
    engine.require(10)
    engine.tables.made(KEY, {"TableName": "ratings_t", "TableStatus": "ACTIVE"})
    _, before = faults.recorded()
    machine.started[0].returncode = -9
    wait_until(lambda: len(machine.started) == 2)
    (lost,) = engine.describe()["lost_tables"]
    assert lost["table"] == "ratings_t"
    assert "killed by SIGKILL" in lost["reason"]
    kept, count = faults.recorded()
    assert count == before + 1
    assert kept[-1].event == "its process ended: killed by SIGKILL"
    assert kept[-1].consequence == "tables lost: ratings_t"


def test_a_death_is_noticed_by_itself(engine: Engine, machine: Machine) -> None:
    engine.require(10)
    machine.started[0].returncode = 1
    wait_until(lambda: engine.describe()["deaths"] == 1)


def test_an_engine_that_dies_at_its_start_does_not_spin(machine: Machine, engine: Engine) -> None:
    machine.stillborn, machine.says = True, "no memory"
    with pytest.raises(EngineError, match=r"stays down: exit code 3 \(no memory\)") as raised:
        engine.require(10)
    assert len(machine.started) == engine_process.MOST_DEATHS
    assert raised.value.hint == "make down, then make local"
    assert "stays down" in engine.describe()["why"]
    with pytest.raises(EngineError):
        engine.require(10)
    assert len(machine.started) == engine_process.MOST_DEATHS, "nobody's request starts it again"


def test_one_that_has_worked_for_long_is_started_however_often_it_dies(
    machine: Machine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "CALM_SECONDS", 0.0)
    engine.start()
    for life in range(2 * engine_process.MOST_DEATHS):
        wait_until(functools.partial(machine.has_started, life + 1))
        engine.require(10)
        machine.started[-1].returncode = -9
    wait_until(lambda: len(machine.started) == 2 * engine_process.MOST_DEATHS + 1)
    engine.require(10)


def test_an_engine_that_cannot_be_started_is_one_that_dies() -> None:
    def launch(on_line: Callable[[str], None]) -> Process:
        raise OSError(12, "Cannot allocate memory")

    engine = Engine(launch, 4000, Tables(), lambda _port: False)
    with pytest.raises(EngineError, match="Cannot allocate memory"):
        engine.require(60)
    engine.stop()


def test_one_that_lives_and_says_nothing_is_named_and_left_alone(
    machine: Machine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.require(10)
    monkeypatch.setattr(engine_process, "SILENT_SECONDS", 0.3)
    machine.answering = False
    wait_until(lambda: state(engine) == "silent")
    with pytest.raises(EngineError, match=r"process 1\) lives but has not answered"):
        engine.require(10)
    machine.answering = True
    wait_until(lambda: state(engine) == "running")
    engine.require(10)
    assert len(machine.started) == 1, "ending it would have lost its tables"


def test_a_request_waits_for_an_engine_that_is_on_its_way(machine: Machine, engine: Engine) -> None:
    machine.answering = False
    engine.start()
    waiting = threading.Thread(target=engine.require, args=(30,))
    waiting.start()
    wait_until(lambda: bool(machine.started))
    assert waiting.is_alive()
    machine.answering = True
    waiting.join(30)
    assert state(engine) == "running"


def test_a_request_does_not_wait_for_ever(machine: Machine, engine: Engine) -> None:
    machine.answering = False
    with pytest.raises(EngineError, match="is starting: no answer yet"):
        engine.require(0.05)


def test_an_engine_that_is_stopped_stays_so_and_forgets(machine: Machine, engine: Engine) -> None:
    engine.require(10)
    engine.tables.made(KEY, {"TableName": "ratings_t"})
    engine.stop()
    assert machine.started[0].terminated
    assert (state(engine), engine.describe()["lost_tables"]) == ("stopped", [])
    assert engine.describe()["deaths"] == 0
    engine.require(10)
    assert len(machine.started) == 2, "a reset of the emulator's state starts it again"
