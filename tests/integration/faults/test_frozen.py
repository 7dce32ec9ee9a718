"""SIGSTOP of the emulator and of DynamoDB's engine.

Every command says so in bounded time, a run goes on when they do, and `lake emulator stop` ends
what stands still.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from lakestack import paths
from tests.integration.faults.lake_runs import Machine
from tests.integration.pipeline.movielens_data import write_folder
from tests.support import wait_until

pytestmark = pytest.mark.large

COMMANDS = (
    ("status",),
    ("verify",),
    ("recommend", "1"),
    ("destroy",),
    ("run",),
    ("doctor",),
    ("emulator", "status"),
    ("emulator", "start"),
)
PATIENCE = 45.0
"""Seconds that a run waits for a target that has fallen silent."""
BUSY = 20.0
"""What a busy machine may add to any of this: seconds until a command has begun its work."""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    write_folder(tmp_path / "movielens")
    with Machine(tmp_path, extra={"MOVIELENS": str(tmp_path / "movielens")}) as made:
        yield made
    assert not made.processes()


def emulator_pid(machine: Machine) -> int:
    record = machine.folder / "state" / f"emulator-{machine.port}" / "process.json"
    return int(json.loads(record.read_text())["pid"])


def test_every_command_names_a_frozen_emulator_and_stop_ends_it(machine: Machine) -> None:
    pid = emulator_pid(machine)
    everything = machine.processes()
    for process in everything:  # its engine, and what stands between, as well
        process.suspend()
    running = {
        words: (time.monotonic(), machine.begin(*words, LAKE_CACHE=str(paths.cache())))
        for words in COMMANDS
    }
    for words, (began, call) in running.items():
        ended = call.end(60)
        assert ended.code == 1, (words, ended.stdout)
        assert "Traceback" not in ended.stderr
        assert time.monotonic() - began < 10 + BUSY + len(COMMANDS)
        assert "does not answer" in ended.stderr + ended.stdout, words
        assert "make down" in ended.error[1], words
    assert f"(process {pid})" in running[("emulator", "status")][1].end().error[0]

    began = time.monotonic()
    stopped = machine.stop()

    assert (stopped.code, stopped.stdout) == (0, "emulator stopped\n")
    assert time.monotonic() - began < 20
    assert not [process for process in everything if process.is_running()]
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", machine.port))


def test_a_run_goes_on_after_a_freeze_and_gives_up_on_one_that_lasts(machine: Machine) -> None:
    pid = emulator_pid(machine)
    run = machine.begin("run", "--only", "land")
    run.wait_for("land: begins")
    os.kill(pid, signal.SIGSTOP)
    run.wait_for("has not answered for")
    os.kill(pid, signal.SIGCONT)
    run.wait_for("answers again")
    went_on = run.end()
    assert went_on.code == 0, went_on.stderr

    run = machine.begin("run", "--only", "full_load")
    run.wait_for("full_load: begins")
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    gave_up = run.end()
    os.kill(pid, signal.SIGCONT)
    assert gave_up.code == 1
    assert time.monotonic() - began < PATIENCE + BUSY
    message, hint = gave_up.error
    assert "takes connections" in message
    assert "make down" in hint

    again = machine.lake("run", "--only", "full_load")
    assert again.code == 0, again.stderr


def test_a_frozen_engine_is_named_and_its_tables_are_kept(machine: Machine) -> None:
    dynamodb = machine.client("dynamodb")
    dynamodb.create_table(
        TableName="kept",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="kept", Item={"id": {"S": "x"}})
    found = machine.processes("java.library.path")
    (jvm,) = [process for process in found if Path(process.exe()).name == "java"]
    jvm.suspend()
    try:
        wait_until(lambda: jvm.status() == psutil.STATUS_STOPPED, what="the engine to stand still")
        status = machine.lake("emulator", "status")
        assert status.code == 1
        assert f"process {jvm.pid} of DynamoDB Local" in status.error[0]
        assert status.error[1] == f"kill -CONT {jvm.pid}"

        began = time.monotonic()
        with pytest.raises(ClientError) as raised:
            dynamodb.scan(TableName="kept")
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert raised.value.response["Error"]["Code"] == "InternalServerError"
        assert "DynamoDB Local" in raised.value.response["Error"]["Message"]
        assert time.monotonic() - began < 30 + BUSY
        state = machine.health()["engines"][0]
        assert state["state"] == "silent"
        assert state["deaths"] == 0
    finally:
        jvm.resume()
    wait_until(lambda: machine.health()["ok"], 60, what="the engine to answer")
    assert dynamodb.scan(TableName="kept")["Count"] == 1
