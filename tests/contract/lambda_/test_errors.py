"""Lambda functions that raise, exit, hang or take too much."""

from __future__ import annotations

import re
import time

import pytest

from tests.contract.lambda_.helpers import Aws, create, invoke, log_of, runs
from tests.support import wait_until


def test_an_exception_has_type_message_and_trace(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        class OwnError(Exception): pass
        def deeper(): raise OwnError("no such rating")
        def handler(event, context): deeper()
        """,
    )
    answer = invoke(aws, name)
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "OwnError"
    assert answer.payload["errorMessage"] == "no such rating"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.payload["requestId"])
    trace = answer.payload["stackTrace"]
    assert len(trace) == 2
    assert trace[0].startswith('  File "/var/task/index.py", line 4, in handler')
    assert "[ERROR] OwnError: no such rating" in answer.tail
    assert invoke(aws, name).error == "Unhandled"  # the environment goes on


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import nope_nope",
            "index.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'index': No module named 'nope_nope'",
        ),
        (
            "x = 1",
            "index.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'index'",
        ),
        (
            "x = 1",
            "other.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        ("x = 1", "index", "Runtime.MalformedHandlerName", "Bad handler 'index'"),
        (
            "def handler(:",
            "index.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index'",
        ),
        ("raise KeyError('at import')", "index.handler", "KeyError", "'at import'"),
        (
            "import os; os._exit(4)",
            "index.handler",
            "Runtime.ExitError",
            "Runtime exited with error: exit status 4",
        ),
    ],
)
def test_a_function_that_cannot_start(
    aws: Aws, name: str, source: str, handler: str, kind: str, message: str
) -> None:
    create(aws, name, source, Handler=handler)
    for _ in range(2):  # the second one starts it again
        answer = invoke(aws, name)
        assert answer.error == "Unhandled"
        assert answer.payload["errorType"] == kind
        assert message in answer.payload["errorMessage"]
    if "exit" not in source:
        wait_until(lambda: any(kind in line for line in log_of(aws, name)))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("os._exit(3)", "exit status 3"),
        ("sys.exit(2)", "exit status 2"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
        ("os.kill(os.getpid(), 11)", "signal: segmentation fault"),
        ("os._exit(0)", "without providing a reason"),
    ],
)
def test_a_runtime_that_exits(aws: Aws, name: str, body: str, message: str) -> None:
    create(
        aws,
        name,
        f"""
        import os, sys
        def handler(event, context):
            if event == "die": {body}
            return "alive"
        """,
    )
    answer = invoke(aws, name, "die")
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert message in answer.payload["errorMessage"]
    assert invoke(aws, name, "live").payload == "alive"


def test_a_timeout_ends_the_process_and_what_it_started(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import json, os, subprocess, time
        def handler(event, context):
            if event == "quick": return "alive"
            children = [subprocess.Popen(["sleep", "300"]),
                        subprocess.Popen(["sleep", "300"], start_new_session=True)]
            fork = os.fork()
            if not fork: time.sleep(300)
            print("pids", json.dumps([os.getpid(), fork, *[c.pid for c in children]]))
            time.sleep(300)
        """,
        Timeout=2,
    )
    began = time.monotonic()
    answer = invoke(aws, name, "slow")
    assert time.monotonic() - began < 60, "it waited for what it started"
    assert answer.error == "Unhandled"
    text = answer.payload["errorMessage"]
    assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: Task timed out after 2.00 seconds", text)
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert re.search(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f-]{36} Task timed out after 2.00 seconds",
        answer.tail,
    )
    assert "Status: timeout" in answer.tail
    found = re.search(r"pids \[(.*)\]", answer.tail)
    assert found
    pids = [int(pid) for pid in found[1].split(",")]
    assert len(pids) == 4
    wait_until(lambda: not [p for p in pids if runs(p)], what=f"{pids} ended")
    assert invoke(aws, name, "quick").payload == "alive"


def test_memory_far_beyond_the_size_ends_the_function(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import time
        def handler(event, context):
            block = b"x" * 600_000_000
            time.sleep(10)
        """,
    )
    answer = invoke(aws, name)
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in answer.payload["errorMessage"]
