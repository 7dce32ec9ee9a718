"""JSON: a row a line, or CloudTrail's files of records.

Amazon Athena User Guide, "Build tables for JSON data" and "Query AWS CloudTrail logs".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakestack.services.athena.engine import types
from lakestack.services.athena.engine.catalog import Document, columns
from lakestack.services.athena.engine.relation import Relation, file_list, serde
from lakestack.services.athena.engine.types import literal, quoted


def relation(connection: Any, table: Document, files: Sequence[Path]) -> Relation:
    """How to read lines with an object each.

    Args:
        connection: DuckDB's
    """
    settings = serde(table)
    lenient = settings.get("ignore.malformed.json", "").lower() == "true"
    options = f"filename=true, format='newline_delimited', ignore_errors={lenient}"
    wanted = [(each["Name"].lower(), types.of_hive(each["Type"])) for each in columns(table)]
    keys = {name: settings.get(f"mapping.{name}", name) for name, _ in wanted}
    exact = settings.get("case.insensitive", "").lower() == "false"
    if not exact and any("STRUCT" in kind for _, kind in wanted):
        objects = f"read_json_objects({file_list(files)}, {options})"
        return _lowered(f"SELECT json, filename FROM {objects}", wanted, keys)
    # Keys in any case stand for a column; those of the first rows tell which there are.
    sample = (
        "SELECT DISTINCT unnest(json_keys(json)) FROM (SELECT json FROM read_json_objects("
        f"{file_list(files)}, format='newline_delimited', ignore_errors={lenient}) "
        "WHERE json_type(json) = 'OBJECT' LIMIT 20000)"
    )
    seen = sorted(row[0] for row in connection.execute(sample).fetchall())
    struct, made = {}, []
    for name, kind in wanted:
        spellings = [key for key in seen if key.lower() == keys[name].lower()] or [keys[name]]
        # DuckDB's names are the same in any case: the others are read as one text, and cast.
        struct[spellings[0]] = kind
        made.append(quoted(spellings[0]))
        if len(spellings) > 1:
            made[-1] = f"coalesce({', '.join(_extracted(key, kind) for key in spellings)})"
            struct["lake_json"] = "JSON"
    if "lake_json" in struct:
        objects = f"read_json_objects({file_list(files)}, {options})"
        sql = f"(SELECT json AS lake_json, filename FROM {objects})"
        values = []
        for name, kind in wanted:
            spellings = [key for key in seen if key.lower() == keys[name].lower()] or [keys[name]]
            values.append(
                f"coalesce({', '.join(_extracted(key, kind) for key in spellings)}, NULL)"
            )
        return Relation(sql, values)
    members = ", ".join(f"{literal(key)}: {literal(kind)}" for key, kind in struct.items())
    return Relation(f"read_json({file_list(files)}, {options}, columns={{{members}}})", made)


def records(table: Document, files: Sequence[Path]) -> Relation:
    """How to read CloudTrail's files: an object each, with a row for each of its ``Records``."""
    wanted = [(each["Name"].lower(), types.of_hive(each["Type"])) for each in columns(table)]
    objects = f"read_json_objects({file_list(files)}, filename=true, format='auto')"
    sql = f"SELECT unnest(json_extract(json, '$.Records[*]')) AS json, filename FROM {objects}"
    return _lowered(sql, wanted, {name: name for name, _ in wanted})


def _lowered(sql: str, wanted: list[tuple[str, str]], keys: dict[str, str]) -> Relation:
    """Members of rows are found in any case at each depth, as the SerDes find them."""
    made = f"(SELECT CAST(lake_lower_keys(json) AS JSON) AS lake_json, filename FROM ({sql}))"
    return Relation(made, [_extracted(keys[name].lower(), kind) for name, kind in wanted])


def _extracted(key: str, kind: str) -> str:
    path = literal(f'$."{key}"')
    if kind == "VARCHAR":
        return f"(lake_json ->> {path})"
    return f"CAST((lake_json -> {path}) AS {kind})"
