"""Statements about the catalog: their lines, and what they change.

Amazon Athena User Guide, "DDL statements". Tables that lines form are padded as Hive does it.
"""

from __future__ import annotations

import itertools
import urllib.parse
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.athena.engine import table_text, types
from lakestack.services.athena.engine.catalog import columns, descriptor, is_view, keys
from lakestack.services.athena.engine.errors import QueryError, ddl_failed
from lakestack.services.athena.engine.query_statements import need_database, place
from lakestack.services.athena.engine.session import Document, Outcome, Session
from lakestack.services.athena.engine.statement import Statement

_ENTITY = "org.apache.hadoop.hive.ql.metadata.HiveException"


def _outcome(session: Session, rows: list[str] | None = None, *names: str) -> Outcome:
    infos = []
    for name in names:
        info = {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name}
        info |= {"Label": name, "Type": "string", "Nullable": "UNKNOWN"}
        infos.append({**info, "Precision": 0, "Scale": 0, "CaseSensitive": False})
    return Outcome(f"{session.job.prefix}{session.job.id}.txt", infos, rows or [])


def _table(session: Session, read: Statement) -> Document:
    database, name = place(session, read.parts["table"])
    table = session.catalog.table(database, name)
    if table is None:
        raise ddl_failed(f"SemanticException [Error 10001]: Table not found {database}.{name}")
    return table


def _create_database(session: Session, read: Statement) -> Outcome:
    name = read.parts["name"]
    if session.catalog.has_database(name):
        if read.parts["exists"]:
            return _outcome(session)
        raise ddl_failed(f"{_ENTITY}: Database {name} already exists")
    session.catalog.glue.create_database(DatabaseInput={"Name": name, **read.parts["input"]})
    return _outcome(session)


def _drop_database(session: Session, read: Statement) -> Outcome:
    name = read.parts["name"]
    if not session.catalog.has_database(name):
        if read.parts["exists"]:
            return _outcome(session)
        raise ddl_failed(f"{_ENTITY}: Database does not exist: {name}")
    if session.catalog.tables(name) and not read.parts["cascade"]:
        raise ddl_failed(
            f"InvalidOperationException(message:Database {name} is not empty. One or more tables "
            "exist.)"
        )
    session.catalog.glue.delete_database(Name=name)
    return _outcome(session)


def _create_table(session: Session, read: Statement) -> Outcome:
    parts = read.parts
    database, name = place(session, parts["table"])
    need_database(session, database)
    if session.catalog.table(database, name) is not None:
        if parts["exists"]:
            return _outcome(session)
        raise ddl_failed(f"AlreadyExistsException(message:Table {name} already exists)")
    for each in (*parts["columns"], *parts["keys"]):
        types.of_hive(each["Type"])  # refused where Athena has none such
    inputs, outputs, serde = parts["formats"]
    settings = {"serialization.format": "1", **parts["serde"]}
    buckets = parts.get("buckets")
    table: Document = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **parts["parameters"]},
        "PartitionKeys": parts["keys"],
        "StorageDescriptor": {
            "Columns": parts["columns"],
            "Location": parts["location"],
            "InputFormat": inputs,
            "OutputFormat": outputs,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": settings},
            **({"BucketColumns": buckets[0], "NumberOfBuckets": buckets[1]} if buckets else {}),
        },
    }
    if "comment" in parts:
        table["Parameters"]["comment"] = parts["comment"]
    session.catalog.create(database, table)
    return _outcome(session)


def _drop_table(session: Session, read: Statement) -> Outcome:
    database, name = place(session, read.parts["table"])
    table = session.catalog.table(database, name)
    if table is None:
        if read.parts["exists"]:
            return _outcome(session)
        kind = "View" if read.kind == "DROP_VIEW" else "Table"
        raise ddl_failed(f"SemanticException [Error 10001]: {kind} not found {database}.{name}")
    if is_view(table) != (read.kind == "DROP_VIEW"):
        other = "view" if is_view(table) else "table"
        raise ddl_failed(f"SemanticException: {database}.{name} is a {other}")
    session.catalog.delete(table)
    return _outcome(session)


