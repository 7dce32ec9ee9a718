"""The drivers of databases that AWS Glue brings: fetched when first needed, pinned by hash.

AWS Glue Developer Guide, "JDBC connections" and "Migrating AWS Glue for Spark jobs to AWS Glue
version 5.0" (the drivers' versions). On AWS they are all there; here a job gets those of the
engines that its script, its modules, its arguments or the account's connections name. Redshift is
read by PostgreSQL's driver. MongoDB's and Kafka's are data sources of Spark.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from lakestack.errors import ArtifactError, EmulationError
from lakestack.java import artifacts
from lakestack.services.base import client

_WORDS = {
    "connector-kafka": re.compile(r"kafka", re.IGNORECASE),
    "connector-mongodb": re.compile(r"mongodb|documentdb|mongo://", re.IGNORECASE),
    "jdbc-postgresql": re.compile(r"postgres|redshift", re.IGNORECASE),
    "jdbc-mysql": re.compile(r"mysql", re.IGNORECASE),
    "jdbc-sqlserver": re.compile(r"sqlserver", re.IGNORECASE),
    "jdbc-oracle": re.compile(r"jdbc:oracle|[\"']oracle|oracle\.jdbc", re.IGNORECASE),
}
MOST_CHARACTERS = 10_000_000
"""Of a module, that are looked at."""


def engines(sources: Iterable[Path], words: Iterable[str]) -> list[str]:
    """The sets of drivers that a job may need.

    Args:
        sources: its script and modules; zips of modules, too
        words: its arguments, and the URLs of the account's connections
    """
    texts = [*words, *(text for source in sources for text in _texts(source))]
    return [name for name, word in _WORDS.items() if any(word.search(text) for text in texts)]


def jars(names: Iterable[str], note: Callable[[str], None]) -> list[Path]:
    """The drivers; one that cannot be fetched is noted, and the job may bring its own.

    Args:
        names: from `engines`
        note: writes to the run's error log
    """
    found: list[Path] = []
    for name in names:
        try:
            found += artifacts.fetched(name, note)
        except (ArtifactError, EmulationError) as e:
            note(
                f"The driver {name} is not in the cache and could not be fetched "
                f"({e.message}): run the job once with a network, or bring it by --extra-jars"
            )
    return found


def connection_urls(account: str, region: str) -> list[str]:
    """The URLs of the account's Glue connections."""
    pages = client(account, region, "glue").get_paginator("get_connections").paginate()
    properties = [
        c.get("ConnectionProperties") or {} for page in pages for c in page["ConnectionList"]
    ]
    names = ("JDBC_CONNECTION_URL", "CONNECTION_URL")
    return [each[name] for each in properties for name in names if each.get(name)]


def _texts(source: Path) -> list[str]:
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            names = [name for name in archive.namelist() if name.endswith(".py")]
            found = []
            for name in names:
                with archive.open(name) as file:
                    found.append(file.read(MOST_CHARACTERS).decode(errors="replace"))
            return found
    if not source.is_file():
        return []
    with source.open("rb") as file:
        return [file.read(MOST_CHARACTERS).decode(errors="replace")]
