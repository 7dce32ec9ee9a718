"""What is wrong before a run can begin: a sentence, the next command, exit 1, and nothing made."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from lakestack import paths
from lakestack.host.process import STOP_SECONDS
from tests.integration.faults.lake_runs import Finished, Machine
from tests.integration.pipeline.movielens_data import write_folder
from tests.integration.pipeline.movielens_faults import write_ruined
from tests.support import wait_until

pytestmark = pytest.mark.large


WHOSE = "GET /_localstack/lake/health"


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    """Port of a server in the emulator's place, and the calls that reached it: nothing may."""
    calls: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def _note(self) -> None:
            calls.append(f"{self.command} {self.path}")
            if calls[-1] != WHOSE:
                self.send_error(500)
                return
            body = b'{"container": true}'  # or else it would be somebody else's
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _note  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep stderr clean."""

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port, calls
        server.shutdown()
        thread.join()


@pytest.fixture
def machine(tmp_path: Path, asked: tuple[int, list[str]]) -> Iterator[Machine]:
    """A laptop whose emulator notes whether it is called at all."""
    port, calls = asked
    yield Machine(tmp_path, port=port)
    assert set(calls) <= {"GET /", WHOSE}, "nothing was made, and only asked who is there"


def refusal(call: Finished) -> tuple[str, str]:
    """Sentence and next command of a call that was refused without a traceback."""
    assert call.code == 1, call.stderr
    assert call.stdout == ""
    assert "Traceback" not in call.stderr
    message, hint = call.error
    assert hint, "every refusal names the next command"
    return message, hint


def test_too_many_malformed_rows_stop_the_run(machine: Machine, tmp_path: Path) -> None:
    bad = write_ruined(tmp_path / "movielens")

    message, hint = refusal(machine.lake("run", "--movielens", str(tmp_path / "movielens")))

    assert message.startswith(f"ratings.csv: {bad} of ")
    assert "allowed are 1 %" in message
    assert "line 3: 3 columns instead of 4" in message
    assert "; line 403: unbalanced quote" in message
    assert hint == "Correct these rows and run the command again."


def test_a_folder_that_is_not_there(machine: Machine, tmp_path: Path) -> None:
    message, hint = refusal(machine.lake("run", "--movielens", str(tmp_path / "nowhere")))
    assert message == f"The data {tmp_path / 'nowhere'} does not exist."
    assert "make local MOVIELENS=" in hint


def test_a_folder_without_all_files(machine: Machine, tmp_path: Path) -> None:
    write_folder(tmp_path / "movielens")
    (tmp_path / "movielens" / "links.csv").unlink()
    message, hint = refusal(machine.lake("run", "--movielens", str(tmp_path / "movielens")))
    assert message.endswith("is incomplete: links.csv missing.")
    assert "movies.csv" in hint


def test_a_zip_that_wants_out_of_its_folder(machine: Machine, tmp_path: Path) -> None:
    write_folder(tmp_path / "movielens")
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        for path in (tmp_path / "movielens").iterdir():
            archive.write(path, f"ml/{path.name}")
        archive.writestr("../../escaped.csv", "x")
    message, _ = refusal(machine.lake("run", "--movielens", str(tmp_path / "ml.zip")))
    assert message.startswith("ml.zip is refused: it holds a path that leaves the archive")
    assert not list(tmp_path.parent.glob("**/escaped.csv"))


@pytest.mark.parametrize("command", [["run"], ["verify"], ["destroy"], ["recommend", "1"]])
def test_an_endpoint_that_is_not_this_machine(machine: Machine, command: list[str]) -> None:
    message, hint = refusal(machine.lake(*command, LAKE_ENDPOINT="http://example.com"))
    assert message == "The local target only speaks to this machine, not to 'http://example.com'."
    assert "--target aws" in hint


def test_a_refusal_as_json_is_one_document(machine: Machine) -> None:
    call = machine.lake("run", "--json", LAKE_ENDPOINT="http://example.com")
    assert call.code == 1
    assert call.document["error"]["message"] in call.stderr


def test_no_java(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    bare = {"PATH": str(tmp_path), "JAVA_HOME": "", "LAKE_CACHE": str(paths.cache())}
    message, hint = refusal(machine.lake("emulator", "start", **bare))
    assert message == "no Java in PATH; the emulator needs Java 17 to 21"
    assert "openjdk-17" in hint
    assert not machine.processes()


def test_an_old_java(tmp_path: Path) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    machine = Machine(tmp_path)
    message, _ = refusal(
        machine.lake("emulator", "start", JAVA_HOME=str(tmp_path), LAKE_CACHE=str(paths.cache()))
    )
    assert "Java 11" in message
    assert "17" in message


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        machine = Machine(tmp_path, port=other.getsockname()[1])
        message, hint = refusal(machine.start())
    assert message.startswith(f"port {machine.port} is taken by ")
    assert f"(process {os.getpid()})" in message
    assert f"LAKE_PORT={machine.port + 1} make local" in hint


def test_no_emulator_at_all(tmp_path: Path) -> None:
    write_folder(tmp_path / "movielens")
    machine = Machine(tmp_path)
    message, hint = refusal(machine.lake("run", "--movielens", str(tmp_path / "movielens")))
    assert message == f"The local target does not answer at {machine.url}."
    assert hint == "Start it with: lake emulator start"


def test_a_file_where_the_emulators_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    message, _ = refusal(Machine(tmp_path).start())
    assert message.startswith(f"cannot use {tmp_path / 'state'}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many KiB; only root may, so without it the test is skipped."""
    mounted: list[Path] = []

    def mount(size: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        done = (
            sys.platform == "linux"
            and not subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)],
                check=False,
                capture_output=True,
            ).returncode
        )
        if not done:
            pytest.skip("no right to mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_under_the_data(
    machine: Machine, tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    write_folder(tmp_path / "movielens")
    disk = small_disk(48)
    message, hint = refusal(
        machine.lake("run", "--movielens", str(tmp_path / "movielens"), LAKE_CACHE=str(disk))
    )
    assert re.search(rf"need .* of space below {disk / 'data'}, and .* are free\.$", message)
    assert hint.startswith(f"Free some space (df -h {disk / 'data'})")


def test_a_full_disk_under_the_emulator(tmp_path: Path, small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(64)
    machine = Machine(tmp_path, extra={"LAKE_HOME": str(disk)})
    message, hint = refusal(machine.lake("emulator", "start", LAKE_CACHE=str(paths.cache())))
    assert os.strerror(errno.ENOSPC) in message
    assert "df" in hint
    assert not machine.processes()


def test_a_disk_that_is_full_under_the_emulator_that_runs(
    tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    write_folder(tmp_path / "movielens")
    disk = small_disk(512 << 10)
    run = ("run", "--movielens", str(tmp_path / "movielens"), "--only", "land")
    with Machine(tmp_path, extra={"LAKE_HOME": str(disk)}) as machine:
        filler = disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

        message, hint = refusal(machine.lake(*run))

        assert re.search(rf"need about .* of space at {disk}, 0\.0 GiB are free", message)
        assert "LAKE_HOME" in hint
        filler.unlink()
        again = machine.lake(*run)
        assert again.code == 0, again.stderr


def test_a_start_that_was_killed_half_way(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    start = machine.begin("emulator", "start", LAKE_CACHE=str(paths.cache()))
    wait_until(lambda: machine.processes("localstack"), what="LocalStack's process")
    assert start.kill().code == -9
    try:
        again = machine.start()
        assert again.code == 0, again.stderr
        assert len(machine.processes("localstack.runtime.main")) == 1
    finally:
        machine.stop()
    assert not machine.processes()


def test_a_start_that_was_interrupted_leaves_no_process(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    start = machine.begin("emulator", "start", LAKE_CACHE=str(paths.cache()))
    try:
        wait_until(lambda: machine.processes("localstack"), what="LocalStack's process")
        with start.asleep():  # so that it cannot be done before Java is there
            wait_until(lambda: machine.processes("-classpath"), what="Java")
            start.process.send_signal(signal.SIGINT)
        ended = start.end(STOP_SECONDS)
        left = [process.cmdline() for process in machine.processes()]
    finally:
        machine.stop()
    assert (ended.code, ended.stdout) == (130, ""), ended.stderr
    assert ended.error[0] == "Interrupted."
    assert left == []
