"""The process of an execution environment, without an emulator around it."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from lakestack.confinement import limits, network
from lakestack.services.lambda_ import function_process
from lakestack.services.lambda_.function_process import (
    ExitedError,
    FunctionProcess,
    OutOfMemoryError,
    TimedOutError,
)
from lakestack.services.lambda_.output import Event, InvocationLog
from tests.support import wait_until

VARIABLES = {
    "_HANDLER": "index.handler",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    "PATH": os.defpath,
}


class Function:
    """A started process and what it printed."""

    def __init__(self, folder: Path, source: str, memory: int = 512 * 1024 * 1024) -> None:
        (folder / "index.py").write_text(textwrap.dedent(source))
        start = {
            "code": str(folder),
            "layers": [],
            "packages": [],
            "gateway": ["127.0.0.1", 9],
            "network": network.__file__,
            "limits": limits.of_function(512),
        }
        self.events: list[Event] = []
        self.log = InvocationLog(self.events.extend)
        self.process = FunctionProcess(start, env=VARIABLES, cwd=folder, memory_limit=memory)

    def initialise(self, seconds: float = 20) -> dict[str, Any]:
        return self.process.initialise(time.monotonic() + seconds, self.log)

    def call(self, event: str = "null", seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        request = {"id": "1", "arn": "arn", "event": event, "trace": "", "remaining": 0}
        return self.process.call(request, deadline, self.log)


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(
    ("source", "kind"),
    [("raise KeyError('x')", "KeyError"), ("import os; os._exit(4)", None)],
)
def test_an_answer_before_the_end_counts_also_where_the_end_is_seen_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, kind: str | None
) -> None:
    function = Function(tmp_path, source)
    process = function.process
    look = process._selector.select

    def late(timeout: float | None = None) -> list[Any]:
        if timeout == 0:
            return look(0)
        process._popen.wait()  # both have come after this look
        return []

    monkeypatch.setattr(process._selector, "select", late)
    monkeypatch.setattr(function_process, "LOOK_SECONDS", 0.0)
    if kind is None:
        with pytest.raises(ExitedError) as ended:
            function.initialise()
        assert ended.value.status == 4
    else:
        assert function.initialise()["error"]["errorType"] == kind


def test_output_is_complete_when_the_answer_comes(tmp_path: Path) -> None:
    function = Function(tmp_path, "def handler(e, c):\n    print('x' * 200_000)\n    return e")
    assert function.initialise()["ready"]
    for n in range(20):
        assert function.call(str(n))["result"] == str(n)
    function.log.flush()
    assert [len(text) for _, text in function.events] == [200_000] * 20
    assert function.process.peak_bytes > 5_000_000
    function.process.close()


def test_invalid_input_is_named(tmp_path: Path) -> None:
    function = Function(tmp_path, "def handler(e, c): return e")
    function.initialise()
    assert function.call("{not json")["error"]["errorType"] == "Runtime.UnmarshalError"
    assert function.call("[1]")["result"] == "[1]"
    function.process.close()


def test_a_loop_that_never_ends(tmp_path: Path) -> None:
    function = Function(tmp_path, "def handler(e, c):\n    while True: print('busy')")
    function.initialise()
    with pytest.raises(TimedOutError):
        function.call(seconds=0.5)
    function.process.close()
    assert gone(function.process.pid)


def test_an_import_that_never_ends(tmp_path: Path) -> None:
    function = Function(tmp_path, "import time\ntime.sleep(300)")
    with pytest.raises(TimedOutError):
        function.initialise(0.5)
    function.process.close()


def test_a_process_that_ends_while_its_fork_lives_on(tmp_path: Path) -> None:
    function = Function(
        tmp_path,
        """
        import os, time
        def handler(e, c):
            if not os.fork(): time.sleep(300)
            os._exit(7)
        """,
    )
    function.initialise()
    with pytest.raises(ExitedError) as e:
        function.call()
    assert e.value.status == 7
    function.process.close()
    with pytest.raises(ProcessLookupError):
        wait_until(lambda: os.killpg(function.process.pid, 0))


def test_a_closed_channel_is_an_exit(tmp_path: Path) -> None:
    # Its number is that of the parent, which may have many files open.
    function = Function(tmp_path, "import os\ndef handler(e, c): os.closerange(3, 65_536)")
    function.initialise()
    with pytest.raises(ExitedError):
        function.call()
    function.process.close()


def test_memory_is_bounded(tmp_path: Path) -> None:
    source = "import time\ndef handler(e, c):\n    b = b'x' * 300_000_000\n    time.sleep(60)"
    function = Function(tmp_path, source, memory=100_000_000)
    function.initialise()
    with pytest.raises(OutOfMemoryError):
        function.call()
    function.process.close()
