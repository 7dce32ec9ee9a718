"""Statements whose rows a query makes: SELECT, CTAS, INSERT INTO, UNLOAD, CREATE VIEW."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lakestack.services.athena.engine import results, rewriting, types, writing
from lakestack.services.athena.engine.catalog import (
    CATALOG,
    columns,
    descriptor,
    is_view,
    keys,
    view_text,
)
from lakestack.services.athena.engine.errors import QueryError, not_supported
from lakestack.services.athena.engine.session import Document, Outcome, Session
from lakestack.services.athena.engine.statement import Statement
from lakestack.services.athena.engine.table_statement import FORMATS, TableName
from lakestack.services.athena.engine.types import quoted


def select(session: Session, read: Statement) -> Outcome:
    """Rows in ``<id>.csv``."""
    sql = session.prepare(read.parts["sql"])
    file = session.work / "result.csv"
    described = session.described(sql)
    with session.said():
        infos = results.write_csv(session.connection, sql, described, file)
    output = f"{session.job.prefix}{session.job.id}.csv"
    session.objects.upload(output, file)
    session.objects.put(f"{output}.metadata", results.metadata(infos))
    return Outcome(output, infos)


def create_table_as(session: Session, read: Statement) -> Outcome:
    """A table, its objects, and a manifest of them."""
    database, name = place(session, read.parts["table"])
    need_database(session, database)
    prefix = f"{session.job.prefix}tables/"
    outcome = Outcome(f"{prefix}{session.job.id}")
    if session.catalog.table(database, name) is not None:
        if read.parts["exists"]:
            return outcome
        raise QueryError(
            "TABLE_ALREADY_EXISTS", f"line 1:1: Table '{CATALOG}.{database}.{name}' already exists"
        )
    given = dict(read.parts["properties"])
    location = str(given.pop("external_location", None) or f"{prefix}{session.job.id}/")
    buckets = _buckets(given)
    if str(given.pop("table_type", "HIVE")).upper() != "HIVE":
        raise not_supported("An Iceberg table")
    given.pop("is_external", None)
    form = writing.form_of(given, default="PARQUET")
    if session.objects.below(location):
        raise QueryError(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{database}.{name}' already exists: {location}. You may "
            f"need to manually clean the data at location '{location}' before retrying. Athena "
            "will not delete data in your account.",
        )
    sql = session.prepare(read.parts["sql"], empty=not read.parts["with_data"])
    described = _named(session.described(sql))
    writing.check_partitions_last([each for each, _ in described], form)
    rows = _storable(sql, described) + ("" if read.parts["with_data"] else " LIMIT 0")
    written = _write(session, rows, form, location)
    table = _table_input(name, location, described, form, buckets)
    session.catalog.create(database, table)
    made = session.catalog.table(database, name)
    if written.partitions and made is not None:
        places = _places(location, form.partitioned_by, written.partitions)
        session.catalog.add_partitions(made, places)
    _manifest(session, outcome, prefix, written)
    session.objects.put(f"{outcome.output}.metadata", results.metadata(_rows_column()))
    return outcome


def insert(session: Session, read: Statement) -> Outcome:
    """Objects in a table's folder, and partitions that are new."""
    database, name = place(session, read.parts["table"])
    table = session.catalog.table(database, name)
    if table is None:
        need_database(session, database)
        raise QueryError(
            "TABLE_NOT_FOUND", f"line 1:13: Table '{CATALOG}.{database}.{name}' does not exist"
        )
    if is_view(table):
        raise QueryError("NOT_SUPPORTED", "Inserting into views is not supported")
    named = [*columns(table), *keys(table)]
    chosen = read.parts["columns"] or [each["Name"].lower() for each in named]
    known = {each["Name"].lower() for each in named}
    for each in chosen:
        if each not in known:
            raise QueryError(
                "COLUMN_NOT_FOUND",
                f"line 1:1: Insert column name does not exist in target table: {each}",
            )
    sql = session.prepare(read.parts["sql"])
    described = session.described(sql)
    if len(described) != len(chosen):
        raise QueryError(
            "TYPE_MISMATCH",
            f"line 1:1: Insert query has {len(described)} columns, expected {len(chosen)}",
        )
    aliases = ", ".join(quoted(f"c{at}") for at in range(len(chosen)))
    values = []
    for each in named:
        at = chosen.index(each["Name"].lower()) if each["Name"].lower() in chosen else None
        source = "NULL" if at is None else quoted(f"c{at}")
        values.append(
            f"CAST({source} AS {types.of_hive(each['Type'])}) AS {quoted(each['Name'].lower())}"
        )
    shaped = f"SELECT {', '.join(values)} FROM ({sql}) lake_rows({aliases})"
    location = str(descriptor(table).get("Location") or "").rstrip("/")
    written = _write(session, shaped, _form_of_table(table), location)
    known_values = (
        {tuple(p["Values"]) for p in session.catalog.partitions(table)} if keys(table) else set()
    )
    new = [each for each in written.partitions if tuple(each) not in known_values]
    if new:
        partition_names = [key["Name"] for key in keys(table)]
        session.catalog.add_partitions(table, _places(location, partition_names, new))
    outcome = Outcome(f"{session.job.prefix}{session.job.id}")
    _manifest(session, outcome, session.job.prefix, written)
    session.objects.put(f"{outcome.output}.metadata", results.metadata(_rows_column()))
    return outcome


