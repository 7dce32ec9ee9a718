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
from lakestack.marks import EMULATOR, marked
from tests.support import wait_until

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
        owner.send_signal(ending)
        owner.wait(30)
    wait_until(lambda: not list(marked(EMULATOR, folder)), 60, what="the emulator to end")
