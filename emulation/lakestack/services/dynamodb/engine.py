"""DynamoDB Local in memory behind LocalStack's DynamoDB, from our own cache of Java artefacts.

LocalStack would download another build and start it with an on-disk database and a small heap,
which is four to five times slower, and start it again forever without a word when it ends. Where
DynamoDB Local has no native library (Linux on ARM), the provider falls back to moto, and says so.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError
from localstack.services.dynamodb import server
from rolo.client import SimpleRequestsClient

from lakestack import patches
from lakestack.java import artifacts
from lakestack.java.interpreter import find_java
from lakestack.services.dynamodb import access
from lakestack.services.dynamodb.access import access_key_id
from lakestack.services.dynamodb.engine_process import Engine
from lakestack.services.dynamodb.lost_tables import Tables
from lakestack.services.processes import ManagedProcess, clean_environment, gateway_url

LOG = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""A page of a scan, at most 1 MB, takes well under a second."""

tables = Tables()
_engines: list[Engine] = []
_lock = threading.Lock()


def available() -> bool:
    """Whether DynamoDB Local runs on this machine's processor and system."""
    return artifacts.dynamodb_local() is not None


def engine() -> Engine | None:
    """The engine under watch; None while there is none, as with the moto fallback."""
    return _engines[0] if _engines else None


def engine_endpoint(account: str, region: str) -> tuple[str, str]:
    """Endpoint for bulk movers inside the emulator: ``(url, access key id)``.

    DynamoDB Local keeps a database per access key id (`access`). With the moto fallback it is the
    gateway's own URL and the account id.

    Raises:
        EngineError: the engine does not answer
    """
    if not available():
        return gateway_url(), account
    running = server.DynamodbServer.get()
    _of(running).require()
    return running.url, access_key_id(account, region)


def install() -> None:
    """Make LocalStack start our DynamoDB Local, under our watch, instead of its own."""
    os.environ.setdefault("DYNAMODB_IN_MEMORY", "1")
    if not available():
        LOG.warning("no DynamoDB Local for this machine: tables are kept by moto, more slowly")
        return
    patches.replace("dynamodb.no_download", lambda _self, *_, **__: None)
    patches.replace("dynamodb.java", lambda _self: {})
    patches.replace("dynamodb.start", _start)
    patches.replace("dynamodb.stop", _stop)
    # The JVM takes seconds; by the first call to DynamoDB it is usually there.
    threading.Thread(target=_start_early, name="dynamodb-local-start", daemon=True).start()


def forget(covers: Callable[[str, str], bool]) -> None:
    """Empty the databases of some accounts and regions at once.

    They get other databases, and what is in the old ones is deleted in the background: tables take
    as long to delete as they are large.

    Args:
        covers: of an account and a region
    """
    places = tables.forget_all(covers)
    running = engine()
    if running is None or not places:
        return
    old = {(region, access.next_database(account, region)) for account, region in places}
    url = f"http://127.0.0.1:{running.port}"
    threading.Thread(
        target=_delete_tables, args=(url, old), name="dynamodb-reset", daemon=True
    ).start()


def _delete_tables(url: str, databases: set[tuple[str, str]]) -> None:
    for region, key_id in databases:
        options = {"endpoint_url": url, "region_name": region, "aws_access_key_id": key_id}
        try:
            database = boto3.client("dynamodb", aws_secret_access_key="reset", **options)  # noqa: S106
            for page in database.get_paginator("list_tables").paginate():
                for name in page["TableNames"]:
                    database.delete_table(TableName=name)
        except (ClientError, BotoCoreError):  # out of reach for everybody; only memory is lost
            LOG.warning("the tables of an emptied database stay in memory", exc_info=True)


def control_file() -> Path:
    """Where the engine's process says how its JVM is reached."""
    return Path(tempfile.gettempdir()) / "dynamodb" / "control.json"


def require() -> Engine | None:
    """The engine, when it can be asked; None with the moto fallback.

    Raises:
        EngineError: it does not answer
    """
    if not available():
        return None
    found = _of(server.DynamodbServer.get())
    found.require()
    return found


def shut_down() -> None:
    """End the engine because the emulator ends; it is not started again."""
    for each in _engines:
        each.stop()


def _start_early() -> None:
    try:
        _of(server.DynamodbServer.get()).start()
    except Exception:  # the first call to DynamoDB tries again and tells its caller
        LOG.warning("DynamoDB Local did not start early", exc_info=True)


def _of(running: server.DynamodbServer) -> Engine:
    """The engine of LocalStack's server object, which is one for the whole process."""
    with _lock:
        if not _engines:
            running.proxy.proxy.client = SimpleRequestsClient(_BoundedSession())
            launch = functools.partial(_launch, running)
            _engines.append(Engine(launch, running.port, tables))
        return _engines[0]


def _start(self: server.DynamodbServer) -> bool:
    """Stands in for `DynamodbServer.start_dynamodb`: begins, and waits for no one.

    Each request waits for itself (`lakestack.services.dynamodb.provider`), and is told when the
    engine does not come.
    """
    started = _of(self)
    fresh = started.state == "stopped"
    started.start()
    return fresh


def _stop(self: server.DynamodbServer) -> None:
    _of(self).stop()


class _BoundedSession(requests.Session):
    """The gateway's connections to the engine: a frozen one must not hold a request forever."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # neither proxies nor ~/.netrc

    def request(self, *arguments: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        options.setdefault("timeout", (CONNECT_SECONDS, ANSWER_SECONDS))
        return super().request(*arguments, **options)


def _launch(running: server.DynamodbServer, on_line: Callable[[str], None]) -> ManagedProcess:
    found = artifacts.dynamodb_local()
    assert found is not None  # noqa: S101 - install() takes over only then
    jars, native = found
    command = [sys.executable, "-m", "lakestack.services.dynamodb.local_server"]
    command += ["--port", str(running.port), "--heap", running.heap_size]
    command += ["--jars", str(jars), "--native", str(native)]
    command += ["--java", str(find_java().path)]
    home = Path(tempfile.gettempdir()) / "dynamodb"
    home.mkdir(mode=0o700, exist_ok=True)
    control = control_file()
    control.unlink(missing_ok=True)
    command += ["--control", str(control)]
    environment = clean_environment("engine", "us-east-1", home, {"DDB_LOCAL_TELEMETRY": "0"})
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]

    def heard(line: str) -> None:
        LOG.debug(line)
        if line.strip():
            on_line(line)

    return ManagedProcess(command, env=environment, cwd=home, on_line=heard, name="DynamoDB Local")
