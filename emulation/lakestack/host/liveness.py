"""Whether an emulator that runs also answers, asked from outside and in bounded time.

A process may live without answering: stopped by a signal, in a deadlock, or with a disk that takes
nothing. Its port takes connections all the same, by the kernel's backlog.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from http import HTTPStatus
from typing import Any

import psutil

from lakestack import commands
from lakestack.errors import FrozenError
from lakestack.health import HEALTH

START_PROBE_SECONDS = 5.0
SILENT_SECONDS = 5.0
"""A busy machine delays an answer by a second or two; commands are to say so within ten."""
READY = "/_localstack/health"


def answers(port: int) -> bool:
    """Whether the emulator at a port says that it is ready."""
    try:
        return _get(port, READY, START_PROBE_SECONDS)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def restored(port: int) -> bool:
    """Whether an emulator that answers has taken up the state that it was started with."""
    try:
        status, body = _get(port, HEALTH, START_PROBE_SECONDS)
        kept = json.loads(body).get("saved_state") if status == HTTPStatus.OK else None
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
    return not (kept and kept["restoring"])


def is_stopped(pid: int) -> bool:
    """Whether a signal (SIGSTOP, SIGTSTP) or a debugger holds a process."""
    with contextlib.suppress(psutil.Error):
        return bool(
            psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
        )
    return False


def health(pid: int, port: int, timeout: float = SILENT_SECONDS) -> dict[str, Any]:
    """What the emulator says of its health; {} when it only says that it is there.

    Args:
        timeout: seconds

    Raises:
        FrozenError: it lives and does not answer
    """
    if is_stopped(pid):
        raise _frozen(pid, port, "a signal has stopped it")
    try:
        return document(port, timeout)
    except (OSError, http.client.HTTPException) as e:
        if is_stopped(pid):
            raise _frozen(pid, port, "a signal has stopped it") from e
        why = f"no answer within {timeout:g} s" if isinstance(e, TimeoutError) else str(e)
        raise _frozen(pid, port, why) from e


def document(port: int, timeout: float = SILENT_SECONDS) -> dict[str, Any]:
    """What an emulator says of its health; {} when it only says that it is there.

    Raises:
        OSError, http.client.HTTPException: it does not answer
    """
    status, body = _get(port, HEALTH, timeout)
    if status != 200:
        return {}
    with contextlib.suppress(ValueError):
        found = json.loads(body)
        if isinstance(found, dict):
            return found
    return {}


def _frozen(pid: int, port: int, why: str) -> FrozenError:
    return FrozenError(
        f"the emulator (process {pid}) lives but does not answer on port {port}: {why}",
        commands.end(port),
        {"running": True, "answers": False, "port": port, "pid": pid},
    )


def _get(port: int, path: str, timeout: float) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