def _add_partition(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    names = [key["Name"].lower() for key in keys(table)]
    base = str(descriptor(table).get("Location") or "").rstrip("/")
    found = []
    for spec, location in read.parts["partitions"]:
        values = _values(names, spec)
        default = base + "/" + "".join(f"{n}={v}/" for n, v in zip(names, values, strict=True))
        found.append((values, location or default))
    errors = session.catalog.add_partitions(table, found)
    if errors and not (read.parts["exists"] and set(errors) == {"AlreadyExistsException"}):
        raise ddl_failed(f"{errors[0]}(message:Partition already exists.)")
    return _outcome(session)


def _values(names: list[str], spec: dict[str, str]) -> list[str]:
    if sorted(spec) != sorted(names):
        raise ddl_failed(
            f"SemanticException [Error 10098]: partition spec {spec} doesn't have the keys {names}"
        )
    return [spec[name] for name in names]


def _drop_partition(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    names = [key["Name"].lower() for key in keys(table)]
    existing = [list(each["Values"]) for each in session.catalog.partitions(table)]
    for spec in read.parts["partitions"]:
        chosen = [
            values
            for values in existing
            if all(
                values[names.index(name)] == value for name, value in spec.items() if name in names
            )
        ]
        if (not chosen and not read.parts["exists"]) or not set(spec) <= set(names):
            raise ddl_failed(f"SemanticException [Error 10006]: Partition not found ({spec})")
        for values in chosen:
            session.catalog.glue.delete_partition(
                DatabaseName=table["DatabaseName"],
                TableName=table["Name"],
                PartitionValues=values,
            )
            existing.remove(values)
    return _outcome(session)


def _repair(session: Session, read: Statement) -> Outcome:
    """Folders ``key=value`` that are there become partitions; those that are gone stay."""
    table = _table(session, read)
    names = [key["Name"].lower() for key in keys(table)]
    if not names:
        raise ddl_failed(f"Table {table['Name']} is not partitioned")
    base = str(descriptor(table).get("Location") or "").rstrip("/")
    known = {tuple(each["Values"]) for each in session.catalog.partitions(table)}
    found: list[tuple[list[str], str]] = [([], f"{base}/")]
    for name in names:
        deeper = []
        for values, location in found:
            for folder in session.objects.folders(location):
                key, equals, value = folder.partition("=")
                if equals and key.lower() == name:
                    decoded = urllib.parse.unquote(value)
                    deeper.append(([*values, decoded], f"{location}{folder}/"))
        found = deeper
    new = [each for each in found if tuple(each[0]) not in known]
    session.catalog.add_partitions(table, new)
    lines = []
    if new:
        shown = ["/".join(f"{n}={v}" for n, v in zip(names, each[0], strict=True)) for each in new]
        lines.append(
            "Partitions not in metastore:\t" + "\t".join(f"{table['Name']}:{s}" for s in shown)
        )
        lines += [f"Repair: Added partition to metastore {table['Name']}:{each}" for each in shown]
    return _outcome(session, lines, "result") if lines else _outcome(session)


def _change(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    storage = {**descriptor(table)}
    if read.kind == "ALTER_TABLE_ADD_COLUMNS":
        names = {each["Name"].lower() for each in (*columns(table), *keys(table))}
        for each in read.parts["columns"]:
            if each["Name"] in names:
                raise ddl_failed(f"SemanticException: Duplicate column name: {each['Name']}")
        storage["Columns"] = [*columns(table), *read.parts["columns"]]
    elif read.kind == "ALTER_TABLE_REPLACE_COLUMNS":
        storage["Columns"] = read.parts["columns"]
    elif read.kind == "ALTER_TABLE_PROPERTIES":
        table["Parameters"] = {**(table.get("Parameters") or {}), **read.parts["parameters"]}
    elif "spec" in read.parts:
        return _move_partition(session, table, read)
    else:
        storage["Location"] = read.parts["location"]
    table["StorageDescriptor"] = storage
    session.catalog.update(table)
    return _outcome(session)


def _move_partition(session: Session, table: Document, read: Statement) -> Outcome:
    names = [key["Name"].lower() for key in keys(table)]
    values = _values(names, read.parts["spec"])
    storage = {**descriptor(table), "Location": read.parts["location"]}
    try:
        session.catalog.glue.update_partition(
            DatabaseName=table["DatabaseName"],
            TableName=table["Name"],
            PartitionValueList=values,
            PartitionInput={"Values": values, "StorageDescriptor": storage},
        )
    except ClientError as e:
        raise ddl_failed(f"SemanticException [Error 10006]: Partition not found {values}") from e
    return _outcome(session)


def _show_databases(session: Session, read: Statement) -> Outcome:
    found = _matching(session.catalog.databases(), read.parts["pattern"])
    return _outcome(session, found, "database_name")


def _show_tables(session: Session, read: Statement) -> Outcome:
    """Views are tables, too."""
    only_views = read.kind == "SHOW_VIEWS"
    found = session.catalog.tables(read.parts["database"] or session.database)
    names = [each["Name"] for each in found if is_view(each) or not only_views]
    rows = _matching(names, read.parts["pattern"])
    return _outcome(session, rows, "views" if only_views else "tab_name")


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """Names by a pattern of Hive's: ``*`` for anything, ``|`` between choices."""
    if pattern is None:
        return names
    choices = [choice.split("*") for choice in pattern.lower().split("|")]
    return [name for name in names if any(_fits(name, parts) for parts in choices)]


def _fits(name: str, parts: list[str]) -> bool:
    """Whether a name is these parts in their order, with anything between them."""
    first, *others = parts
    if not others:
        return name == first
    *middle, last = others
    at, end = len(first), len(name) - len(last)
    if end < at or not (name.startswith(first) and name.endswith(last)):
        return False
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _show_partitions(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    names = [key["Name"] for key in keys(table)]
    if not names:
        raise ddl_failed(
            f"SemanticException [Error 10241]: Table {table['Name']} is not a partitioned table"
        )
    found = [
        "/".join(f"{n}={v}" for n, v in zip(names, each["Values"], strict=True))
        for each in session.catalog.partitions(table)
    ]
    return _outcome(session, sorted(found), "partition")


def _show_columns(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    names = [each["Name"].ljust(20) for each in itertools.chain(columns(table), keys(table))]
    return _outcome(session, names, "field")


def _show_create(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    database, name = read.parts["table"]
    named = f"{database}.{name}" if database else name
    return _outcome(session, table_text.create_statement(table, named), "createtab_stmt")


def _show_properties(session: Session, read: Statement) -> Outcome:
    table = _table(session, read)
    found = table.get("Parameters") or {}
    wanted = read.parts["key"] or found
    return _outcome(
        session,
        [f"{key}\t{found[key]}" for key in sorted(wanted) if key in found],
        "prpt_name",
        "prpt_value",
    )


def _describe(session: Session, read: Statement) -> Outcome:
    return _outcome(
        session, table_text.description(_table(session, read)), "col_name", "data_type", "comment"
    )


def _prepare(session: Session, read: Statement) -> Outcome:
    athena = session.clients("athena")
    request: dict[str, Any] = {
        "StatementName": read.parts["name"],
        "WorkGroup": session.job.work_group,
        "QueryStatement": read.parts["sql"],
    }
    try:
        athena.update_prepared_statement(**request)
    except athena.exceptions.ResourceNotFoundException:
        athena.create_prepared_statement(**request)
    return _outcome(session)


def _deallocate(session: Session, read: Statement) -> Outcome:
    athena, name = session.clients("athena"), read.parts["name"]
    try:
        athena.delete_prepared_statement(StatementName=name, WorkGroup=session.job.work_group)
    except athena.exceptions.ResourceNotFoundException as e:
        raise QueryError("NOT_FOUND", f"Prepared statement not found: {name}") from e
    return _outcome(session)


RUNNERS: dict[str, Callable[[Session, Statement], Outcome]] = {
    "CREATE_DATABASE": _create_database,
    "DROP_DATABASE": _drop_database,
    "CREATE_TABLE": _create_table,
    "DROP_TABLE": _drop_table,
    "DROP_VIEW": _drop_table,
    "ALTER_TABLE_ADD_PARTITION": _add_partition,
    "ALTER_TABLE_DROP_PARTITION": _drop_partition,
    "ALTER_TABLE_ADD_COLUMNS": _change,
    "ALTER_TABLE_REPLACE_COLUMNS": _change,
    "ALTER_TABLE_PROPERTIES": _change,
    "ALTER_TABLE_LOCATION": _change,
    "REPAIR_TABLE": _repair,
    "SHOW_DATABASES": _show_databases,
    "SHOW_TABLES": _show_tables,
    "SHOW_VIEWS": _show_tables,
    "SHOW_PARTITIONS": _show_partitions,
    "SHOW_COLUMNS": _show_columns,
    "SHOW_CREATE_TABLE": _show_create,
    "SHOW_TBLPROPERTIES": _show_properties,
    "DESCRIBE_TABLE": _describe,
    "PREPARE": _prepare,
    "DEALLOCATE": _deallocate,
}
