"""Real databases for the tests: on loopback, as an unprivileged user, in a folder of their own.

Of Debian's packages ``postgresql`` and ``mariadb-server``; where the programs are lacking, the
tests are skipped and say so.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakestack.errors import ArtifactError
from lakestack.java import artifacts
from tests.support import free_port, wait_until

USER, PASSWORD = "lake", "a pass'word"
START_SECONDS = 90


@dataclass(frozen=True)
class Database:
    """A running server.

    Attributes:
        url: for JDBC
        client: command that runs the SQL of its standard input
        environment: of that command
    """

    url: str
    client: Sequence[str]
    environment: Mapping[str, str]

    def sql(self, statements: str) -> str:
        """Run statements; returns what the client prints, a row a line."""
        run = subprocess.run(
            self.client,
            input=statements,
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()


def driver(name: str) -> list[Path]:
    """The jars of a driver, or skip."""
    try:
        return artifacts.fetched(name, print)
    except ArtifactError as e:
        pytest.skip(f"no JDBC driver {name}: {e.message}")


def _program(name: str, *folders: str) -> str:
    found = shutil.which(name)
    for folder in folders:
        for path in sorted(Path("/").glob(f"{folder}/{name}"), reverse=True):
            found = found or str(path)
    if found is None:
        pytest.skip(f"no {name}: apt-get install postgresql mariadb-server")
    return found


def _unprivileged() -> dict[str, Any]:
    """Arguments of subprocess: database servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="db-"))
    if identity := _unprivileged():
        os.chown(folder, identity["user"], identity["group"])
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(command: Sequence[str], folder: Path, database: Database, ask: str) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=output,
            stderr=output,
            **_unprivileged(),
        )
        try:

            def answers() -> bool:
                assert process.poll() is None, log.read_text(errors="replace")
                try:
                    return database.sql(ask) == "1"
                except AssertionError:
                    return False

            wait_until(answers, timeout=START_SECONDS, what="the database answers")
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)


@contextmanager
def postgresql() -> Iterator[Database]:
    """A PostgreSQL server that asks for passwords."""
    initdb = _program("initdb", "usr/lib/postgresql/*/bin")
    server = _program("postgres", "usr/lib/postgresql/*/bin")
    psql, port = _program("psql"), free_port()
    with _folder() as folder:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        arguments = ["-D", "data", "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "-N"]
        subprocess.run(
            [initdb, *arguments, "-E", "UTF8", "--locale=C"],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            check=True,
            capture_output=True,
            timeout=START_SECONDS,
            **_unprivileged(),
        )
        command = [server, "-D", "data", "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
        client = [psql, "-h", "127.0.0.1", "-p", str(port), "-U", USER, "-d", "postgres", "-qtAX"]
        database = Database(
            f"jdbc:postgresql://127.0.0.1:{port}/postgres",
            [*client, "-v", "ON_ERROR_STOP=1"],
            {"PGPASSWORD": PASSWORD},
        )
        with _server(command, folder, database, "select 1"):
            yield database


@contextmanager
def mariadb() -> Iterator[Database]:
    """A MariaDB server with a database ``lake`` and a user."""
    install, server = _program("mariadb-install-db"), _program("mariadbd", "usr/sbin")
    program, port = _program("mariadb"), free_port()
    with _folder() as folder:
        data = [f"--datadir={folder}/data", "--no-defaults"]
        subprocess.run(
            [install, "--no-defaults", data[0], "--auth-root-authentication-method=normal"],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            check=True,
            capture_output=True,
            timeout=START_SECONDS,
            **_unprivileged(),
        )
        command = [server, "--no-defaults", data[0], f"--port={port}", "--bind-address=127.0.0.1"]
        command += [f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
        client = [program, "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "-N"]
        database = Database(f"jdbc:mysql://127.0.0.1:{port}/lake", [*client, "-B"], {})
        with _server(command, folder, database, "select 1"):
            secret = PASSWORD.replace("'", "''")
            database.sql(
                f"create database lake; create user {USER}@localhost identified by '{secret}';"
                f"grant all on *.* to {USER}@localhost; flush privileges;"
            )
            yield database
