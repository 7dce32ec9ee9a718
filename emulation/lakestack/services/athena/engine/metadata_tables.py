"""Tables about tables, as queries in Trino's dialect: information_schema, and ``"t$partitions"``.

Amazon Athena User Guide, "Query the AWS Glue Data Catalog" and "SHOW PARTITIONS".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lakestack.services.athena.engine import types
from lakestack.services.athena.engine.catalog import (
    CATALOG,
    Catalog,
    Document,
    columns,
    is_view,
    keys,
    view_definition,
)
from lakestack.services.athena.engine.types import literal, quoted

SCHEMA = "information_schema"
PARTITIONS = "$partitions"
_DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
Row = list[str | int | None]


def query(catalog: Catalog, schema: str, name: str) -> str | None:
    """The query that gives such a table's rows; None where there is no such table.

    Args:
        schema: of the table, in lower case
        name: in lower case
    """
    if schema == SCHEMA and name in _TABLES:
        names, rows = _TABLES[name]
        return _values(names, list(rows(catalog)))
    if name.endswith(PARTITIONS):
        table = catalog.table(schema, name.removesuffix(PARTITIONS))
        return _partitions(catalog, table) if table and keys(table) else None
    return None


def _partitions(catalog: Catalog, table: Document) -> str:
    named = [(key["Name"].lower(), types.of_view(key["Type"])) for key in keys(table)]
    rows: list[Row] = [
        [None if value == _DEFAULT_PARTITION else value for value in each["Values"]]
        for each in catalog.partitions(table)
    ]
    picked = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in named)
    return f"SELECT {picked} FROM ({_values([name for name, _ in named], rows)})"


def _values(names: list[str], rows: list[Row]) -> str:
    listed = ", ".join(map(quoted, names))
    if not rows:
        empty = ", ".join(f"CAST(NULL AS varchar) AS {quoted(name)}" for name in names)
        return f"SELECT {empty} WHERE false"
    made = ", ".join(f"({', '.join(map(_shown, row))})" for row in rows)
    return f"SELECT * FROM (VALUES {made}) AS lake_rows({listed})"


def _shown(value: str | int | None) -> str:
    if value is None:
        return "CAST(NULL AS varchar)"
    return str(value) if isinstance(value, int) else literal(value)


def _all(catalog: Catalog) -> Iterator[Document]:
    for database in catalog.databases():
        yield from catalog.tables(database)


def _schemata(catalog: Catalog) -> Iterator[Row]:
    for name in (*catalog.databases(), SCHEMA):
        yield [CATALOG, name]


def _tables(catalog: Catalog) -> Iterator[Row]:
    for table in _all(catalog):
        kind = "VIEW" if is_view(table) else "BASE TABLE"
        yield [CATALOG, table["DatabaseName"], table["Name"], kind]


def _columns(catalog: Catalog) -> Iterator[Row]:
    for table in _all(catalog):
        named: list[tuple[Document, str | None]] = [(each, None) for each in columns(table)]
        named += [(each, "partition key") for each in keys(table)]
        for at, (column, extra) in enumerate(named, 1):
            place: Row = [CATALOG, table["DatabaseName"], table["Name"]]
            kind = types.of_view(column["Type"])
            described = [None, "YES", kind, column.get("Comment"), extra]
            yield [*place, column["Name"].lower(), at, *described]


def _views(catalog: Catalog) -> Iterator[Row]:
    for table in _all(catalog):
        if is_view(table):
            text = view_definition(table)["originalSql"]
            yield [CATALOG, table["DatabaseName"], table["Name"], text]


_OF_TABLE = ["table_catalog", "table_schema", "table_name"]
_TABLES: dict[str, tuple[list[str], Callable[[Catalog], Iterator[Row]]]] = {
    "schemata": (["catalog_name", "schema_name"], _schemata),
    "tables": ([*_OF_TABLE, "table_type"], _tables),
    "views": ([*_OF_TABLE, "view_definition"], _views),
    "columns": (
        [
            *(*_OF_TABLE, "column_name", "ordinal_position", "column_default", "is_nullable"),
            *("data_type", "comment", "extra_info"),
        ],
        _columns,
    ),
}
