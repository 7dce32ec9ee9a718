"""One serving process: started, asked by HTTP, started again when it dies.

Amazon SageMaker Developer Guide, "Custom Inference Code with Hosting Services": a container is
healthy when GET /ping answers 200, and answers POST /invocations within 60 seconds.
"""

from __future__ import annotations

import logging
import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3

from lakestack.services.logs.stream import BoundedLog, LogStream
from lakestack.services.processes import ManagedProcess
from lakestack.services.sagemaker import serving
from lakestack.services.sagemaker.training import last_error

LOG = logging.getLogger(__name__)
INVOCATION_SECONDS = 60.0
POLL_SECONDS = 0.02
PING_SECONDS = 2.0
MAX_FAILED_STARTS = 5
HEALTHY_SECONDS = 10.0
MAX_BACKOFF = 5.0
STOP_GRACE = 2.0
POOL_SIZE = 32


class ContainerStartError(Exception):
    """The process ended, or did not pass the ping health check in time."""


class UnavailableError(Exception):
    """No process is listening now; another try may succeed."""


class InvocationError(Exception):
    """The process accepted the request and gave no answer.

    Args:
        timed_out: it took longer than it may; otherwise it died
    """

    def __init__(self, message: str, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(frozen=True)
class Answer:
    """What the container said to POST /invocations."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Files:
    """Folders of a serving process; `program` is the entry point relative to `code`."""

    root: Path
    program: str

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def home(self) -> Path:
        return self.root / "home"


class Container:
    """A supervised serving process.

    Args:
        on_dead: called once with a reason when it could not be started again any more
    """

    def __init__(
        self,
        name: str,
        files: Files,
        environment: Mapping[str, str],
        log: LogStream,
        on_dead: Callable[[str], None],
    ) -> None:
        self.name = name
        self._files, self._environment = files, dict(environment)
        self._log, self._kept, self._on_dead = log, BoundedLog(log), on_dead
        self._port_file = files.home / f"{name}.port"
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._tail: deque[str] = deque(maxlen=50)
        self._process: ManagedProcess | None = None
        self._secret = ""
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._ready = 0.0

    def start(self, seconds: float) -> None:
        """Start and wait until healthy; from then on deaths are repaired.

        Args:
            seconds: time to pass the ping health check

        Raises:
            ContainerStartError: it did not
        """
        try:
            process = self._spawn()
            self._await_healthy(process, seconds)
        except ContainerStartError:
            self._kill()
            raise
        watcher = threading.Thread(
            target=self._watch, args=(process, seconds), name=f"watch-{self.name}", daemon=True
        )
        watcher.start()

    def stop(self) -> None:
        """End the process for good."""
        with self._lock:
            self._stopping.set()
            process, self._pool = self._process, None
        if process is not None:
            process.terminate(STOP_GRACE)
        self._log.close()

    def invoke(
        self, body: bytes, headers: Mapping[str, str], seconds: float = INVOCATION_SECONDS
    ) -> Answer:
        """POST /invocations over a kept-alive connection.

        Raises:
            UnavailableError: it is not running now
            InvocationError: it died over this request, or took longer than `seconds`
        """
        pool = self._pool
        if pool is None:
            raise UnavailableError(f"{self.name} is being restarted")
        try:
            response = pool.urlopen(
                "POST",
                "/invocations",
                body=body,
                headers={**headers, serving.SECRET_HEADER: self._secret},
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=PING_SECONDS, read=seconds),
            )
        except urllib3.exceptions.ReadTimeoutError as e:
            raise InvocationError(f"no answer within {seconds:g} s", timed_out=True) from e
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as e:
            raise UnavailableError(f"{self.name} is being restarted") from e
        except urllib3.exceptions.HTTPError as e:
            raise InvocationError("the container ended", timed_out=False) from e
        return Answer(response.status, response.headers, response.data)

    def _spawn(self) -> ManagedProcess:
        files = self._files
        command = [sys.executable, "-P", serving.__file__, "--program", files.program]
        command += ["--code", str(files.code), "--model", str(files.model)]
        command += ["--port-file", str(self._port_file)]
        with self._lock:
            if self._stopping.is_set():
                raise ContainerStartError("it was stopped")
            self._port_file.unlink(missing_ok=True)
            self._secret = secrets.token_hex(32)
            try:
                self._process = ManagedProcess(
                    command,
                    env={**self._environment, serving.SECRET_VARIABLE: self._secret},
                    cwd=files.code,
                    on_line=self._line,
                    name=f"container {self.name}",
                )
            except (OSError, ValueError) as e:
                raise ContainerStartError(f"it could not be started: {e}") from e
            return self._process

    def _await_healthy(self, process: ManagedProcess, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        pool: urllib3.HTTPConnectionPool | None = None
        while process.returncode is None:
            if pool is None:
                port = self._port()
                if port:
                    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=POOL_SIZE)
            if pool is not None and _pings(pool, self._secret):
                with self._lock:
                    if not self._stopping.is_set():
                        self._pool, self._ready = pool, time.monotonic()
                return
            if time.monotonic() > deadline:
                raise ContainerStartError(f"no healthy /ping within {seconds:g} s")
            if self._stopping.wait(POLL_SECONDS):
                raise ContainerStartError("it was stopped")
        code = process.wait()
        raise ContainerStartError(f"it ended with exit code {code}: {last_error(self._tail)}")

    def _watch(self, process: ManagedProcess, seconds: float) -> None:
        short_lives = failed_starts = 0
        while True:
            code = process.wait()
            self._pool = None
            if self._stopping.is_set():
                return
            lived = time.monotonic() - self._ready
            short_lives = 0 if lived > HEALTHY_SECONDS else short_lives + 1
            self._line(f"The container ended with exit code {code}; it is started again")
            if self._stopping.wait(min(0.1 * 2**short_lives, MAX_BACKOFF)):
                return
            try:
                process = self._spawn()
                self._await_healthy(process, seconds)
                failed_starts = 0
            except ContainerStartError as e:
                self._kill()
                failed_starts += 1
                if self._stopping.is_set():
                    return
                if failed_starts == MAX_FAILED_STARTS:
                    self._on_dead(str(e))
                    return

    def _kill(self) -> None:
        with self._lock:
            process = self._process
        if process is not None:
            process.kill()

    def _port(self) -> int:
        try:
            return int(self._port_file.read_text())
        except (OSError, ValueError):
            return 0

    def _line(self, line: str) -> None:
        self._tail.append(line)
        if not self._stopping.is_set():
            self._kept.write(line)


def _pings(pool: urllib3.HTTPConnectionPool, secret: str) -> bool:
    headers = {serving.SECRET_HEADER: secret}
    try:
        answer = pool.urlopen("GET", "/ping", headers=headers, retries=False, timeout=PING_SECONDS)
        return bool(answer.status == 200)
    except urllib3.exceptions.HTTPError:
        return False
