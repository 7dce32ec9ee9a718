"""The emulator asked from another process, whose environment has not its packages.

    python -m lakestack.agent COMMAND ARGUMENTS-AS-JSON

Commands are the functions of `lakestack.emulator`, and ``hold``: an emulator of the asking
process's own, which ends when that closes this one's standard input, or ends. What goes to
standard output is one JSON document a line: ``{"notice": text}`` any number of times, then
``{"result": …}`` or ``{"error": {"type", "message", "hint"}}``. `lakestack.tool.client` is the
other side.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lakestack import emulator
from lakestack.errors import EmulationError, PortInUseError, StartError
from lakestack.host.process import Emulator, require_free
from lakestack.instance import Running
from lakestack.ports import free_port

TRIES = 3
"""Between the choice of a port and its use another process may take it."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    command, given = (arguments or sys.argv[1:])[:2]
    try:
        if command == "hold":
            _hold(**json.loads(given))
        else:
            _say("result", COMMANDS[command](**json.loads(given)))
    except EmulationError as e:
        _say("error", {"type": type(e).__name__, "message": e.message, "hint": e.hint})
        return 1
    return 0


def _hold(port: int | None, state: str | None) -> None:
    emulator.install(_notice)
    with tempfile.TemporaryDirectory(prefix="lakestack-") as home:
        instance, running = _started(port, Path(home), _path(state))
        try:
            _say("result", {**asdict(running), "log": str(instance.log)})
            sys.stdin.buffer.read()  # returns when the other side has closed it
        finally:
            instance.stop()


def _started(port: int | None, home: Path, state: Path | None) -> tuple[Emulator, Running]:
    for left in reversed(range(TRIES)):
        instance = Emulator(free_port() if port is None else port, home, state)
        try:
            return instance, instance.start(temporary=True)[0]
        except (PortInUseError, StartError):
            if port is not None or left == 0 or _is_free(instance.port):
                raise
    raise AssertionError("unreachable")


def _is_free(port: int) -> bool:
    try:
        require_free(port)
    except PortInUseError:
        return False
    return True


def _install() -> None:
    emulator.install(_notice)


def _start(port: int, home: str | None, state: str | None, timeout: float) -> dict[str, Any]:
    running = emulator.start(port, home=_path(home), state=_path(state), timeout=timeout)
    return asdict(running)


def _find(port: int, home: str | None) -> dict[str, Any] | None:
    running = emulator.find(port, home=_path(home))
    return asdict(running) if running else None


def _stop(port: int, home: str | None) -> bool:
    return emulator.stop(port, home=_path(home))


COMMANDS: dict[str, Callable[..., Any]] = {
    "find": _find,
    "install": _install,
    "start": _start,
    "stop": _stop,
}


def _path(given: str | None) -> Path | None:
    return None if given is None else Path(given)


def _notice(text: str) -> None:
    _say("notice", text)


def _say(kind: str, what: Any) -> None:
    print(json.dumps({kind: what}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
