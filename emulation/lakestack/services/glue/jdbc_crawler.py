"""Crawl a database by JDBC: the tables that an include path names, with the catalog's types.

The database is asked in a process of its own, by the connection's driver (`awsglue.jdbc_tables`),
which reaches this machine alone, as jobs do.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lakestack.errors import EmulationError
from lakestack.services.glue.crawl_errors import CrawlCancelledError, CrawlError
from lakestack.services.glue.run_folder import run_folder
from lakestack.services.glue.runtime.awsglue.jdbc_paths import MARK, Wanted
from lakestack.services.glue.spark import database_drivers
from lakestack.services.glue.spark.command import AWSGLUE, spark_command
from lakestack.services.processes import ManagedProcess, clean_environment

SCRIPT = AWSGLUE / "jdbc_tables.py"
LOOK_SECONDS = 0.2
"""Between two looks whether the crawl was stopped."""


@dataclass(frozen=True)
class JdbcTable:
    """A table or view of a database.

    Attributes:
        schema: "" where the kind of database has none
        columns: names and Hive types, in their order
    """

    schema: str
    name: str
    view: bool
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class JdbcFound:
    """What a target has.

    Attributes:
        vendor: the classification, such as postgresql
        wanted: the include path
    """

    connection: str
    vendor: str
    wanted: Wanted
    tables: tuple[JdbcTable, ...]

    def location(self, table: JdbcTable) -> str:
        """Where a table is, as the catalog has it: database.schema.table."""
        parts = (self.wanted.database, table.schema, table.name)
        return ".".join(part for part in parts if part)

    def takes(self, location: str) -> bool:
        """Whether a table at a location of the catalog is one of this target."""
        database, _, rest = location.partition(".")
        schema, _, name = rest.rpartition(".")
        return database == self.wanted.database and self.wanted.takes(schema, name)


class JdbcCrawler:
    """One JDBC target of a crawl.

    Args:
        target: the JdbcTarget structure: ConnectionName, Path, Exclusions
        cancelled: whether the crawl was stopped
        log: receives level and text
    """

    def __init__(
        self,
        account: str,
        region: str,
        target: dict[str, Any],
        *,
        cancelled: Callable[[], bool],
        log: Callable[[str, str], None],
    ) -> None:
        self._place = account, region
        self._asked = {
            "connection": target["ConnectionName"],
            "path": target.get("Path") or "",
            "exclusions": target.get("Exclusions") or [],
        }
        self._cancelled, self._log = cancelled, log

    def crawl(self) -> JdbcFound:
        """Ask the database.

        Raises:
            CrawlError: there is no such connection, or the database cannot be read
            CrawlCancelledError: stopped
        """
        lines: list[str] = []
        try:
            self._run(lines)
        except EmulationError as e:
            raise CrawlError(e.message) from e
        said = next((line for line in reversed(lines) if line.startswith(MARK)), "")
        if not said:
            raise CrawlError("The database could not be read: " + " ".join(lines[-3:]))
        found = json.loads(said.removeprefix(MARK))
        if "error" in found:
            raise CrawlError(found["error"])
        return JdbcFound(
            self._asked["connection"],
            found["vendor"],
            Wanted.of(found["vendor"], self._asked["path"], self._asked["exclusions"]),
            tuple(
                JdbcTable(t["schema"], t["name"], t["view"], tuple((n, k) for n, k in t["columns"]))
                for t in found["tables"]
            ),
        )

    def _run(self, lines: list[str]) -> None:
        with run_folder(f"crawl-{uuid.uuid4().hex}") as folder:
            given = folder / "asked.json"
            given.write_text(json.dumps(self._asked))
            (folder / "home").mkdir()
            engines = database_drivers.engines([], database_drivers.connection_urls(*self._place))
            command, extra = spark_command(
                SCRIPT,
                [str(given)],
                workdir=folder,
                worker_count=1,
                drivers=database_drivers.jars(engines, lambda text: self._log("INFO", text)),
            )
            environment = clean_environment(*self._place, folder / "home", extra, what="a crawler")
            process = ManagedProcess(
                command, env=environment, cwd=folder, on_line=lines.append, name="a JDBC crawl"
            )
            while True:
                try:
                    process.wait(LOOK_SECONDS)
                    return
                except TimeoutError:
                    if self._cancelled():
                        process.terminate()
                        raise CrawlCancelledError from None
