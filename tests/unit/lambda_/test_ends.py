"""A function ends with its time-out, its environment and the emulator, whatever it does."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lakestack.services.lambda_.function_process import TimedOutError
from tests.support import PROJECT, wait_until
from tests.unit.lambda_.test_process import Function, gone

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")

_FORKING = """
import os, time
def handler(e, c):
    reader, writer = os.pipe()
    if not os.fork():
        os.setsid()
        if os.fork(): os._exit(0)
        os.write(writer, str(os.getpid()).encode())
        {daemon}
    os.wait()
    return int(os.read(reader, 20))
"""
DAEMON = _FORKING.format(daemon="time.sleep(600)")
SCRUBBED = _FORKING.format(daemon='os.execve("/bin/sleep", ["sleep", "600"], {})')
PROGRAM = """
import subprocess
def handler(e, c):
    command = ["/bin/sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"]
    return int(subprocess.check_output(command, env={}, start_new_session=True))
"""
LEAVING = [
    pytest.param(DAEMON, id="fork"),
    pytest.param(PROGRAM, id="program"),
    pytest.param(SCRUBBED, id="no-environment", marks=LINUX),
]
STUBBORN = "import signal\nfor n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)\n"
HOLDING = {
    "loop": STUBBORN + "def handler(e, c):\n    while True: pass",
    "pattern": STUBBORN + "import re\ndef handler(e, c): re.match('(a+)+$', 'a' * 64 + 'b')",
    "one-call": STUBBORN + "def handler(e, c): 7 ** (10 ** 9)",
}
"""The last two hold the interpreter's lock within one call of C."""


@pytest.mark.parametrize("source", LEAVING)
def test_a_daemon_ends_with_its_environment(tmp_path: Path, source: str) -> None:
    function = Function(tmp_path, source)
    function.initialise()
    daemon = int(function.call()["result"])
    assert not gone(daemon)
    function.process.close()
    wait_until(lambda: gone(daemon))


@pytest.mark.parametrize("source", HOLDING.values(), ids=HOLDING)
def test_a_function_that_holds_the_interpreter_ends_with_its_time_out(
    tmp_path: Path, source: str
) -> None:
    function = Function(tmp_path, source)
    function.initialise()
    family = psutil.Process(function.process.pid).children()
    with pytest.raises(TimedOutError):
        function.call(seconds=1)
    function.process.close()
    assert family
    assert all(gone(each.pid) for each in family)


def test_processes_that_multiply_end_with_the_environment(tmp_path: Path) -> None:
    function = Function(
        tmp_path,
        """
        import os, time
        def handler(e, c):
            for depth in range(6):  # 64 processes, each in a session of its own
                os.fork()
                os.setsid() if os.getpid() != os.getsid(0) else None
            time.sleep(600)
        """,
        memory=16 << 30,
    )
    function.initialise()
    with pytest.raises(TimedOutError):
        function.call(seconds=2)
    family = psutil.Process(function.process.pid).children(recursive=True)
    function.process.close()
    assert len(family) >= 60
    assert [each for each in family if not gone(each.pid)] == []


STARTER = """
import sys, time
from pathlib import Path
from tests.unit.lambda_.test_process import Function
function = Function(Path(sys.argv[1]), sys.argv[2])
function.initialise()
print(function.process.pid, flush=True)
if sys.argv[3] == "answers":
    print(function.call(seconds=300)["result"], flush=True)
if sys.argv[3] == "busy":
    function.call(seconds=300)
time.sleep(300)
"""


def killed(folder: Path, source: str, mode: str, moment: Callable[[int], object]) -> list[int]:
    """Processes that a function had when its emulator was killed with -9.

    Args:
        mode: "idle", "busy" (it is called and does not answer) or "answers" (with a process id)
        moment: given the supervisor's id, waits until it is time
    """
    emulator = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder), source, mode],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert emulator.stdout
    pid = int(emulator.stdout.readline())
    found = [int(emulator.stdout.readline())] if mode == "answers" else []
    moment(pid)
    found += [pid, *(each.pid for each in psutil.Process(pid).children(recursive=True))]
    emulator.send_signal(signal.SIGKILL)
    emulator.wait()
    emulator.stdout.close()
    return found


@pytest.mark.parametrize("mode", ["idle", "busy"])
def test_it_ends_with_the_emulator_even_by_kill_9(tmp_path: Path, mode: str) -> None:
    source = "import time\ndef handler(e, c): time.sleep(300)"
    for pid in killed(tmp_path, source, mode, lambda _: None):
        wait_until(lambda pid=pid: gone(pid), what=f"{pid} to end")  # type: ignore[misc]


@pytest.mark.parametrize("source", HOLDING.values(), ids=HOLDING)
def test_a_function_that_holds_the_interpreter_ends_with_the_emulator(
    tmp_path: Path, source: str
) -> None:
    def busy(pid: int) -> None:
        child = psutil.Process(pid).children()[0]
        before = child.cpu_times().user
        wait_until(lambda: child.cpu_times().user > before + 0.5, what="it to be at work")

    for pid in killed(tmp_path, source, "busy", busy):
        wait_until(lambda pid=pid: gone(pid), what=f"{pid} to end")  # type: ignore[misc]


@pytest.mark.parametrize("source", LEAVING)
def test_a_daemon_ends_with_the_emulator(tmp_path: Path, source: str) -> None:
    for pid in killed(tmp_path, source, "answers", lambda _: None):
        wait_until(lambda pid=pid: gone(pid), what=f"{pid} to end")  # type: ignore[misc]


def test_its_limits_are_those_of_lambda(tmp_path: Path) -> None:
    function = Function(
        tmp_path,
        """
        import os, resource
        def handler(e, c):
            mask = os.umask(0)
            try:
                with open("large", "wb") as file:
                    file.truncate(513 << 20)
                said = "written"
            except OSError as error:
                said = os.strerror(error.errno)
            names = ("CORE", "NOFILE", "FSIZE")
            limits = [resource.getrlimit(getattr(resource, f"RLIMIT_{n}"))[1] for n in names]
            return [limits, mask, said]
        """,
    )
    function.initialise()
    assert function.call()["result"] == '[[0, 1024, 536870912], 63, "File too large"]'
    function.process.close()


def test_it_finds_its_own_channel_and_output_open_and_nothing_else(tmp_path: Path) -> None:
    function = Function(
        tmp_path,
        """
        import os
        def handler(e, c):
            found = []
            for number in range(256):
                try: os.fstat(number)
                except OSError: continue
                found.append(number)
            try: terminal = os.open("/dev/tty", os.O_RDWR)
            except OSError: terminal = None
            return [len(found), found[:3], terminal]
        """,
    )
    function.initialise()
    assert function.call()["result"] == "[4, [0, 1, 2], null]"
    function.process.close()
