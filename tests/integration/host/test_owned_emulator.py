"""An emulator of `lakestack.running` ends with the process that asked for it, by whatever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lakestack import paths
from lakestack.host.process import Emulator
from lakestack.marks import EMULATOR, marked
from tests.support import free_port, wait_until

OWNER = """
import lakestack, time
with lakestack.running() as running:
    print(running.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_it_ends_with_its_owner(tmp_path: Path, ending: signal.Signals) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "LAKE_CACHE": str(paths.cache())}
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        emulator = psutil.Process(int(owner.stdout.readline()))
        folder = emulator.environ()[EMULATOR]
        assert list(tmp_path.iterdir())
        owner.send_signal(ending)
        owner.wait(30)
    wait_until(lambda: not list(marked(EMULATOR, folder)), 60, what="the emulator to end")
    wait_until(lambda: not list(tmp_path.iterdir()), 60, what="its folder to go")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_starter_that_is_ended_before_it_is_ready_leaves_no_process(
    tmp_path: Path, ending: signal.Signals
) -> None:
    port = free_port()
    environment = {**os.environ, "LAKE_HOME": str(tmp_path), "LAKE_CACHE": str(paths.cache())}
    command = [sys.executable, "-m", "lakestack.console", "start", "--port", str(port)]
    folder = str(tmp_path / f"emulator-{port}")
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as starter:
        wait_until(lambda: list(marked(EMULATOR, folder)), 60, what="the emulator's process")
        starter.send_signal(ending)
        starter.wait(30)
    wait_until(lambda: not list(marked(EMULATOR, folder)), 60, what="the emulator to end")
    assert Emulator(port, tmp_path).start()[1]  # nothing is in the way
    assert Emulator(port, tmp_path).stop()


def test_one_that_is_started_to_stay_outlives_its_starter(tmp_path: Path) -> None:
    port = free_port()
    program = f"import lakestack; print(lakestack.start({port}).pid)"
    environment = {**os.environ, "LAKE_HOME": str(tmp_path), "LAKE_CACHE": str(paths.cache())}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
    one = Emulator(port, tmp_path)
    try:
        assert one.look() is not None
    finally:
        assert one.stop()