def unload(session: Session, read: Statement) -> Outcome:
    """Objects in an empty folder, and no table."""
    location = read.parts["location"]
    if "format" not in read.parts["properties"]:
        raise QueryError("INVALID_TABLE_PROPERTY", "line 1:1: UNLOAD requires the property format")
    form = writing.form_of(read.parts["properties"], default="UNLOAD")
    if session.objects.below(location):
        raise QueryError("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {location}")
    sql = session.prepare(read.parts["sql"])
    described = _named(session.described(sql))
    writing.check_partitions_last([each for each, _ in described], form)
    written = _write(session, _storable(sql, described), form, location)
    outcome = Outcome(f"{session.job.prefix}{session.job.id}")
    _manifest(session, outcome, session.job.prefix, written)
    session.objects.put(f"{outcome.output}.metadata", results.metadata(_rows_column()))
    return outcome


def create_view(session: Session, read: Statement) -> Outcome:
    """A view in the catalog, in Presto's form."""
    database, name = place(session, read.parts["table"])
    need_database(session, database)
    existing = session.catalog.table(database, name)
    if existing is not None and not (is_view(existing) and read.parts["replace"]):
        kind = "View" if is_view(existing) else "Table"
        raise QueryError(
            f"{kind.upper()}_ALREADY_EXISTS",
            f"line 1:1: {kind} already exists: '{CATALOG}.{database}.{name}'",
        )
    sql = session.prepare(read.parts["sql"], empty=True)
    described = [
        {"Name": each.lower(), "Type": types.to_hive(kind)}
        for each, kind in _named(session.described(sql))
    ]
    definition = {
        "originalSql": read.parts["sql"],
        "catalog": CATALOG,
        "schema": session.database,
        "columns": [
            {"name": each["Name"], "type": types.of_view(each["Type"])} for each in described
        ],
        "runAsInvoker": True,
    }
    table = {
        "Name": name,
        "DatabaseName": database,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": view_text(definition),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": described, "Location": "", "SerdeInfo": {}},
        "PartitionKeys": [],
    }
    if existing is not None:
        session.catalog.update(table)
    else:
        session.catalog.create(database, {k: v for k, v in table.items() if k != "DatabaseName"})
    outcome = Outcome(f"{session.job.prefix}{session.job.id}.txt")
    session.write_lines(outcome)
    return outcome


def place(session: Session, name: TableName) -> tuple[str, str]:
    """Database and name of a table."""
    return (name[0] or session.database), name[1]


def need_database(session: Session, database: str) -> None:
    """The database must be there.

    Raises:
        QueryError: it is not
    """
    if not session.catalog.has_database(database):
        raise QueryError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{database}' does not exist")


