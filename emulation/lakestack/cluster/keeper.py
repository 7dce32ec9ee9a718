"""The process that master and workers belong to: it starts them, and they end when it does.

    python -m lakestack.cluster.keeper FOLDER SETTINGS-AS-JSON

Each is below a supervisor (`lakestack.supervise`), which kills it and its executors when this
process is gone, by whatever. With ``LAKE_OWNED`` in its environment the keeper itself ends when its
standard input does, that is with whoever started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from lakestack import marks
from lakestack.cluster import daemons

GRACE_SECONDS = 5.0
POLL_SECONDS = 0.1
MASTER_SECONDS = 60.0
RESTARTS = 20
"""Of workers, in the life of a cluster. One that cannot live is not started forever."""


class Keeper:
    """Keeps one master and its workers.

    Args:
        folder: of the cluster
        port: of the master
        web_port: of its web page
        workers: how many
        cores: of each
        memory: of each, MiB
    """

    def __init__(
        self, folder: Path, *, port: int, web_port: int, workers: int, cores: int, memory: int
    ) -> None:
        self._folder, self._port = folder, port
        self._environment = daemons.environment(folder)
        self._master = daemons.master_command(folder, port, web_port)
        self._worker = daemons.worker_command(folder, port, cores, memory)
        self._count = workers
        self._restarts = RESTARTS
        self._end = threading.Event()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def end(self) -> None:
        """Let `keep` come to its end."""
        self._end.set()

    def keep(self) -> int:
        """Start all, and wait for the sign to end them, or for the master's end.

        Returns:
            exit code: 0 after the sign, 1 when the master has ended
        """
        try:
            self._start("master", self._master)
            if not self._wait_for(self._master_listens, MASTER_SECONDS):
                return 0 if self._end.is_set() else 1
            for number in range(1, self._count + 1):
                self._start(f"worker {number}", self._worker)
            while not self._end.wait(POLL_SECONDS):
                ended = self._bury()
                if "master" in ended:
                    return 1
                for name in ended[: self._restarts]:
                    self._restarts -= 1
                    self._start(name, self._worker)
            return 0
        finally:
            self._end_all()

    def _start(self, name: str, command: list[str]) -> None:
        self._running[name] = subprocess.Popen(
            command,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.PIPE,  # closed by whatever ends us: the supervisor's sign to kill all
            start_new_session=True,
        )

    def _master_listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._port), 1).close()
            return True
        return False

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._end.wait(POLL_SECONDS) and time.monotonic() < deadline:
            self._bury()
            if not self._running:
                return False
            if condition():
                return True
        return False

    def _bury(self) -> list[str]:
        """Say which have ended, and forget them; return their names."""
        ended = []
        for name, process in list(self._running.items()):
            if (code := process.poll()) is not None:
                print(f"keeper: {name} has ended with code {code}", file=sys.stderr, flush=True)
                del self._running[name]
                ended.append(name)
        return ended

    def _end_all(self) -> None:
        running = list(self._running.values())
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            if process.stdin:
                process.stdin.close()
        for process in running:
            process.wait()


def main() -> int:
    """Keep the cluster of the arguments."""
    keeper = Keeper(Path(sys.argv[1]), **json.loads(sys.argv[2]))

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        keeper.end()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    if marks.OWNED in os.environ:

        def watch() -> None:
            while os.read(0, 4096):
                pass
            keeper.end()

        threading.Thread(target=watch, name="owner", daemon=True).start()
    return keeper.keep()


if __name__ == "__main__":
    sys.exit(main())
