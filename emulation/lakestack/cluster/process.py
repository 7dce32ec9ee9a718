"""Start, find and stop a Spark standalone cluster of processes on this machine.

State is in ``<home>/cluster-<port>``: the secret, a record, the log of all daemons, and the folders
of executors.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

from lakestack import commands, marks, spark_master
from lakestack.cluster import daemons
from lakestack.errors import ClusterError
from lakestack.host.marked_folder import end_all, end_strays, for_the_owner, lives, locked, tail
from lakestack.host.process import require_free
from lakestack.ports import LARGEST_PORT, free_port
from lakestack.spark_master import Master, Worker

START_SECONDS = 90.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.1
SECRET_BYTES = 32

_OWNED: dict[Path, IO[bytes]] = {}
"""What tells clusters that end with this process that it is there, by their folders."""


@dataclass(frozen=True)
class Size:
    """What a cluster has.

    Attributes:
        workers: how many
        cores: of each
        memory: of each, MiB, for the heaps of executors
    """

    workers: int = 2
    cores: int = 1
    memory: int = 1024


@dataclass(frozen=True)
class Record:
    """A cluster that runs.

    Attributes:
        pid: of its keeper
        created: when that was started, seconds since 1970
        web_port: of the master's web page
    """

    pid: int
    created: float
    port: int
    web_port: int
    workers: int
    cores: int
    memory: int


@dataclass(frozen=True)
class Cluster:
    """The cluster of one home and master's port, running or not."""

    port: int = spark_master.DEFAULT_PORT
    home: Path | None = None

    @property
    def folder(self) -> Path:
        return spark_master.folder(self.port, self.home)

    @property
    def log(self) -> Path:
        return self.folder / "cluster.log"

    @property
    def master(self) -> Master:
        """Where jobs find it."""
        found = self.find()
        web_port = found.web_port if found else spark_master.DEFAULT_WEB_PORT
        return Master("127.0.0.1", self.port, self.folder / spark_master.SECRET, web_port)

    def find(self) -> Record | None:
        """Return the live cluster, or None."""
        try:
            record = Record(**json.loads((self.folder / spark_master.RECORD).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return record if lives(record.pid, record.created) else None

    def workers(self) -> list[Worker]:
        """The workers that are alive.

        Raises:
            ClusterError: the master does not answer, or has none
        """
        return self.master.workers() or []

    def start(
        self, size: Size, timeout: float = START_SECONDS, *, owned: bool = False
    ) -> tuple[Record, bool]:
        """Return the cluster and whether this call started it.

        Args:
            size: of the new one; one that runs keeps its own
            timeout: seconds until all workers must have joined
            owned: it ends when this process does, by whatever

        Raises:
            PortInUseError: another program listens on the port
            ClusterError: it ended, or not all workers joined
            ArtifactError: set-up is incomplete
            JavaError: no usable Java
        """
        with self._locked():
            if found := self.find():
                return found, False
            end_strays(self.folder)
            other = self.port + 1 if self.port < LARGEST_PORT else spark_master.DEFAULT_PORT
            require_free(self.port, commands.cluster_start(other))
            daemons.prepare(self.folder, self._new_secret())
            return self._launch(size, timeout, owned), True

    def stop(self) -> bool:
        """End it with all its executors; return whether anything was running."""
        if not self.folder.is_dir():
            return False
        with self._locked():
            found = self.find()
            if found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    end_all([psutil.Process(found.pid)], STOP_SECONDS)
            strays = end_strays(self.folder)
            for name in (spark_master.RECORD, spark_master.SECRET, "spark.conf"):
                (self.folder / name).unlink(missing_ok=True)
            if owned := _OWNED.pop(self.folder, None):
                owned.close()
            for name in ("tmp", "work"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            return bool(found) or strays > 0

    def secret(self) -> str:
        """The cluster's secret, made when there is none.

        Raises:
            ClusterError: others can read the one that is there
        """
        with self._locked():
            if not self.master.secret_file.exists():
                return self._new_secret()
            return self.master.secret()

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.folder, f'LAKE_HOME="$HOME/lake" {commands.cluster_start(self.port)}')

    def _new_secret(self) -> str:
        secret = secrets.token_hex(SECRET_BYTES)
        file = self.folder / spark_master.SECRET
        file.unlink(missing_ok=True)
        with open(file, "w", opener=for_the_owner) as target:
            target.write(secret)
        return secret

    def _launch(self, size: Size, timeout: float, owned: bool) -> Record:
        settings = {"port": self.port, "web_port": free_port(), **asdict(size)}
        environment = {**os.environ, **({marks.OWNED: "1"} if owned else {})}
        self.log.unlink(missing_ok=True)
        with open(self.log, "ab", opener=for_the_owner) as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "lakestack.cluster.keeper",
                    self.folder,
                    json.dumps(settings),
                ],
                env={**environment, marks.EMULATOR: str(self.folder)},
                cwd=self.folder,
                stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0o077,
                start_new_session=True,  # Ctrl-C in the user's terminal is not for the cluster
            )
        if process.stdin:
            _OWNED[self.folder] = process.stdin  # open as long as this process is there
        try:
            record = Record(process.pid, psutil.Process(process.pid).create_time(), **settings)
            with open(self.folder / spark_master.RECORD, "w", opener=for_the_owner) as file:
                file.write(json.dumps(asdict(record)))
            self._await_workers(process, size.workers, timeout)
        except BaseException:  # Ctrl-C included: leave nothing behind
            end_all([psutil.Process(process.pid)] if process.poll() is None else [], STOP_SECONDS)
            end_strays(self.folder)
            (self.folder / spark_master.RECORD).unlink(missing_ok=True)
            raise
        return record

    def _await_workers(
        self, process: subprocess.Popen[bytes], workers: int, timeout: float
    ) -> None:
        deadline = time.monotonic() + timeout
        found = 0
        while process.poll() is None:
            with contextlib.suppress(ClusterError):
                found = len(self.workers())
            if found >= workers:
                return
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"{found} of {workers} workers have joined within {timeout:g} s"
                    f"{tail(self.log)}",
                    f"look into {self.log}",
                )
            time.sleep(POLL_SECONDS)
        raise ClusterError(
            f"the cluster ended with code {process.returncode}{tail(self.log)}",
            f"look into {self.log}",
        )
