"""What is read of a table's files, in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lakestack.services.athena.engine.catalog import Document, descriptor
from lakestack.services.athena.engine.types import literal


@dataclass
class Relation:
    """What is read.

    Attributes:
        sql: a table function that gives ``filename``, too
        values: an expression for each column of the table, in its type
    """

    sql: str
    values: list[str]


def file_list(files: Sequence[Path]) -> str:
    """A list as DuckDB takes it."""
    return f"[{', '.join(literal(str(file)) for file in files)}]"


def serde(table: Document) -> dict[str, str]:
    """Parameters of the SerDe."""
    found: dict[str, str] = (descriptor(table).get("SerdeInfo") or {}).get("Parameters") or {}
    return found
