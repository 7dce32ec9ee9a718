"""The external table definition: how DMS should read the CSV files of an S3 source.

AWS DMS User Guide, "Using Amazon S3 as a source for AWS DMS", section "Defining external tables".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from lakestack.services.dms.errors import DefinitionError

MAX_DOCUMENT_BYTES = 2 * 1024 * 1024

INTEGER_RANGES = {
    "INT1": (-(2**7), 2**7 - 1),
    "INT2": (-(2**15), 2**15 - 1),
    "INT4": (-(2**31), 2**31 - 1),
    "INT8": (-(2**63), 2**63 - 1),
    "UINT1": (0, 2**8 - 1),
    "UINT2": (0, 2**16 - 1),
    "UINT4": (0, 2**32 - 1),
    "UINT8": (0, 2**64 - 1),
}
DECIMAL_TYPES = frozenset({"NUMERIC", "REAL4", "REAL8"})
NUMBER_TYPES = frozenset(INTEGER_RANGES) | DECIMAL_TYPES
TEXT_TYPES = frozenset({"STRING", "WSTRING", "CLOB", "NCLOB"})
TIME_TYPES = frozenset({"DATE", "TIME", "DATETIME", "TIMESTAMP"})
BINARY_TYPES = frozenset({"BYTE", "BYTES", "BLOB"})
COLUMN_TYPES = NUMBER_TYPES | TEXT_TYPES | TIME_TYPES | BINARY_TYPES | {"BOOLEAN"}


@dataclass(frozen=True)
class Column:
    """One column of a source table.

    Args:
        length: ColumnLength in characters, 0 for no limit
    """

    name: str
    type: str
    nullable: bool = True
    is_key: bool = False
    length: int = 0
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True)
class SourceTable:
    """One table of the definition.

    Args:
        schema: TableOwner
        path: TablePath, the folder below the endpoint's BucketFolder
    """

    schema: str
    name: str
    path: str
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def parse_external_table_definition(document: str | dict[str, Any]) -> tuple[SourceTable, ...]:
    """Read and check an ExternalTableDefinition.

    Args:
        document: JSON text or the object it stands for; numbers and booleans may be strings

    Raises:
        DefinitionError: naming the element that is wrong and what is valid
    """
    root = _object(_load(document), "ExternalTableDefinition")
    tables = root.get("Tables")
    if not isinstance(tables, list) or not tables:
        raise DefinitionError("ExternalTableDefinition: Tables must be an array with a table in it")
    count = _whole(root.get("TableCount", len(tables)), "TableCount")
    if count != len(tables):
        raise DefinitionError(
            f"ExternalTableDefinition: TableCount is {count}, but Tables has {len(tables)} elements"
        )
    parsed = tuple(_table(table, number) for number, table in enumerate(tables, 1))
    seen: set[str] = set()
    for table in parsed:
        if table.full_name in seen:
            raise DefinitionError(
                f"ExternalTableDefinition: table {table.full_name} is defined twice"
            )
        seen.add(table.full_name)
    return parsed


def _load(document: str | dict[str, Any]) -> Any:
    if not isinstance(document, str):
        return document
    if len(document.encode(errors="replace")) > MAX_DOCUMENT_BYTES:
        raise DefinitionError("ExternalTableDefinition is larger than 2 MB, the most DMS accepts")
    try:
        return json.loads(document)
    except (ValueError, RecursionError) as e:
        raise DefinitionError(f"ExternalTableDefinition is not valid JSON: {e}") from e


def _table(value: Any, number: int) -> SourceTable:
    where = f"Tables[{number}]"
    table = _object(value, where)
    name = _name(table, "TableName", where)
    where = f"table {name}"
    columns = table.get("TableColumns")
    if not isinstance(columns, list) or not columns:
        raise DefinitionError(f"{where}: TableColumns must be an array with a column in it")
    parsed = tuple(_column(column, f"{where}, column {i}") for i, column in enumerate(columns, 1))
    total = _whole(table.get("TableColumnsTotal", len(parsed)), f"{where}: TableColumnsTotal")
    if total != len(parsed):
        raise DefinitionError(
            f"{where}: TableColumnsTotal is {total}, but TableColumns has {len(parsed)} elements"
        )
    names = [column.name for column in parsed]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DefinitionError(f"{where}: column {twice[0]} is defined twice")
    return SourceTable(
        schema=_name(table, "TableOwner", where),
        name=name,
        path=_name(table, "TablePath", where),
        columns=parsed,
    )


def _column(value: Any, where: str) -> Column:
    column = _object(value, where)
    name = _name(column, "ColumnName", where)
    where = f"{where} ({name})"
    kind = _name(column, "ColumnType", where).upper()
    if kind not in COLUMN_TYPES:
        raise DefinitionError(
            f"{where}: ColumnType {kind!r} is not one of {', '.join(sorted(COLUMN_TYPES))}"
        )
    return Column(
        name=name,
        type=kind,
        nullable=_flag(column.get("ColumnNullable", True), f"{where}: ColumnNullable"),
        is_key=_flag(column.get("ColumnIsPk", False), f"{where}: ColumnIsPk"),
        length=_whole(column.get("ColumnLength", 0), f"{where}: ColumnLength"),
        precision=_whole(column.get("ColumnPrecision", 0), f"{where}: ColumnPrecision"),
        scale=_whole(column.get("ColumnScale", 0), f"{where}: ColumnScale"),
    )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DefinitionError(f"{where} must be a JSON object, not {type(value).__name__}")
    return value


def _name(value: dict[str, Any], key: str, where: str) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not text.strip():
        raise DefinitionError(f"{where}: {key} must be a text that is not empty")
    return text


def _whole(value: Any, where: str) -> int:
    if value == "":
        return 0
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:18])
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DefinitionError(f"{where} must be a whole number that is not negative: {value!r}")
    return int(value)


def _flag(value: Any, where: str) -> bool:
    text = str(value).lower()
    if isinstance(value, bool | str) and text in ("true", "false"):
        return text == "true"
    raise DefinitionError(f'{where} must be "true" or "false": {value!r}')
