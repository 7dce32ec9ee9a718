"""Subprocesses of the emulator: Glue job runs, training jobs, endpoints, Lambda functions.

Each runs in a process group of its own below a small supervisor (`lakestack.supervise`), which ends
it and all that it has started when the emulator is gone, even by ``kill -9``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil
from localstack import config

from lakestack import marks
from lakestack.confinement import limits, network

LOG = logging.getLogger(__name__)
SUPERVISOR = Path(__file__).resolve().parent.parent / "supervise.py"
MAX_LINE_BYTES = 1 << 20
KILL_SECONDS = 35.0
"""Longer than the supervisor takes to end all (`supervise.END_SECONDS`)."""

JOIN_SECONDS = 30.0
"""For the output of a process that nobody could find, which would keep the pipe open."""

KEPT = (
    *("PATH", "LANG", "LC_ALL", "TZ", "JAVA_HOME", "SSL_CERT_FILE", "SYSTEMROOT"),
    marks.EMULATOR,
)

_alive: weakref.WeakSet[ManagedProcess] = weakref.WeakSet()
_alive_lock = threading.Lock()


def gateway_url() -> str:
    """URL of the emulator's gateway, as a process on this machine reaches it."""
    return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}"


def clean_environment(
    account: str,
    region: str,
    home: Path,
    extra: Mapping[str, str] | None = None,
    *,
    what: str = "a process",
) -> dict[str, str]:
    """Environment for user code: the gateway, dummy credentials, nothing of the user's own.

    Python programs in it reach the emulator and loopback only (`lakestack.confinement.network`).

    Args:
        home: private folder, used as HOME and TMPDIR
        extra: wins over everything but what keeps the process on this machine
        what: what the process is, for the text of a refused connection
    """
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment.update(
        HOME=str(home),
        TMPDIR=str(home),
        AWS_ENDPOINT_URL=gateway_url(),
        AWS_ACCESS_KEY_ID=account,
        AWS_SECRET_ACCESS_KEY="emulated",  # noqa: S106 - the emulator checks no signature
        AWS_REGION=region,
        AWS_DEFAULT_REGION=region,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        NO_PROXY="*",
        PYTHONUNBUFFERED="1",
        PYTHONDONTWRITEBYTECODE="1",
    )
    environment.update(extra or {})
    environment.update(
        network.python_variables(
            ("127.0.0.1", config.GATEWAY_LISTEN[0].port),
            f"{what} in the emulator",
            environment.get("PYTHONPATH", ""),
        )
    )
    return environment


def supervised(command: Sequence[str], *options: str) -> list[str]:
    """Wrap a command so that it ends when the process that starts it is gone.

    Args:
        options: of the supervisor
    """
    return [sys.executable, "-I", "-S", str(SUPERVISOR), *options, *command]


class ManagedProcess:
    """A supervised subprocess whose output goes line by line to a callback.

    Args:
        command: program and arguments, never a shell string
        env: its environment; it may hold a mark of its own, by which processes that it has others
            start for it are ended with it
        on_line: receives each line of stdout and stderr without its newline; it runs in a thread of
            its own, and an exception in it is logged and ends nothing
        on_error_line: if given, receives the lines of stderr, in another thread
        name: for the log
        file_bytes: the largest file that it may write; None: as large as the disk allows

    Attributes:
        place: account and region that it runs for
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None],
        name: str,
        on_error_line: Callable[[str], None] | None = None,
        file_bytes: int | None = None,
    ) -> None:
        self.name = name
        self.place = (env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_REGION"))
        self._mark = env.get(marks.PROCESS) or uuid.uuid4().hex
        self._control_lock = threading.Lock()
        self._popen = subprocess.Popen(
            supervised(command, "--control", "--limits", json.dumps(limits.of_job(file_bytes))),
            env={**env, marks.PROCESS: self._mark},
            cwd=cwd,
            stdin=subprocess.PIPE,  # closed by whatever ends us: the supervisor's sign to kill all
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if on_error_line else subprocess.STDOUT,
            start_new_session=True,
        )
        streams = [(self._popen.stdout, on_line)]
        if on_error_line:
            streams.append((self._popen.stderr, on_error_line))
        self._readers = [
            threading.Thread(target=self._read, args=each, name=f"output-{name}", daemon=True)
            for each in streams
        ]
        for reader in self._readers:
            reader.start()
        with _alive_lock:
            _alive.add(self)

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit code of the command, negative for a signal, None while it runs."""
        return self._popen.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the command and all that it has started, and for the last line.

        Args:
            timeout: seconds, None forever

        Raises:
            TimeoutError: it still runs
        """
        try:
            code = self._popen.wait(timeout)
        except subprocess.TimeoutExpired as e:
            raise TimeoutError(f"{self.name} still runs after {timeout} s") from e
        # The supervisor leaves nothing behind, unless somebody has killed it, or on a system
        # without adoption of orphans: the environment gives those away.
        marks.kill_marked(marks.PROCESS, self._mark)
        for reader in self._readers:
            reader.join(JOIN_SECONDS)
        self._let_go()
        return code

    def terminate(self, grace: float = 5.0) -> None:
        """End it: SIGTERM to its process group, and SIGKILL to everything after `grace` seconds."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            self._popen.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            self.wait(grace)
            return
        self.kill()

    def kill(self) -> None:
        """End it and all that it has started at once."""
        self._let_go()
        with contextlib.suppress(TimeoutError):
            self.wait(KILL_SECONDS)
            return
        self._popen.kill()  # the supervisor itself stands still
        self.wait()

    def _let_go(self) -> None:
        with self._control_lock, contextlib.suppress(OSError):
            if self._popen.stdin is not None:
                self._popen.stdin.close()

    def _read(self, stream: IO[bytes] | None, on_line: Callable[[str], None]) -> None:
        assert stream is not None  # noqa: S101 - opened above
        while raw := stream.readline(MAX_LINE_BYTES):  # a line may have no end
            try:
                on_line(raw.decode(errors="replace").rstrip("\r\n"))
            except Exception:
                LOG.exception("output of %s could not be recorded", self.name)
        stream.close()


def stopped() -> list[dict[str, Any]]:
    """Processes that a signal has stopped, with the name of what they belong to."""
    with _alive_lock:
        alive = [p for p in _alive if p.returncode is None]
    found = []
    for managed in alive:
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(managed.pid)
            for process in (leader, *leader.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    if process.status() == psutil.STATUS_STOPPED:
                        found.append({"name": managed.name, "process": process.pid})
    return found


def kill_of(covers: Callable[[str | None, str | None], bool], *, but: str) -> None:
    """Kill the processes of some accounts and regions, all at once, and wait for their ends.

    Args:
        covers: of an account and a region
        but: name of what stays
    """
    with _alive_lock:
        alive = [p for p in _alive if p.returncode is None and p.name != but and covers(*p.place)]
    threads = [threading.Thread(target=p.kill, name=f"kill-{p.name}") for p in alive]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def terminate_all(grace: float = 3.0) -> None:
    """End every process that is still alive; called when the emulator stops."""
    with _alive_lock:
        processes = [p for p in _alive if p.returncode is None]
    threads = [threading.Thread(target=p.terminate, args=(grace,)) for p in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
