"""Databases of the running DynamoDB Local, written to files and replaced by them.

The engine keeps each database in memory, in SQLite, behind a queue of jobs of its own. Ours,
``DatabaseCopy.java``, is one more in that queue: SQLite's backup to a file, and the same back. So
nothing is copied by way of the API, and no request sees half of it.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from py4j.java_gateway import GatewayParameters, JavaGateway
from py4j.protocol import Py4JError

from lakestack import clock, extras
from lakestack.errors import SnapshotError
from lakestack.services.dynamodb import engine
from lakestack.services.dynamodb.access import access_key_id
from lakestack.services.dynamodb.engine_process import Engine
from lakestack.services.dynamodb.local_server import SERVER, compiler_jars

_SOURCE = Path(__file__).with_name("DatabaseCopy.java")
_CLASS = "DatabaseCopy"
BUSY_SECONDS = 20.0
BUSY_PAUSE = 0.01
"""Between jobs of the engine's own, which end its transactions."""


class Databases:
    """The databases of one life of the engine; not for several threads.

    Attributes:
        life: which one; counts of changes begin again with it
    """

    def __init__(self, running: Engine, gateway: JavaGateway) -> None:
        self.life = object()
        self._engine, self._gateway = running, gateway
        server = gateway.jvm.java.lang.System.getProperties()[SERVER]
        self._handler = self._field(self._field(server, "serverHandler"), "primaryHandler")
        self._open = self._field(self._handler, "dbRequestHandlers")
        self._make: Any = None

    def copy_out(self, account: str, region: str, file: Path) -> tuple[int, int]:
        """Write a database to a new file; returns its changes so far, and its sequence counter."""
        return self._run(account, region, "out", file)

    def copy_in(self, account: str, region: str, file: Path, sequence: int) -> None:
        """Replace all that a database holds by a file's content.

        Args:
            sequence: of the counter, from which records of streams are numbered on
        """
        self._run(account, region, "in", file, sequence)

    def look(self, account: str, region: str) -> tuple[int, int]:
        """How many rows were changed since the database was opened, and its sequence counter."""
        return self._run(account, region, "look", Path("-"))

    def _access(self, account: str, region: str) -> Any:
        """The engine's access to a database, which its first request opens."""
        key_id = access_key_id(account, region)
        name = f"{key_id}_{region}"
        if self._open.get(name) is None:
            boto3.client(
                "dynamodb",
                endpoint_url=f"http://127.0.0.1:{self._engine.port}",
                region_name=region,
                aws_access_key_id=key_id,
                aws_secret_access_key="copy",  # noqa: S106 - the engine checks no signature
            ).list_tables(Limit=1)
        return self._field(self._open.get(name), "dbAccess")

    def _run(
        self, account: str, region: str, kind: str, file: Path, sequence: int = 0
    ) -> tuple[int, int]:
        if self._make is None:
            self._make = self._compiled()
        access = self._access(account, region)
        deadline = clock.steady() + BUSY_SECONDS
        while (answer := self._job(access, kind, file, sequence)) == "busy":
            if clock.steady() > deadline:
                raise SnapshotError(
                    f"DynamoDB Local has had a transaction open for {BUSY_SECONDS:.0f} s"
                )
            time.sleep(BUSY_PAUSE)
        try:
            changes, counter = map(int, answer.split())
        except ValueError:
            raise SnapshotError(f"DynamoDB Local: {answer}") from None
        return changes, counter

    def _job(self, access: Any, kind: str, file: Path, sequence: int) -> str:
        arguments = self._gateway.new_array(self._gateway.jvm.java.lang.Object, 4)
        for number, each in enumerate((kind, str(file), access, str(sequence))):
            arguments[number] = each
        job = self._make.newInstance(arguments)
        self._field(access, "queue").execute(job)
        return str(job.get())

    def _compiled(self) -> Any:
        if not compiler_jars():
            raise SnapshotError(
                "DynamoDB's tables can be saved and loaded only where PySpark is, whose compiler "
                "does that",
                f"{extras.install_command(extras.GLUE)}; an image built with GLUE=1",
            )
        compiler = self._gateway.jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(self._handler.getClass().getClassLoader())
        compiler.cook(_SOURCE.read_text())
        return compiler.getClassLoader().loadClass(_CLASS).getConstructors()[0]

    def _field(self, thing: Any, name: str) -> Any:
        kind = thing.getClass()
        while kind is not None:
            for field in kind.getDeclaredFields():
                if field.getName() == name:
                    field.setAccessible(True)
                    return field.get(thing)
            kind = kind.getSuperclass()
        raise SnapshotError(f"this DynamoDB Local has no {name}")


_known: list[tuple[str, Databases]] = []


@contextlib.contextmanager
def databases() -> Iterator[Databases | None]:
    """The engine's databases; None where moto keeps the tables.

    Raises:
        SnapshotError: the engine does not do it
        EngineError: it does not answer
    """
    running = engine.require()
    if running is None:
        yield None
        return
    try:
        yield _connected(running)
    except (OSError, ValueError, Py4JError) as e:
        _known.clear()
        raise SnapshotError(f"DynamoDB Local: {type(e).__name__}: {e}") from e


def _connected(running: Engine) -> Databases:
    text = engine.control_file().read_text()
    if not _known or _known[0][0] != text:
        told = json.loads(text)
        parameters = GatewayParameters(port=told["port"], auth_token=told["token"])
        made = Databases(running, JavaGateway(gateway_parameters=parameters))
        _known[:] = [(text, made)]
    return _known[0][1]
