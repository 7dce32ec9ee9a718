"""The driver of interactive sessions: what a statement gives, and its talk with the emulator."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lakestack.services.glue.runtime.session import driver
from lakestack.services.glue.sessions.channel import Channel, ChannelError

PROCESS = """
import os, socket
from lakestack.services.glue.runtime.session.driver import Driver, Namespace
port, _, word = os.environ["LAKE_SESSION_CHANNEL"].partition(":")
Driver(socket.create_connection(("127.0.0.1", int(port))), word).work(Namespace(given=7))
"""


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("1 + 1", "2\n"),
        ("print('a')\n'b'", "a\n'b'\n"),
        ("x = 5", ""),
        ("None", ""),
        ("", ""),
        ("for i in range(2):\n    print(i)", "0\n1\n"),
        ("class A:\n    pass\nA.__module__", "'__main__'\n"),
    ],
)
def test_the_text_is_what_is_printed_and_the_last_value(code: str, text: str) -> None:
    assert driver.Namespace().run(code, 0) == driver.Outcome(text)


def test_statements_share_one_namespace() -> None:
    namespace = driver.Namespace(sc="context")
    namespace.run("x = [sc]", 0)
    assert namespace.run("x * 2", 1).text == "['context', 'context']\n"
    assert namespace.run("len(_)", 2).text == "2\n"


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("print('before')\n1 / 0", "ZeroDivisionError", "division by zero"),
        ("def f(:", "SyntaxError", "invalid syntax (<statement 3>, line 1)"),
        ("import sys\nsys.exit(4)", "SystemExit", "4"),
    ],
)
def test_an_error_has_a_name_a_value_and_the_statements_own_traceback(
    code: str, name: str, value: str
) -> None:
    found = driver.Namespace().run(code, 3)
    assert found.error is not None
    assert (found.error["name"], found.error["value"]) == (name, value)
    lines = "".join(found.error["traceback"])
    assert "<statement 3>" in lines
    assert "driver.py" not in lines
    if name == "ZeroDivisionError":
        assert found.text == "before\n"
        assert "1 / 0" in lines


def test_a_text_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "MOST_TEXT", 10)
    found = driver.Namespace().run("for i in range(9):\n    print('abc')", 0)
    assert found.text.startswith("abc\nabc\nab\n(no more than 10 characters")
    assert found.text.count("no more") == 1


@pytest.fixture
def process() -> Iterator[tuple[Channel, Any]]:
    """The driver without Spark, and the emulator's side of its channel."""
    with Channel() as channel:
        running = subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            env={**os.environ, driver.CHANNEL_VARIABLE: channel.address},
        )
        try:
            channel.accept(lambda: running.poll() is None)
            yield channel, channel.documents()
        finally:
            running.kill()
            running.wait()


def test_statements_run_one_after_another_and_can_be_interrupted(
    process: tuple[Channel, Any],
) -> None:
    channel, said = process
    assert next(said) == {"ready": True}
    channel.say({"run": 0, "code": "given + 1"})
    assert next(said) == {"done": 0, "text": "8\n", "error": None, "cancelled": False}
    channel.say({"cancel": 0})  # too late: nothing happens
    waits = "import time\nprint('begun')\nopen(FILE, 'w').close()\ntime.sleep(600)"
    channel.say({"run": 1, "code": "import os, tempfile\nFILE = tempfile.mktemp()\nFILE"})
    file = next(said)["text"].strip().strip("'")
    channel.say({"run": 2, "code": waits})
    while not os.path.exists(file):  # noqa: PTH110 - until it runs
        pass
    channel.say({"cancel": 2})
    assert next(said) == {"done": 2, "text": "begun\n", "error": None, "cancelled": True}
    channel.say({"run": 3, "code": "os.remove(FILE)\n'still here'"})
    assert next(said)["text"] == "'still here'\n"


def test_who_does_not_know_the_word_is_not_heard() -> None:
    with Channel() as channel:
        port = int(channel.address.partition(":")[0])
        stranger = socket.create_connection(("127.0.0.1", port))
        stranger.sendall(b'{"hello": "guess"}\n')
        looks = iter([True, True, False])
        with pytest.raises(ChannelError):
            channel.accept(lambda: next(looks))
        assert stranger.recv(1) == b""
        stranger.close()
