"""The Spark standalone master that Glue jobs run on: its settings, whether it answers, what it has.

``SPARK_MASTER=spark://127.0.0.1:7077`` names it. What speaks with it must know its secret
(Spark, "Security": `spark.authenticate`), which stands in a file. How large the workers are is told
by the master's web page (Spark, "Monitoring"; `/json/`).
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestack import commands, paths
from lakestack.confinement.network import is_loopback
from lakestack.errors import ClusterError, SettingError

VARIABLE = "SPARK_MASTER"
SECRET_VARIABLE = "LAKE_SPARK_SECRET_FILE"  # noqa: S105 - a variable's name
WEB_VARIABLE = "SPARK_MASTER_WEBUI_PORT"
"""Spark's own name (Spark, "Spark Standalone Mode")."""

DEFAULT_PORT = 7077
DEFAULT_WEB_PORT = 8080
RECORD = "cluster.json"
SECRET = "secret"  # noqa: S105 - a file's name
LEAST_MEMORY = 512
"""MiB. Spark refuses executors with less than 450 (`UnifiedMemoryManager`)."""

_URL = re.compile(r"spark://([^/:,\s\[\]]+|\[[0-9a-fA-F:]+\]):(\d{1,5})", re.ASCII)
_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True)
class Worker:
    """A worker that is alive.

    Attributes:
        cores: that it offers
        memory: MiB that it offers
    """

    cores: int
    memory: int


@dataclass(frozen=True)
class Master:
    """A master that jobs shall run on.

    Attributes:
        host: a loopback address or name
        port: of its protocol
        secret_file: holds the secret of the cluster
        web_port: of its web page
    """

    host: str
    port: int
    secret_file: Path
    web_port: int = DEFAULT_WEB_PORT

    @property
    def url(self) -> str:
        return f"spark://{self.host}:{self.port}"

    def secret(self) -> str:
        """The cluster's secret.

        Raises:
            ClusterError: there is none, or others can read it
        """
        try:
            mode = self.secret_file.stat().st_mode
            text = self.secret_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as e:
            reason = getattr(e, "strerror", None) or e
            raise ClusterError(
                f"the secret of {self.url} ({VARIABLE}) cannot be read: {self.secret_file}: "
                f"{reason}",
                f"{commands.cluster_start(self.port)}, or let {SECRET_VARIABLE} name the file with "
                "the spark.authenticate.secret of that master",
            ) from e
        if stat.S_IMODE(mode) & 0o077:
            raise ClusterError(
                f"the secret of {self.url} is open to others: {self.secret_file}",
                f"chmod 600 {self.secret_file}",
            )
        if not text:
            raise ClusterError(
                f"the secret of {self.url} is empty: {self.secret_file}",
                commands.cluster_start(self.port),
            )
        return text

    def require(self) -> None:
        """Connect to it.

        Raises:
            ClusterError: it does not answer
        """
        try:
            socket.create_connection((self.host, self.port), _TIMEOUT_SECONDS).close()
        except OSError as e:
            raise ClusterError(
                f"Spark's master {self.url} ({VARIABLE}) does not answer: {e.strerror or e}",
                self.remedy(),
            ) from e

    def workers(self) -> list[Worker] | None:
        """Ask the master; its workers that are alive, None where its web page does not tell.

        Raises:
            ClusterError: it does not answer, or has no worker
        """
        self.require()
        document = self._page()
        if document is None:
            return None
        found = [
            Worker(int(each["cores"]), int(each["memory"]))
            for each in document.get("workers", ())
            if each.get("state") == "ALIVE"
        ]
        if not found:
            raise ClusterError(
                f"Spark's master {self.url} ({VARIABLE}) has no worker that is alive",
                self.remedy(),
            )
        return found

    def remedy(self) -> str:
        """What to do when the cluster is not there."""
        return (
            f"{commands.cluster_start(self.port)}; or run jobs in the emulator's own process "
            f"again: unset {VARIABLE}, then {commands.restart()}"
        )

    def _page(self) -> Mapping[str, Any] | None:
        """What the web page tells, None where there is none of this master."""
        connection = http.client.HTTPConnection(self.host, self.web_port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/json/")
            document = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        own = isinstance(document, dict) and document.get("url") == self.url
        return document if own else None


def from_environment(environment: Mapping[str, str] = os.environ) -> Master | None:
    """The master that the settings name, None where they name none.

    Raises:
        SettingError: a setting has a value that it does not take
    """
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return None
    match = _URL.fullmatch(text)
    if match is None or not 0 < int(match[2]) < 65_536:
        raise SettingError(
            f"{VARIABLE} is {text!r}; valid: spark://host:port, one master",
            f"unset {VARIABLE}, or {VARIABLE}=spark://127.0.0.1:{DEFAULT_PORT}",
        )
    host, port = match[1], int(match[2])
    if not is_loopback(host.strip("[]")):
        raise SettingError(
            f"{VARIABLE} is {text!r}, which is another machine; the emulator and its jobs reach "
            "loopback only",
            "let master and workers share the emulator's network (of containers: network_mode: "
            f"service:<emulator>), then {VARIABLE}=spark://127.0.0.1:{port}",
        )
    chosen = environment.get(SECRET_VARIABLE)
    secret = Path(chosen).absolute() if chosen else folder(port) / SECRET
    return Master(host, port, secret, _web_port(environment, secret))


def folder(port: int, home: Path | None = None) -> Path:
    """Where `lake cluster start` keeps what belongs to the master of a port."""
    return (home or paths.home()) / f"cluster-{port}"


def variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The settings for the emulator's process, which knows no LAKE_HOME.

    Raises:
        SettingError: a setting has a value that it does not take
    """
    master = from_environment(environment)
    if master is None:
        return {}
    kept = {WEB_VARIABLE: environment[WEB_VARIABLE]} if environment.get(WEB_VARIABLE) else {}
    return {VARIABLE: master.url, SECRET_VARIABLE: str(master.secret_file), **kept}


def described(workers: Sequence[Worker]) -> str:
    """Workers in words."""
    cores, memory = sum(w.cores for w in workers), sum(w.memory for w in workers)
    return f"{len(workers)} workers, {cores} cores, {memory} MiB"


def _web_port(environment: Mapping[str, str], secret: Path) -> int:
    """Port of the master's web page: as set, else as the cluster's record tells, else Spark's."""
    if text := environment.get(WEB_VARIABLE, "").strip():
        if text.isascii() and text.isdecimal() and 0 < int(text) < 65_536:
            return int(text)
        raise SettingError(
            f"{WEB_VARIABLE} is {text!r}; valid: a port, 1 to 65535",
            f"{WEB_VARIABLE}={DEFAULT_WEB_PORT}",
        )
    try:
        return int(json.loads(secret.with_name(RECORD).read_text())["web_port"])
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_WEB_PORT
