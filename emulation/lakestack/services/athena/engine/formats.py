"""How the files of a table are read: a DuckDB relation, and an expression for each column.

Amazon Athena User Guide, "Choose a SerDe for your data" and its pages of each SerDe; "Handle schema
updates": Parquet's columns are found by name, those of ORC and of text by place.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakestack.services.athena.engine import conversion, iceberg, json_format, types
from lakestack.services.athena.engine.catalog import Document, columns, descriptor
from lakestack.services.athena.engine.errors import data_error, not_supported
from lakestack.services.athena.engine.relation import Relation, file_list
from lakestack.services.athena.engine.relation import serde as serde_of
from lakestack.services.athena.engine.types import literal, quoted

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_ROOT_NULLS = "\\N"
_NEVER = "\1no null\1"
"""OpenCSVSerde knows no NULL."""
_JSON = ("org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe")
_JSON_NATIVE = "org.apache.hadoop.hive.serde2.JsonSerDe"
_CLOUDTRAIL = (
    "com.amazon.emr.hive.serde.CloudTrailSerde",
    "com.amazon.emr.hive.serde.CloudTrailSerDe",
)
_REGEX = (
    "org.apache.hadoop.hive.serde2.RegexSerDe",
    "org.apache.hadoop.hive.contrib.serde2.RegexSerDe",
)
_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


def relation(connection: Any, table: Document, files: Sequence[Path]) -> Relation:
    """How to read files.

    Args:
        connection: DuckDB's
        files: at least one

    Raises:
        QueryError: the format, or a type in it, is not emulated, or a file is damaged
    """
    library = (descriptor(table).get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    short = library.lower()
    if "parquet" in short:
        return _parquet(connection, table, files)
    if "orc" in short or "avro" in short:
        form = "ORC" if "orc" in short else "AVRO"
        made = [conversion.parquet_of(file, form) for file in files]
        return _parquet(connection, table, made, files, by_place=form == "ORC")
    if library in _CLOUDTRAIL or "CloudTrail" in (descriptor(table).get("InputFormat") or ""):
        return json_format.records(table, files)
    if library in _JSON or library == _JSON_NATIVE:
        return json_format.relation(connection, table, files)
    if not library and _is_text(table):
        library = _LAZY
    if library not in _TEXTS:
        raise not_supported(f"The SerDe {library or 'of no name'}")
    return _TEXTS[library](table, files)


def empty(table: Document) -> Relation:
    """A table without objects."""
    made = [f"CAST(NULL AS {types.of_hive(each['Type'])})" for each in columns(table)]
    return Relation("(SELECT '' AS filename WHERE false)", made)


def iceberg_relation(connection: Any, found: iceberg.Contents, files: Sequence[Path]) -> str:
    """How to read an Iceberg table: by the ids of columns, or by names where files have no ids."""
    kinds = [(each, types.of_hive(each.type)) for each in found.fields]
    if not files:
        made = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(each.name)}" for each, kind in kinds)
        return f"(SELECT {made}, '' AS filename, 0 AS file_row_number WHERE false) f"
    rows = connection.execute(
        f"SELECT file_name, max(field_id) FROM parquet_schema({file_list(files)}) GROUP BY 1"
    ).fetchall()
    numbered = {row[0] for row in rows if row[1] is not None}
    members = ", ".join(
        f"{each.id}: {{name: {literal(each.name)}, type: {literal(kind)}, default_value: NULL}}"
        for each, kind in kinds
    )
    parts = []
    by_id = [file for file in files if str(file) in numbered]
    if by_id:
        parts.append(
            f"FROM read_parquet({file_list(by_id)}, schema=MAP {{{members}}}, filename=true, "
            "file_row_number=true)"
        )
    others = [file for file in files if str(file) not in numbered]
    if others:
        parts.append(_by_names(connection, kinds, others))
    return f"({' UNION ALL BY NAME '.join(f'({part})' for part in parts)}) f"


def _by_names(
    connection: Any, kinds: list[tuple[iceberg.Field, str]], files: Sequence[Path]
) -> str:
    sql = (
        f"read_parquet({file_list(files)}, union_by_name=true, filename=true, file_row_number=true)"
    )
    described = connection.execute(f"DESCRIBE SELECT * FROM {sql}").fetchall()
    there = {row[0].lower(): row[0] for row in described}
    made = [
        f"CAST({quoted(there[f.name]) if f.name in there else 'NULL'} AS {k}) AS {quoted(f.name)}"
        for f, k in kinds
    ]
    return f"SELECT {', '.join(made)}, filename, file_row_number FROM {sql}"


def _is_text(table: Document) -> bool:
    return "TextInputFormat" in (descriptor(table).get("InputFormat") or "")


def _parquet(
    connection: Any,
    table: Document,
    files: Sequence[Path],
    known_as: Sequence[Path] | None = None,
    *,
    by_place: bool = False,
) -> Relation:
    sql = (
        f"read_parquet({file_list(files)}, union_by_name=true, filename=true, "
        "hive_partitioning=false)"
    )
    described = connection.execute(f"DESCRIBE SELECT * EXCLUDE (filename) FROM {sql}").fetchall()
    by_name = {row[0].lower(): (row[0], row[1]) for row in described}
    ordered = by_place and all(row[0].startswith("_col") for row in described)
    made = []
    for at, column in enumerate(columns(table)):
        wanted, name = types.of_hive(column["Type"]), column["Name"].lower()
        if ordered:
            physical = (described[at][0], described[at][1]) if at < len(described) else None
        else:
            physical = by_name.get(name)
        if physical is None:
            made.append(f"CAST(NULL AS {wanted})")
            continue
        _check_parquet(table, column, wanted, physical[1])
        same = physical[1] == wanted
        made.append(quoted(physical[0]) if same else f"CAST({quoted(physical[0])} AS {wanted})")
    if known_as is not None:  # the names under which the caller knows them
        pairs = ", ".join(
            f"({literal(str(a))}, {literal(str(b))})" for a, b in zip(files, known_as, strict=True)
        )
        sql = (
            f"(SELECT r.* EXCLUDE (filename), n.b AS filename FROM {sql} r "
            f"JOIN (VALUES {pairs}) n(a, b) ON r.filename = n.a)"
        )
    return Relation(sql, made)


def _check_parquet(table: Document, column: Document, wanted: str, physical: str) -> None:
    texts = {wanted.startswith("VARCHAR"), physical in ("VARCHAR", "JSON") or "ENUM" in physical}
    numbers = wanted.startswith(_NUMBERS) or physical.startswith(_NUMBERS)
    if len(texts) == 2 and numbers:
        raise data_error(
            "HIVE_BAD_DATA",
            f"Field {column['Name']}'s type {physical} in parquet file is incompatible with type "
            f"{column['Type']} defined in table schema of {table['Name']}",
        )


def _skipped(table: Document) -> int:
    for found in (table.get("Parameters") or {}, serde_of(table)):
        text = str(found.get("skip.header.line.count", "")).strip()
        if text.isdigit():
            return int(text)
    return 0


def _text_relation(
    table: Document, files: Sequence[Path], delimiter: str, options: str
) -> tuple[str, list[str]]:
    """Text as a relation of texts, with columns to spare for rows that have more."""
    names = [f"c{at}" for at in range(_width(files, delimiter, len(columns(table))))]
    members = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    sql = (
        f"read_csv({file_list(files)}, columns={{{members}}}, header=false, auto_detect=false, "
        f"skip={_skipped(table)}, delim={literal(delimiter)}, null_padding=true, filename=true, "
        f"strict_mode=false, parallel=false, {options})"
    )
    return sql, names


def _width(files: Sequence[Path], delimiter: str, declared: int) -> int:
    """Columns of the widest row among the first of each file, at least those of the table."""
    widest = declared
    for file in files:
        opener: Any = gzip.open if file.suffix == ".gz" else open
        if file.suffix not in (".gz", ""):
            continue
        with opener(file, "rb") as source:
            for line in source.read(1 << 16).splitlines()[:200]:
                widest = max(widest, line.count(delimiter.encode()) + 1)
    return widest


def _lazy_simple(table: Document, files: Sequence[Path]) -> Relation:
    serde = serde_of(table)
    delimiter = _character(serde.get("field.delim") or serde.get("serialization.format") or "\1")
    nulls = serde.get("serialization.null.format", _ROOT_NULLS)
    escape = serde.get("escape.delim", "")
    options = f"quote='', escape='', nullstr={literal(nulls)}"
    sql, names = _text_relation(table, files, delimiter, options)
    items = _character(serde.get("collection.delim") or serde.get("colelction.delim") or "\2")
    made = []
    for name, column in zip(names, columns(table), strict=False):
        kind = types.of_hive(column["Type"])
        text = name
        if escape:
            text = f"replace({name}, {literal(escape + delimiter)}, {literal(delimiter)})"
        if kind == "VARCHAR":
            made.append(text)
        elif (
            kind.endswith("[]") and not kind.startswith(("MAP", "STRUCT")) and kind.count("[") == 1
        ):
            made.append(f"TRY_CAST(str_split({text}, {literal(items)}) AS {kind})")
        elif kind.startswith(("MAP", "STRUCT")) or "[" in kind:
            raise not_supported(f"The type {column['Type']} in delimited text")
        else:
            made.append(f"TRY_CAST(nullif({text}, '') AS {kind})")
    return Relation(sql, made)


def _by_pattern(table: Document, files: Sequence[Path]) -> Relation:
    """A row a line, a column a group; all are NULL where the whole line does not fit.

    Amazon Athena User Guide, "Regex SerDe". DuckDB's patterns are RE2's, in linear time.
    """
    serde = serde_of(table)
    pattern = serde.get("input.regex")
    if not pattern:
        raise data_error("HIVE_SERDE_ERROR", "This table does not have serde property input.regex")
    flags = "(?is)" if serde.get("input.regex.case.insensitive", "").lower() == "true" else "(?s)"
    pattern = literal(flags + pattern)
    sql, names = _text_relation(table, files, "\1", "quote='', escape='', nullstr='\2'")
    line = names[0]
    made = []
    for at, column in enumerate(columns(table)):
        kind = types.of_hive(column["Type"])
        text = f"regexp_extract({line}, {pattern}, {at + 1})"
        value = text if kind == "VARCHAR" else f"TRY_CAST(nullif({text}, '') AS {kind})"
        made.append(f"CASE WHEN regexp_full_match({line}, {pattern}) THEN {value} END")
    return Relation(sql, made)


def _character(text: str) -> str:
    """A delimiter, which Hive takes by its number, too: ``1`` is the character 1."""
    if text.isdigit() and (len(text) > 1 or text in "12345678"):
        return chr(int(text) % 256)
    return {"\\t": "\t", "\\001": "\1", "\\u0001": "\1"}.get(text, text)


def _open_csv(table: Document, files: Sequence[Path]) -> Relation:
    """Texts as they are; numbers; days and milliseconds since 1970 for dates and timestamps."""
    serde = serde_of(table)
    delimiter = serde.get("separatorChar", ",")
    quote, escape = serde.get("quoteChar", '"'), serde.get("escapeChar", "\\")
    escape = _escape(files, quote, escape)
    options = f"quote={literal(quote)}, escape={literal(escape)}, nullstr={literal(_NEVER)}"
    sql, names = _text_relation(table, files, delimiter.replace("\\t", "\t"), options)
    made = []
    for name, column in zip(names, columns(table), strict=False):
        kind = types.of_hive(column["Type"])
        if kind == "VARCHAR":
            made.append(name)
        elif kind == "DATE":
            made.append(f"(DATE '1970-01-01' + CAST({name} AS INTEGER))")
        elif kind == "TIMESTAMP":
            made.append(f"epoch_ms(CAST({name} AS BIGINT))")
        elif kind in (
            "BOOLEAN",
            "INTEGER",
            "BIGINT",
            "DOUBLE",
            "TINYINT",
            "SMALLINT",
            "FLOAT",
        ) or kind.startswith("DECIMAL"):
            made.append(f"CAST({name} AS {kind})")
        else:
            raise not_supported(f"The type {column['Type']} with OpenCSVSerde")
    return Relation(sql, made)


def _escape(files: Sequence[Path], quote: str, escape: str) -> str:
    """The escape in use: a doubled quote stands for one, too, and DuckDB takes either."""
    if escape == quote:
        return quote
    for file in files:
        opener: Any = gzip.open if file.suffix == ".gz" else open
        if file.suffix in (".gz", ""):
            with opener(file, "rb") as source:
                if (escape + quote).encode() in source.read(1 << 20):
                    return escape
    return quote


_TEXTS = {
    _CSV: _open_csv,
    _LAZY: _lazy_simple,
    **dict.fromkeys(_REGEX, _by_pattern),
}
