"""`lake emulator` and `lake doctor` with a container engine, which is a script.

What they say when something is not as it should be, and the commands that they give.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from lakestack.container import checks, engine
from lakestack.container.emulator import ContainerEmulator
from lakestack.errors import ContainerError, FrozenError, PortInUseError, StartError
from lakestack.host.checks import HostCheck
from pipeline.cli.commands import _join_plugins, app
from tests.support import free_port
from tests.unit.container.fake_docker import CONTAINER, IMAGE, INFO, FakeDocker


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    folder = tmp_path / "bin"
    folder.mkdir()
    fake = FakeDocker(folder)
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.setenv("LAKE_DOCKER", "1")
    return fake


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    found = free_port()
    monkeypatch.setenv("LAKE_PORT", str(found))
    return found


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of something that answers as an emulator does."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"engines": [], "stopped": [], "faults": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LAKE_PORT", str(server.server_port))
        yield server.server_port
        server.shutdown()


def lake(*words: str) -> Result:
    _join_plugins()
    return CliRunner().invoke(app, words)


def found(name: str) -> HostCheck:
    (check,) = [each for each in checks.checks() if each.name == name]
    return check


def test_without_a_docker_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, port: int
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LAKE_DOCKER", "1")
    for command in ("start", "stop", "status", "logs"):
        result = lake("emulator", command)
        assert result.exit_code == 1
        assert result.stderr == (
            f"lake: there is no docker command on this machine's PATH\n  → {engine.NO_COMMAND}\n"
        )
    check = found("engine")
    assert not check.ok
    assert check.fix == engine.NO_COMMAND


REFUSALS = [
    (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
        "running?",
        engine.NOT_RUNNING,
    ),
    (
        "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/"
        "docker.sock",
        engine.NOT_ALLOWED,
    ),
    (
        "error during connect: this error may indicate that the daemon is off",
        engine.NOT_RUNNING,
    ),
]


@pytest.mark.parametrize(("said", "hint"), REFUSALS)
def test_an_engine_that_does_not_answer(
    docker: FakeDocker, port: int, said: str, hint: str
) -> None:
    for command in ("info", "ps"):
        docker.say(command, 1, err=said)
    result = lake("emulator", "start")
    assert result.exit_code == 1
    assert said.split(";")[0] in result.stderr
    assert hint in result.stderr
    assert "Traceback" not in result.output
    assert (found("engine").ok, found("engine").fix) == (False, hint)


def test_an_engine_that_tells_its_absence_with_code_0(docker: FakeDocker) -> None:
    docker.say("info", out=json.dumps({"ServerErrors": [REFUSALS[0][0]]}))
    assert (found("engine").ok, found("engine").fix) == (False, engine.NOT_RUNNING)


@pytest.mark.parametrize(
    "said",
    ["docker: 'compose' is not a docker command.", "docker: unknown command: docker compose"],
)
def test_without_compose(docker: FakeDocker, port: int, said: str) -> None:
    docker.say("compose version", 1, err=said)
    with pytest.raises(ContainerError) as raised:
        ContainerEmulator(port).start()
    assert raised.value.hint == engine.NO_COMPOSE
    assert found("compose").fix == engine.NO_COMPOSE


def test_compose_of_version_1(docker: FakeDocker) -> None:
    docker.say("compose version", out="1.29.2\n")
    check = found("compose")
    assert (check.ok, check.detail) == (False, "the Compose plugin is version 1.29.2, needed: 2")


def test_an_image_that_is_missing_is_built(docker: FakeDocker, port: int) -> None:
    docker.say("image ls")
    assert found("image").fix == "docker compose build"
    docker.say("compose build", 1, err="no such base")
    told: list[str] = []
    with pytest.raises(ContainerError, match="was not built"):
        ContainerEmulator(port, told.append).start()
    assert told == ["building the image lakestack:0.1.0 (once; minutes)"]
    assert [words[2:] for words in docker.asked() if words[0] == "compose"][-1] == [
        "build",
        "emulator",
    ]


def test_an_image_for_another_processor(docker: FakeDocker, port: int) -> None:
    docker.say("image inspect", out=json.dumps([{**IMAGE, "Architecture": "arm64"}]))
    with pytest.raises(ContainerError) as raised:
        ContainerEmulator(port).start()
    wrong = "the image lakestack:0.1.0 is for arm64, and the engine runs on amd64"
    assert (raised.value.message, found("image").detail) == (wrong, wrong)
    assert raised.value.hint == "build it for this one: docker compose build"


def test_an_engine_with_too_little_memory(docker: FakeDocker) -> None:
    docker.say("info", out=json.dumps({**INFO, "MemTotal": 2 * 2**30}))
    check = found("memory")
    assert not check.ok
    assert check.detail == "the engine has 2.0 GiB, 4 GB wanted"


def test_a_port_that_somebody_else_has(docker: FakeDocker, answering: int) -> None:
    with pytest.raises(PortInUseError, match=f"port {answering} is taken by"):
        ContainerEmulator(answering).start()
    assert not found("port").ok


def test_a_port_that_the_engine_finds_taken(docker: FakeDocker, port: int) -> None:
    docker.say("compose up", 1, err="Bind for 127.0.0.1:1 failed: port is already allocated")
    with pytest.raises(PortInUseError) as raised:
        ContainerEmulator(port).start()
    assert str(raised.value.hint).startswith("stop that program, or choose another port")


def test_its_own_container_is_no_stranger_on_the_port(
    docker: FakeDocker, answering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker.run()
    expected = f"{answering}: the emulator (container 0123456789ab)"
    assert (found("port").ok, found("port").detail) == (True, expected)
    assert found("emulator").ok
    monkeypatch.delenv("LAKE_DOCKER")
    assert (found("port").ok, found("port").detail) == (True, expected)


def test_an_emulator_on_the_host_finds_its_port_taken_by_the_container(
    docker: FakeDocker, answering: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    docker.run()
    monkeypatch.delenv("LAKE_DOCKER")
    monkeypatch.setenv("LAKE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("lakestack.host.process.find_java", lambda: None)
    result = lake("emulator", "start")
    assert result.stderr == (
        f"lake: port {answering} is taken by the emulator in container 0123456789ab\n"
        f"  → end it: LAKE_PORT={answering} make down DOCKER=1; or use it: make local DOCKER=1\n"
    )
    # Whoever tries to stop it by the other name learns the right one.
    assert lake("emulator", "stop").stdout == (
        "no emulator was running on this machine; one runs in container 0123456789ab: "
        f"LAKE_PORT={answering} make down DOCKER=1\n"
    )


def test_what_runs_is_left_alone_and_said(docker: FakeDocker, answering: int) -> None:
    docker.run()
    result = lake("emulator", "start")
    assert result.stdout == (
        f"emulator already running at http://127.0.0.1:{answering} (container 0123456789ab)\n"
    )
    result = lake("emulator", "status", "--json")
    document = json.loads(result.stdout)
    assert (document["running"], document["container"]) == (True, "0123456789ab")
    assert not any(words[0] == "compose" for words in docker.asked())


def test_one_that_is_silent_or_paused(docker: FakeDocker, port: int) -> None:
    check = {"Log": [{"ExitCode": 1, "Output": "/var/lib/lakestack is full: 3 MiB free\n"}]}
    docker.run({**CONTAINER, "State": {**_state(), "Health": check}})
    with pytest.raises(FrozenError, match="/var/lib/lakestack is full: 3 MiB free"):
        ContainerEmulator(port).look()
    docker.run({**CONTAINER, "State": {**_state(), "Paused": True}})
    with pytest.raises(FrozenError) as raised:
        ContainerEmulator(port).look()
    assert raised.value.hint == "docker unpause 0123456789ab"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"OOMKilled": True, "ExitCode": 137}, "has used up its memory"),
        ({"ExitCode": 1}, "ended with code 1; the end of its log:\n  lakestack: no place"),
    ],
)
def test_one_that_ends_at_once(
    docker: FakeDocker, port: int, state: dict[str, Any], said: str
) -> None:
    docker.say("compose up")
    docker.say("logs", out="lakestack: no place for the emulator's state: it is read-only\n")
    docker.say_in_turn("ps", "", "0123456789ab\n")
    docker.say(
        "inspect", out=json.dumps([{"Id": "0123456789ab", "State": {"Running": False, **state}}])
    )
    with pytest.raises(StartError, match=said):
        ContainerEmulator(port).start()


def test_a_volume_that_cannot_be_used(docker: FakeDocker, port: int) -> None:
    name = f"lakestack-{port}_state"
    assert found("volume").detail == f"{name}: made at the first start"
    docker.say("volume ls", out=f"{name}\n")
    docker.say("run", 1, out="/var/lib/lakestack is read-only: mount the volume without :ro\n")
    check = found("volume")
    assert not check.ok
    assert check.detail == (
        f"{name}: /var/lib/lakestack is read-only: mount the volume without :ro"
    )


def test_it_is_removed_and_its_volume_stays(docker: FakeDocker, port: int) -> None:
    assert lake("emulator", "stop").stdout == "no emulator was running\n"
    docker.run()
    docker.say("compose down")
    assert lake("emulator", "stop").stdout == "emulator stopped\n"
    (down,) = [words for words in docker.asked() if words[0] == "compose"]
    assert down[2:] == ["down"]


def _state() -> dict[str, Any]:
    state = CONTAINER["State"]
    assert isinstance(state, dict)
    return state
