"""Whether an emulator answers, and what is wrong with one that does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from lakestack import commands
from lakestack.errors import FrozenError
from lakestack.health import problem
from lakestack.host import liveness
from lakestack.host.liveness import health, is_stopped
from lakestack.host.marked_folder import end_all
from tests.support import wait_until

ENGINE = {"name": "DynamoDB Local", "state": "running", "why": "", "lost_tables": []}


@pytest.fixture
def asleep() -> Iterator[psutil.Process]:
    """A process that a signal has stopped."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    process.send_signal(signal.SIGSTOP)
    found = psutil.Process(process.pid)
    wait_until(lambda: found.status() == psutil.STATUS_STOPPED)
    yield found
    process.kill()
    process.wait()


def test_a_stopped_process_is_told_from_others(asleep: psutil.Process) -> None:
    assert is_stopped(asleep.pid)
    assert not is_stopped(os.getpid())


def test_a_stopped_emulator_is_named_at_once(asleep: psutil.Process) -> None:
    began = time.monotonic()
    with pytest.raises(FrozenError, match=f"process {asleep.pid}.*a signal has stopped it") as e:
        health(asleep.pid, 4567)
    assert time.monotonic() - began < 60
    assert e.value.hint == "LAKE_PORT=4567 make down"
    assert e.value.document is not None
    assert e.value.document["answers"] is False


def test_a_stopped_process_is_woken_to_be_ended(asleep: psutil.Process) -> None:
    began = time.monotonic()
    end_all([asleep], 60)
    assert time.monotonic() - began < 30, "SIGTERM alone does not reach it"
    assert not asleep.is_running() or asleep.status() == psutil.STATUS_ZOMBIE


def test_an_emulator_that_says_nothing_is_named_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "SILENT_SECONDS", 0.3)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(FrozenError, match=r"lives but does not answer.*within 0\.3 s"):
            health(os.getpid(), port, 0.3)


def test_the_usual_port_is_not_named() -> None:
    assert commands.end(4566) == "make down"


@pytest.mark.parametrize("document", [{}, {"engines": []}, {"engines": [ENGINE]}, {"other": 1}])
def test_nothing_is_wrong(document: dict[str, Any]) -> None:
    assert problem(document) is None


def test_lost_tables_are_made_again() -> None:
    lost = [{"table": f"t{n}", "at": "2026-01-01T00:00:00+00:00"} for n in range(7)]
    found = problem({"engines": [{**ENGINE, "lost_tables": lost}]})
    assert found is not None
    assert "t0, t1, t2, t3, t4 and 2 more" in found.message
    assert found.command(4566) == "make local"


def test_an_engine_that_is_silent_or_down_needs_a_new_emulator() -> None:
    found = problem({"engines": [{**ENGINE, "why": "DynamoDB Local stays down: no memory"}]})
    assert found is not None
    assert found.command(4567) == "LAKE_PORT=4567 make down; then: LAKE_PORT=4567 make local"


def test_a_stopped_job_is_woken() -> None:
    stopped = [{"name": "Glue job x", "process": 42}]
    found = problem({"engines": [ENGINE], "stopped": stopped})
    assert found is not None
    assert "process 42 of Glue job x" in found.message
    assert found.command(4566) == "kill -CONT 42"
