"""Start, find and stop the emulator of a home folder and port.

State is one file, ``<home>/emulator-<port>/process.json``, written after the start. It is believed
only while a process with that id and start time lives, so a crash leaves nothing to clean by hand.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from lakestack import commands, disk, marks, paths
from lakestack.errors import (
    ArtifactError,
    FrozenError,
    PortInUseError,
    StartError,
)
from lakestack.host import limits, liveness, occupant, saved_states, service_catalog
from lakestack.host.environment import localstack_environment
from lakestack.host.marked_folder import end_all, end_strays, for_the_owner, lives, locked, tail
from lakestack.instance import Running
from lakestack.java import artifacts
from lakestack.java.interpreter import find_java
from lakestack.ports import DEFAULT_PORT
from lakestack.services.saved_state.states import UNSAVED

START_SECONDS = 60.0
STOP_SECONDS = 15.0
FROZEN_STOP_SECONDS = 5.0
"""For an emulator that a signal had stopped: what it was doing may be beyond repair."""
POLL_SECONDS = 0.05


_OWNED: dict[Path, IO[bytes]] = {}
"""What tells emulators that end with this process that it is there, by their folders."""


@dataclass(frozen=True)
class Emulator:
    """The emulator of one home and port, running or not.

    Attributes:
        state: folder of a state that is kept; None: as `PERSIST` says
    """

    port: int = DEFAULT_PORT
    home: Path | None = None
    state: Path | None = None

    @property
    def folder(self) -> Path:
        return (self.home or paths.home()) / f"emulator-{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "emulator.log"

    def find(self) -> Running | None:
        """Return the live emulator, or None."""
        try:
            running = Running(**json.loads(self._record.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return running if lives(running.pid, running.created) else None

    def look(self) -> tuple[Running, dict[str, Any]] | None:
        """Return the live emulator and what it says of its health, or None; within seconds.

        Raises:
            FrozenError: its process lives and does not answer
        """
        running = self.find()
        if running is None:
            return None
        try:
            return running, liveness.health(running.pid, running.port)
        except FrozenError:
            if self.find() is None:  # it was ending, and has ended
                return None
            raise

    def start(
        self,
        timeout: float = START_SECONDS,
        *,
        owned: bool = False,
        temporary: bool = False,
        listen: str = "127.0.0.1",
    ) -> tuple[Running, bool]:
        """Return the emulator and whether this call started it.

        It starts empty, unless its state is kept (`saved_states`).

        Args:
            timeout: seconds until it must answer
            owned: it ends when this process does, by whatever; until it answers, it does so anyway
            temporary: its home, which is its own, is then removed; implies `owned`
            listen: the address to listen on, of `lakestack.host.foreground.address`

        Raises:
            PortInUseError: another program listens on the port
            ArtifactError: set-up is incomplete
            JavaError: no usable Java
            StartError: it ended or stayed silent
            FrozenError: it runs already and does not answer
            SnapshotError: the state that it was to begin with is refused, and kept aside
            EmulationError: its folder is full or cannot be written to
        """
        with self._locked():
            if found := self.look():
                return found[0], False
            if artifacts.sets():
                find_java()
            if faults := artifacts.faults():
                raise ArtifactError("; ".join(faults.values()), commands.setup())
            end_strays(self.folder)
            require_free(self.port)
            with disk.explained(self.folder, self._elsewhere):
                return self._launch(timeout, _ownership(owned, temporary), listen), True

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """End the emulator and everything it started; return whether anything was running.

        Args:
            timeout: seconds for a clean end before it is killed
        """
        if not self.folder.is_dir():
            return False
        with self._locked():
            running = self.find()
            if running:
                if liveness.is_stopped(running.pid):
                    timeout = min(timeout, FROZEN_STOP_SECONDS)
                end_all([psutil.Process(running.pid)], timeout)
            strays = end_strays(self.folder)
            self._record.unlink(missing_ok=True)
            if owned := _OWNED.pop(self.folder, None):
                owned.close()
            for leftover in ("root", "tmp"):
                shutil.rmtree(self.folder / leftover, ignore_errors=True)
            return bool(running) or strays > 0

    def unsaved(self) -> str:
        """Why the last life's state was not saved at its end, "" when it was or none was kept."""
        try:
            return (self.folder / UNSAVED).read_text(errors="replace")
        except OSError:
            return ""

    @property
    def _record(self) -> Path:
        return self.folder / "process.json"

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.folder, self._elsewhere)

    @property
    def _elsewhere(self) -> str:
        return commands.start_with('LAKE_HOME="$HOME/lake"')

    def _launch(self, timeout: float, ownership: str, listen: str) -> Running:
        for name in ("root", "tmp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            paths.private(self.folder / name)
        service_catalog.place(self.folder / "root")
        limits.raise_open_files()
        old_log = self.log.with_name(f"{self.log.name}.1")
        for old in (self.log, old_log, self.folder / UNSAVED):
            old.unlink(missing_ok=True)
        environment = localstack_environment(self.folder, self.port, listen, state=self.state)
        saved_states.check(environment)
        environment[marks.OWNED] = ownership
        # Appended to, so that it can be emptied while it is used.
        with open(self.log, "ab", opener=for_the_owner) as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "localstack.runtime.main"],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0o077,  # S3 bodies, jobs' folders and sockets are nobody else's
                start_new_session=True,  # Ctrl-C in the user's terminal is not for the emulator
            )
        assert process.stdin is not None  # noqa: S101 - a pipe, as asked for
        _OWNED[self.folder] = process.stdin  # open as long as this process is there
        try:
            self._await_ready(process, timeout)
            running = Running(process.pid, psutil.Process(process.pid).create_time(), self.port)
            with open(self._record, "w", opener=for_the_owner) as record:
                record.write(json.dumps(asdict(running)))
            if ownership == marks.OWNED_AT_START:
                _release(_OWNED.pop(self.folder))
        except BaseException:  # Ctrl-C included: leave nothing behind
            _OWNED.pop(self.folder, None)
            end_all([psutil.Process(process.pid)] if process.poll() is None else [], 2)
            end_strays(self.folder)
            raise
        return running

    def _await_ready(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while process.poll() is None:
            if liveness.answers(self.port) and liveness.restored(self.port):
                return
            if time.monotonic() > deadline:
                raise StartError(
                    f"no answer within {timeout:g} s{tail(self.log)}", commands.examine(self.port)
                )
            time.sleep(POLL_SECONDS)
        raise StartError(
            f"it ended with code {process.returncode}{tail(self.log)}", commands.examine(self.port)
        )


def _ownership(owned: bool, temporary: bool) -> str:
    if temporary:
        return marks.OWNED_WITH_FOLDER
    return "1" if owned else marks.OWNED_AT_START


def _release(pipe: IO[bytes]) -> None:
    """Let the emulator outlive this process; one that has ended already is no news here."""
    with contextlib.suppress(BrokenPipeError):
        pipe.write(marks.RELEASED)
        pipe.close()


def require_free(port: int, elsewhere: str | None = None) -> None:
    """Raise PortInUseError, naming the owner, if something listens on this loopback port.

    Args:
        port: on 127.0.0.1
        elsewhere: the command that takes another port; None: the emulator's
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as e:
            other = elsewhere or commands.at_port(occupant.another(port))
            who, _ = occupant.listener(port)
            raise PortInUseError(
                f"port {port} is taken by {who or 'the emulator in a container'}",
                f"stop that program, or choose another port: {other}",
            ) from e
