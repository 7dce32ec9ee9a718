"""A server that takes connections and says nothing, and one that is only slow."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from pipeline.cli import errors
from pipeline.cli.commands import app
from pipeline.doctor import run_checks
from pipeline.errors import TargetSilentError
from pipeline.liveness import Watch, is_silent, require_answer
from pipeline.target import Silence, Target, open_target
from tests.support import free_port, wait_until


@pytest.fixture
def mute() -> Iterator[str]:
    """A port whose connections the kernel takes, as of a process that a signal has stopped."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def answering(status: int = 403, delay: float = 0.0) -> Iterator[tuple[str, threading.Event]]:
    """A server, and what makes it go on while it is clear that it should not."""
    open_ = threading.Event()
    open_.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            open_.wait(60)
            time.sleep(delay)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep stderr clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", open_
        open_.set()
        server.shutdown()
        thread.join()


def target_at(endpoint: str, seconds: float = 0.5) -> Target:
    target = open_target("local", endpoint=endpoint, environ={})
    assert target.silence is not None
    return replace(target, silence=replace(target.silence, seconds=seconds))


def test_silence_is_told_from_refusal_and_from_any_answer(mute: str) -> None:
    assert is_silent(mute, 0.3)
    assert not is_silent(f"http://127.0.0.1:{free_port()}", 5)
    with answering(500) as (endpoint, _):
        assert not is_silent(endpoint, 30)
    with answering(delay=0.5) as (endpoint, _):
        assert not is_silent(endpoint, 30), "slow is not frozen"


def test_a_silent_target_is_named_with_what_ends_it(mute: str) -> None:
    port = mute.rpartition(":")[2]
    with pytest.raises(
        TargetSilentError, match=r"takes connections at http.* but does not"
    ) as raised:
        require_answer(target_at(mute))
    assert raised.value.hint == (
        f"End it with: LAKE_PORT={port} make down; then: LAKE_PORT={port} make local"
    )


def test_the_usual_port_needs_no_name() -> None:
    silence = open_target("local", environ={}).silence
    assert silence is not None
    assert silence.hint == "End it with: make down; then: make local"


def test_a_target_in_a_container_is_ended_as_it_was_started() -> None:
    silence = open_target("local", environ={"LAKE_DOCKER": "1", "LAKE_PORT": "4567"}).silence
    assert silence is not None
    port = "LAKE_PORT=4567 make"
    assert silence.hint == f"End it with: {port} down DOCKER=1; then: {port} local DOCKER=1"


def test_a_target_that_cannot_freeze_is_not_asked(mute: str) -> None:
    require_answer(replace(target_at(mute), silence=None))


@pytest.mark.parametrize(
    "command", [["run"], ["status"], ["verify"], ["recommend", "1"], ["destroy"]]
)
def test_every_command_says_so_in_seconds(mute: str, command: list[str]) -> None:
    began = time.monotonic()
    result = CliRunner().invoke(app, [*command, "--endpoint", mute])
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert "make down" in result.stderr
    assert time.monotonic() - began < 60, "five on a machine at rest; it would never end"


def test_the_doctor_says_so(mute: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = {c.name: c for c in run_checks("local", mute, tmp_path_factory.mktemp("cache"))}
    assert not found["endpoint"].ok
    assert "make down" in found["endpoint"].fix


class Heard:
    """What a watch has said, and whether it gave up."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.errors: list[TargetSilentError] = []

    def watch(self, target: Target, patience: float) -> Watch:
        return Watch(target, patience, self.said.append, self.errors.append, every=0.02)


def test_a_watch_gives_up_on_a_target_that_stays_silent() -> None:
    heard = Heard()
    with answering() as (endpoint, open_):
        watch = heard.watch(target_at(endpoint, 0.2), patience=1.0)
        watch.start()
        open_.clear()
        wait_until(lambda: bool(heard.errors))
        watch.stop()
    assert len(heard.errors) == 1
    assert "make down" in heard.errors[0].hint
    assert len(heard.said) == 1
    assert "waiting until 1 s" in heard.said[0]


def test_a_watch_bears_with_a_target_that_goes_on() -> None:
    heard = Heard()
    with answering() as (endpoint, open_):
        watch = heard.watch(target_at(endpoint, 0.2), patience=60)
        watch.start()
        open_.clear()
        wait_until(lambda: len(heard.said) == 1)
        open_.set()
        wait_until(lambda: len(heard.said) == 2)
        watch.stop()
    assert "answers again" in heard.said[1]
    assert heard.errors == []


def test_abandoning_ends_the_process_with_the_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class EndedError(Exception):
        pass

    def end(code: int) -> None:
        raise EndedError(code)

    monkeypatch.setattr(os, "_exit", end)
    state = errors.Invocation(as_json=True)
    with pytest.raises(EndedError, match="1"):
        errors.abandon(state, TargetSilentError("It is silent.", "make down"))
    out, err = capsys.readouterr()
    assert "lake: It is silent.\n  → make down" in err
    assert '"hint": "make down"' in out


def test_silence_is_data_of_the_target() -> None:
    assert isinstance(open_target("local", environ={}).silence, Silence)