def _named(described: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The columns of something that is kept.

    Raises:
        QueryError: one has no name, or two have the same
    """
    seen: set[str] = set()
    for at, (name, _) in enumerate(described):
        if name == f"{rewriting.UNNAMED}{at}":
            raise QueryError(
                "MISSING_COLUMN_NAME", f"line 1:1: Column name not specified at position {at + 1}"
            )
        if name.lower() in seen:
            raise QueryError(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{name}' specified more than once"
            )
        seen.add(name.lower())
    return described


def _storable(sql: str, described: list[tuple[str, Any]]) -> str:
    """The query with the types that a table of it has."""
    made = ", ".join(
        f"CAST({quoted(name)} AS {types.of_hive(types.to_hive(kind))}) AS {quoted(name.lower())}"
        for name, kind in described
    )
    return f"SELECT {made} FROM ({sql})"


def _write(session: Session, sql: str, form: writing.Form, location: str) -> writing.Written:
    with session.said():
        return writing.write(session.connection, sql, form, location, session.objects, session.work)


def _buckets(given: Document) -> tuple[list[str], int] | None:
    by, count = given.pop("bucketed_by", None), given.pop("bucket_count", None)
    return (list(by), int(count)) if by and count else None


def _table_input(
    name: str,
    location: str,
    described: list[tuple[str, Any]],
    form: writing.Form,
    buckets: tuple[list[str], int] | None,
) -> Document:
    inputs, outputs, serde = FORMATS[form.format]
    made = [{"Name": each.lower(), "Type": types.to_hive(kind)} for each, kind in described]
    split = len(made) - len(form.partitioned_by)
    settings = {"field.delim": form.delimiter} if form.format == "TEXTFILE" else {}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "auto.purge": "false",
            "has_encrypted_data": "false",
            "presto_query_id": name,
        },
        "PartitionKeys": made[split:],
        "StorageDescriptor": {
            "Columns": made[:split],
            "Location": location,
            "InputFormat": inputs,
            "OutputFormat": outputs,
            "SerdeInfo": {"Name": name, "SerializationLibrary": serde, "Parameters": settings},
            **({"BucketColumns": buckets[0], "NumberOfBuckets": buckets[1]} if buckets else {}),
        },
    }


def _form_of_table(table: Document) -> writing.Form:
    serde = descriptor(table).get("SerdeInfo") or {}
    library = str(serde.get("SerializationLibrary") or "").lower()
    name = next((k for k in ("PARQUET", "ORC", "AVRO", "JSON") if k.lower() in library), "TEXTFILE")
    if "csv" in library:
        raise not_supported(f"Inserting into a table of {serde.get('SerializationLibrary')}")
    settings, parameters = serde.get("Parameters") or {}, table.get("Parameters") or {}
    compression = parameters.get("write.compression") or parameters.get(f"{name.lower()}.compress")
    delimiter = settings.get("field.delim") or settings.get("serialization.format") or "\1"
    names = tuple(key["Name"].lower() for key in keys(table))
    return writing.Form(name, compression, delimiter, names)


def _places(
    location: str, names: Sequence[str], partitions: list[list[str]]
) -> list[tuple[list[str], str]]:
    base = location.rstrip("/")
    return [
        (values, base + "/" + "".join(f"{n}={v}/" for n, v in zip(names, values, strict=True)))
        for values in partitions
    ]


def _manifest(session: Session, outcome: Outcome, prefix: str, written: writing.Written) -> None:
    outcome.manifest = f"{prefix}{session.job.id}-manifest.csv"
    session.objects.put(outcome.manifest, "".join(f"{url}\n" for url in written.urls).encode())
    outcome.updated = written.rows


def _rows_column() -> list[Document]:
    return [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": "rows",
            "Label": "rows",
            "Type": "bigint",
            "Precision": 19,
            "Scale": 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": False,
        }
    ]


RUNNERS: dict[str, Callable[[Session, Statement], Outcome]] = {
    "SELECT": select,
    "CREATE_TABLE_AS_SELECT": create_table_as,
    "INSERT": insert,
    "UNLOAD": unload,
    "CREATE_VIEW": create_view,
}
