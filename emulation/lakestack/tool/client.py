"""What `lakestack.emulator` offers, where the emulator is in an environment of its own."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from lakestack import errors, paths
from lakestack.errors import AgentError, EmulationError
from lakestack.instance import Running
from lakestack.ports import DEFAULT_PORT
from lakestack.tool import environment

START_SECONDS = 60.0
STOP_SECONDS = 30.0
KEPT_LINES = 15


def silent(_: str) -> None:
    """Tell nobody."""


def install(notice: Callable[[str], None] = silent) -> None:
    """Make the emulator's environment, and fetch and prepare what it needs beside its packages.

    It does nothing when all is there.

    Args:
        notice: is told what is going on

    Raises:
        InstallError: the environment cannot be made
        ArtifactError: a download failed, or is not what this version was tested with
        JavaError: there is no usable Java
    """
    _ask("install", {}, notice)


def start(
    port: int = DEFAULT_PORT,
    *,
    home: Path | None = None,
    state: Path | None = None,
    timeout: float = START_SECONDS,
) -> Running:
    """Start an emulator and wait until it answers; return the one that runs already.

    It starts empty, unless its state is kept.

    Args:
        port: on 127.0.0.1
        home: folder of its running state; None: `LAKE_HOME`, else the user's
        state: folder of a state to begin with, which is kept there (`lake emulator start --state`);
            None: as `PERSIST` says
        timeout: seconds until it must answer

    Raises:
        EmulationError: as `lakestack.emulator.start`; InstallError: as `install`
    """
    given = {"port": port, "home": _text(home), "state": _text(state), "timeout": timeout}
    return Running(**_ask("start", given, silent))


def find(port: int = DEFAULT_PORT, *, home: Path | None = None) -> Running | None:
    """The emulator of this home that runs at a port, or None."""
    found = _ask("find", {"port": port, "home": _text(home)}, silent)
    return Running(**found) if found else None


def stop(port: int = DEFAULT_PORT, *, home: Path | None = None) -> bool:
    """End the emulator of a port and all that it started; return whether anything was running."""
    return bool(_ask("stop", {"port": port, "home": _text(home)}, silent))


@contextlib.contextmanager
def running(port: int | None = None, *, state: Path | None = None) -> Iterator[Running]:
    """An emulator of the caller's own, in a folder of its own, which ends with the block.

    It ends with the caller's process, too, by whatever that is ended.

    Args:
        port: None: one that is free
        state: as of `start`; it stays when the block ends

    Raises:
        EmulationError: as `start`
    """
    held = Held(port, state=state)
    try:
        yield held.running
    finally:
        held.stop()


class Held:
    """An emulator that ends with this process, wherever it runs.

    Args:
        port: None: one that is free
        notice: is told what is going on when something has to be made first
        state: as of `start`

    Attributes:
        running: what runs
        log: the emulator's log, as long as it runs

    Raises:
        EmulationError: as `start`
    """

    def __init__(
        self,
        port: int | None,
        notice: Callable[[str], None] = silent,
        *,
        state: Path | None = None,
    ) -> None:
        given = {"port": port, "state": _text(state)}
        self._process, self._said = _agent("hold", given, notice, subprocess.PIPE)
        try:
            result = _answer(self._process, self._said, notice)
            self.log = Path(result.pop("log"))
            self.running = Running(**result)
        except BaseException:  # Ctrl-C included: leave nothing behind
            self.stop()
            raise

    def stop(self) -> None:
        """End it and all that it started."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # the emulator sees it and ends by itself
            self._process.wait()


def _ask(command: str, given: dict[str, Any], notice: Callable[[str], None]) -> Any:
    process, said = _agent(command, given, notice, subprocess.DEVNULL)
    try:
        return _answer(process, said, notice)
    finally:
        if process.stdout:
            process.stdout.close()
        process.wait()


def _agent(
    command: str, given: dict[str, Any], notice: Callable[[str], None], stdin: int
) -> tuple[subprocess.Popen[str], collections.deque[str]]:
    """The process that answers, and the end of what it says aside."""
    python = environment.python(notice)
    process = subprocess.Popen(
        [str(python), "-P", "-m", "lakestack.agent", command, json.dumps(given)],
        env={**environment.variables(), "LAKE_CACHE": str(paths.cache())},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C in the user's terminal is not for the emulator
    )
    said: collections.deque[str] = collections.deque(maxlen=KEPT_LINES)
    threading.Thread(target=_keep, args=(process.stderr, said), daemon=True).start()
    return process, said


def _keep(stream: IO[str], lines: collections.deque[str]) -> None:
    with contextlib.suppress(ValueError), stream:  # closed with the process
        lines.extend(stream)


def _answer(
    process: subprocess.Popen[str], said: collections.deque[str], notice: Callable[[str], None]
) -> Any:
    """The result, when it has come.

    Raises:
        EmulationError: what the agent has raised
        AgentError: it ended without a result
    """
    for line in process.stdout or ():
        try:
            document = json.loads(line)
        except ValueError:
            said.append(line)
            continue
        if "notice" in document:
            notice(document["notice"])
        elif "error" in document:
            raise _error(document["error"])
        elif "result" in document:
            return document["result"]
    code = process.wait()
    told = "; the end of what it said:\n  " + "  ".join(said) if said else ""
    raise AgentError(
        f"the emulator's process ended with code {code}{told.rstrip()}",
        f"delete {environment.folder()}, then again"
        if not environment.is_here()
        else "lakestack install",
    )


def _error(said: dict[str, Any]) -> EmulationError:
    """The agent's error as the same class here."""
    found = getattr(errors, said["type"], EmulationError)
    error: EmulationError = found(said["message"], said["hint"])
    return error


def _text(place: Path | None) -> str | None:
    found = paths.absolute(place)
    return None if found is None else os.fspath(found)
