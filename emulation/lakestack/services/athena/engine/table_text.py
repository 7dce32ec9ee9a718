"""A table as text: DESCRIBE and SHOW CREATE TABLE.

Amazon Athena User Guide, "DESCRIBE" and "SHOW CREATE TABLE"; widths as in its examples.
"""

from __future__ import annotations

from lakestack.services.athena.engine.catalog import (
    Document,
    columns,
    descriptor,
    is_view,
    keys,
    view_definition,
)

WIDTH = 20


def description(table: Document) -> list[str]:
    """The lines of DESCRIBE: columns with partition keys, and the keys once more."""
    found = [_line(each) for each in (*columns(table), *keys(table))]
    if not keys(table):
        return found
    head = _line({"Name": "# col_name", "Type": "data_type", "Comment": "comment"})
    return [
        *found,
        " \t \t ",
        "# Partition Information\t \t ",
        head,
        " \t \t ",
        *(_line(each) for each in keys(table)),
    ]


def _line(column: Document) -> str:
    parts = (column["Name"], column["Type"], column.get("Comment") or "")
    return "\t".join(each.ljust(WIDTH) for each in parts)


def create_statement(table: Document, name: str) -> list[str]:
    """The lines of SHOW CREATE TABLE.

    Args:
        name: the table's, with that of its database where the statement has it
    """
    full = f"{table['DatabaseName']}.{table['Name']}"
    if is_view(table):
        return [f"CREATE VIEW {full} AS ", *view_definition(table)["originalSql"].splitlines()]
    storage, serde = descriptor(table), descriptor(table).get("SerdeInfo") or {}
    lines = [f"CREATE EXTERNAL TABLE `{name}`(", *_listed(columns(table))]
    if keys(table):
        lines += ["PARTITIONED BY ( ", *_listed(keys(table))]
    lines += ["ROW FORMAT SERDE ", f"  {_quoted(serde.get('SerializationLibrary') or '')} "]
    settings = {
        k: v
        for k, v in (serde.get("Parameters") or {}).items()
        if (k, v) != ("serialization.format", "1")
    }
    if settings:
        lines += ["WITH SERDEPROPERTIES ( ", *_pairs(settings)]
    lines += ["STORED AS INPUTFORMAT ", f"  {_quoted(storage.get('InputFormat') or '')} "]
    lines += ["OUTPUTFORMAT ", f"  {_quoted(storage.get('OutputFormat') or '')}"]
    lines += ["LOCATION", f"  {_quoted(storage.get('Location') or '')}"]
    shown = {k: v for k, v in (table.get("Parameters") or {}).items() if k != "EXTERNAL"}
    if shown:
        lines += ["TBLPROPERTIES (", *_pairs(shown)]
    return lines


def _listed(found: list[Document]) -> list[str]:
    lines = []
    for at, column in enumerate(found):
        comment = f" COMMENT {_quoted(column['Comment'])}" if column.get("Comment") else ""
        end = ")" if at == len(found) - 1 else ", "
        lines.append(f"  `{column['Name']}` {column['Type']}{comment}{end}")
    return lines


def _pairs(found: dict[str, str]) -> list[str]:
    items = sorted(found.items())
    return [
        f"  {_quoted(key)}={_quoted(value)}{')' if at == len(items) - 1 else ', '}"
        for at, (key, value) in enumerate(items)
    ]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    return "'" + "".join(c if c >= " " else f"\\u{ord(c):04x}" for c in escaped) + "'"
