"""What a function leaves running ends with the emulator, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil
import pytest

from tests import support
from tests.contract.lambda_.helpers import create, invoke

DAEMON = """
import os, time
def handler(event, context):
    reader, writer = os.pipe()
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        os.write(writer, str(os.getpid()).encode())
        time.sleep(60)
    os.wait()
    return int(os.read(reader, 20))
"""


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_a_daemon_of_a_function_ends_with_the_emulator(name: str, killed: bool) -> None:
    with support.emulator() as running:
        aws = support.clients(running.url)
        create(aws, name, DAEMON)
        daemon = psutil.Process(invoke(aws, name).payload)
        assert daemon.is_running()
        if killed:
            os.kill(running.pid, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        daemon.wait(60)
    assert not daemon.is_running()
