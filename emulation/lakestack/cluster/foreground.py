"""A master or a worker alone, until a signal ends it: what a container runs.

The containers share the emulator's network and, by a volume, its LAKE_HOME, where the secret is.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import FrameType

from lakestack.cluster import daemons
from lakestack.cluster.process import Cluster
from lakestack.errors import ClusterError

MASTER_SECONDS = 60.0
POLL_SECONDS = 0.2


def run_master(cluster: Cluster, web_port: int) -> int:
    """Run the master; makes the secret if there is none. Returns its exit code.

    Args:
        web_port: of its web page, which tells jobs how large the workers are

    Raises:
        ClusterError: the secret can be read by others
        EmulationError: Java or its artefacts are missing
    """
    secret = cluster.secret()
    with tempfile.TemporaryDirectory(prefix="lake-master-") as name:
        folder = Path(name)
        daemons.prepare(folder, secret)
        return _run(daemons.master_command(folder, cluster.port, web_port), folder)


def run_worker(cluster: Cluster, cores: int, memory: int, timeout: float = MASTER_SECONDS) -> int:
    """Run a worker; waits for the master, which may start at the same time. Returns its exit code.

    Args:
        cores: that it offers
        memory: MiB that it offers
        timeout: seconds to wait for the master

    Raises:
        ClusterError: there is no master, or no secret
        EmulationError: Java or its artefacts are missing
    """
    _await_master(cluster, timeout)
    with tempfile.TemporaryDirectory(prefix="lake-worker-") as name:
        folder = Path(name)
        daemons.prepare(folder, cluster.master.secret())
        return _run(daemons.worker_command(folder, cluster.port, cores, memory), folder)


def _await_master(cluster: Cluster, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            cluster.master.require()
            return
        except ClusterError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _run(command: list[str], folder: Path) -> int:
    """Run until it ends; SIGTERM and SIGINT end it, and everything ends with this process."""
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's signature
        if process is None:
            early.append(number)
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)

    before = [(number, signal.signal(number, end)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        process = subprocess.Popen(
            command,
            env=daemons.environment(folder),
            cwd=folder,
            stdin=subprocess.PIPE,  # closed by whatever ends us: the supervisor's sign to kill all
            start_new_session=True,
            umask=0o077,
        )
        for number in early:
            end(number, None)
        return process.wait()
    finally:
        for number, handler in before:
            signal.signal(number, handler)
