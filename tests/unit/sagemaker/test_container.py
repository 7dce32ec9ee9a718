"""A serving process under supervision: timeouts, deaths, and giving up."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakestack.services.sagemaker import container as containers
from lakestack.services.sagemaker.container import (
    Container,
    ContainerStartError,
    Files,
    InvocationError,
    UnavailableError,
)
from tests.support import wait_until

CODE = """
import os, pathlib, time
def model_fn(folder):
    return pathlib.Path(folder, "m").read_text()
def predict_fn(data, model):
    if data == "sleep":
        time.sleep(30)
    if data == "die":
        os.kill(os.getpid(), 9)
    return {"pid": os.getpid(), "model": model}
"""


class Log:
    """Stands in for a log stream."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        self.lines.append(text)

    def close(self) -> None:
        pass


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path, "inference.py")
    for folder in (made.model, made.code, made.home):
        folder.mkdir()
    (made.code / "inference.py").write_text(CODE)
    (made.model / "m").write_text("factors")
    return made


class Served:
    """A container, its log, and why it was given up."""

    def __init__(self, files: Files) -> None:
        self.log, self.reasons = Log(), list[str]()
        self.dead = threading.Event()
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        log: Any = self.log
        self.container = Container("c", files, environment, log, self.gave_up)

    def gave_up(self, reason: str) -> None:
        self.reasons.append(reason)
        self.dead.set()

    def ask(self, data: Any = None, seconds: float = 20) -> Any:
        headers = {"Content-Type": "application/json"}
        return json.loads(self.container.invoke(json.dumps(data).encode(), headers, seconds).body)


@pytest.fixture
def served(files: Files) -> Iterator[Served]:
    made = Served(files)
    yield made
    made.container.stop()


def test_slow_answer_times_out_and_others_are_still_answered(served: Served) -> None:
    served.container.start(30)
    with pytest.raises(InvocationError, match=r"no answer within 0\.2 s") as caught:
        served.ask("sleep", 0.2)
    assert caught.value.timed_out
    assert served.ask()["model"] == "factors"


def test_after_stop_nothing_answers_and_nothing_lives(served: Served) -> None:
    served.container.start(30)
    pid = served.ask()["pid"]
    served.container.stop()
    with pytest.raises(UnavailableError):
        served.ask()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_start_that_takes_too_long_fails(served: Served, files: Files) -> None:
    (files.code / "inference.py").write_text("import time; time.sleep(30)")
    with pytest.raises(ContainerStartError, match=r"no healthy /ping within 0\.3 s"):
        served.container.start(0.3)


def test_exit_of_the_module_is_the_reason(served: Served, files: Files) -> None:
    (files.code / "inference.py").write_text("import sys; sys.exit('no licence')")
    with pytest.raises(ContainerStartError, match="exit code 1: no licence"):
        served.container.start(30)


def test_container_that_cannot_restart_is_given_up(
    served: Served, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "MAX_BACKOFF", 0.05)
    served.container.start(30)
    pid = served.ask()["pid"]
    (files.model / "m").unlink()
    os.kill(pid, signal.SIGKILL)
    assert served.dead.wait(60)
    assert "FileNotFoundError" in served.reasons[0]
    with pytest.raises(UnavailableError):
        served.ask()


def test_death_during_a_request_is_told_and_repaired(served: Served) -> None:
    served.container.start(30)
    pid = served.ask()["pid"]
    with pytest.raises(InvocationError) as caught:
        served.ask("die")
    assert not caught.value.timed_out

    def again() -> Any:
        try:
            return served.ask()
        except (UnavailableError, InvocationError):
            return None

    assert wait_until(again)["pid"] != pid
    assert any("started again" in line for line in served.log.lines)
