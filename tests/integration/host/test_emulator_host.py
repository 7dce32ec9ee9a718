"""The emulator as a process: start, find, stop, crash."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest

from lakestack.errors import PortInUseError
from lakestack.host.process import Emulator
from lakestack.marks import EMULATOR as MARK
from tests import support


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    instance = Emulator(support.free_port(), home=tmp_path)
    yield instance
    instance.stop()


def processes_of(emulator: Emulator) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            zombie = process.status() == psutil.STATUS_ZOMBIE
            if not zombie and process.environ().get(MARK) == str(emulator.folder):
                found.append(process)
    return found


def java_of(emulator: Emulator) -> list[psutil.Process]:
    return [p for p in processes_of(emulator) if "java" in p.name()]


def test_start_waits_until_aws_calls_work_and_stop_ends_every_process(emulator: Emulator) -> None:
    running, new = emulator.start()
    tables = boto3.client(
        "dynamodb",
        endpoint_url=running.url,
        region_name="us-east-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="test",
    ).list_tables()["TableNames"]
    java = java_of(emulator)

    stopped = emulator.stop()

    assert new
    assert tables == []
    assert java, "DynamoDB Local runs as a process of its own"
    assert stopped
    assert processes_of(emulator) == []
    assert emulator.find() is None


def test_a_second_start_finds_the_first(emulator: Emulator) -> None:
    first, _ = emulator.start()

    second, new = emulator.start()

    assert (second, new) == (first, False)


def test_stop_without_an_emulator_does_nothing(emulator: Emulator) -> None:
    assert emulator.stop() is False


def test_a_taken_port_is_named_with_its_owner(emulator: Emulator) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", emulator.port))
        other.listen()

        with pytest.raises(PortInUseError) as error:
            emulator.start()

    assert error.value.message.startswith(
        f"port {emulator.port} is taken by {psutil.Process().name()} (process {os.getpid()}), "
    )
    assert f"LAKE_PORT={emulator.port + 1}" in (error.value.hint or "")


def test_a_killed_emulator_takes_its_java_along_and_the_next_start_works(
    emulator: Emulator,
) -> None:
    running, _ = emulator.start()
    support.wait_until(lambda: java_of(emulator), what="DynamoDB Local to start")

    os.kill(running.pid, signal.SIGKILL)

    support.wait_until(lambda: not processes_of(emulator), what="its processes to end")
    assert emulator.find() is None
    again, new = emulator.start()
    assert new
    assert again.pid != running.pid


def test_every_server_listens_on_loopback_only(emulator: Emulator) -> None:
    emulator.start()
    support.wait_until(lambda: dynamodb_listens(emulator), what="DynamoDB Local to listen")

    addresses = {
        connection.laddr.ip
        for process in processes_of(emulator)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }

    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def dynamodb_listens(emulator: Emulator) -> bool:
    """Its JVM has two ports: the one Python drives it through, and DynamoDB's."""
    listening = [
        connection
        for process in java_of(emulator)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    return len(listening) >= 2
