"""A query in Trino's dialect becomes one of DuckDB's, over numbered tables.

sqlglot translates; what it leaves with another meaning is changed here or refused. Each table of
the catalog that the query names becomes ``lake_table_<n>``, each view its own query.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError, UnsupportedError

from lakestack.services.athena.engine import (
    functions,
    iceberg,
    injection,
    metadata_tables,
    operators,
    projection,
    rewriting,
)
from lakestack.services.athena.engine.catalog import (
    CATALOG,
    Catalog,
    Document,
    is_view,
    keys,
    view_definition,
)
from lakestack.services.athena.engine.errors import QueryError, not_supported
from lakestack.services.athena.engine.inference import Inference
from lakestack.services.athena.engine.places import of_name as place

MAX_VIEWS = 50
"""Views in views, before it is taken for a circle."""


@dataclass(frozen=True)
class AskedVersion:
    """FOR TIMESTAMP or VERSION AS OF.

    Attributes:
        sql: DuckDB's expression
    """

    by_time: bool
    sql: str


@dataclass
class Source:
    """A table that a query reads.

    Attributes:
        name: in DuckDB
        table: of the catalog
        conditions: on partition keys, in DuckDB's SQL: a partition without them is not read
        stated: what the query says of keys whose values only it has
    """

    name: str
    table: Document
    conditions: list[str] = field(default_factory=list)
    stated: injection.Stated = field(default_factory=dict)
    version: AskedVersion | None = None


@dataclass
class Translation:
    """A query for DuckDB.

    Attributes:
        tree: as the query was written, with its places
        of_maps: the query if what UNNEST makes several columns of are maps
        paths: whether the query asks for ``"$path"``
    """

    sql: str
    sources: list[Source]
    tree: exp.Expression
    of_maps: str | None = None
    paths: bool = False


def translate(sql: str, catalog: Catalog, database: str) -> Translation:
    """Translate a query.

    Args:
        database: of unqualified names

    Raises:
        QueryError: it cannot be read, names what is not there, or what is not emulated
    """
    sources: list[Source] = []
    tree = _resolved(parse(sql), catalog, database, sources, 0)
    original = tree.copy()
    operators.settle(tree, Inference({each.name: each.table for each in sources}), sql)
    rewriting.name_columns(tree)
    several = tree.find(exp.Unnest, exp.ArraySize)
    of_maps = _text(tree.copy(), maps=True) if several else None
    return Translation(_text(tree, maps=False), sources, original, of_maps, "$path" in sql)


def _text(tree: exp.Expression, *, maps: bool) -> str:
    changed = rewriting.rewrite(tree, maps=maps)
    try:
        return str(
            changed.sql(dialect="duckdb", identify=True, unsupported_level=sqlglot.ErrorLevel.RAISE)
        )
    except UnsupportedError as e:
        raise not_supported(str(e)) from e


def parse(sql: str) -> exp.Expression:
    """Read a query.

    Raises:
        QueryError: it is none
    """
    try:
        found = [each for each in sqlglot.parse(sql, read="trino") if each is not None]
    except ParseError as e:
        error = e.errors[0] if e.errors else {}
        line, column = error.get("line", 1), error.get("col", 1)
        word = error.get("highlight") or "<EOF>"
        start = max(1, (column or 1) - len(word) + 1)
        message = f"line {line}:{start}: mismatched input '{word}'. {error.get('description', '')}"
        raise QueryError("SYNTAX_ERROR", message.strip()) from e
    except TokenError as e:
        raise QueryError("SYNTAX_ERROR", str(e)) from e
    if len(found) != 1:
        raise QueryError("", "Only one sql statement is allowed. Got: " + sql)
    tree = found[0]
    if not isinstance(tree, exp.Query | exp.Values):
        raise QueryError("SYNTAX_ERROR", f"Queries of this type are not supported: {tree.key}")
    if isinstance(tree, exp.Values):
        first = tree.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        names = [f"{rewriting.UNNAMED}{at}" for at in range(width)]
        tree = exp.select("*").from_(exp.alias_(tree, "lake_values", table=names))
    return tree


def _resolved(
    tree: exp.Expression,
    catalog: Catalog,
    database: str,
    sources: list[Source],
    depth: int,
) -> exp.Expression:
    if depth > MAX_VIEWS:
        raise QueryError("INVALID_VIEW", "View is recursive")
    _check_functions(tree)
    _settle_names(tree)
    for node in list(tree.find_all(exp.Table)):
        if not isinstance(node.this, exp.Identifier):
            raise not_supported(f"The table function {node.this.sql('trino')[:80]}")
        if node.args.get("db") is None and _is_cte(node):
            continue
        _replace(node, catalog, database, sources, depth)
    return tree


def _settle_names(tree: exp.Expression) -> None:
    """``a.b.c`` is a column of ``a.b`` if that is a table here, otherwise a member of a row."""
    tables = {
        (table.db.lower(), table.name.lower())
        for table in tree.find_all(exp.Table)
        if not table.alias and isinstance(table.this, exp.Identifier)
    }
    for column in list(tree.find_all(exp.Column)):
        parts = column.parts
        if len(parts) < 3:
            continue
        if (parts[-3].name.lower(), parts[-2].name.lower()) in tables:
            column.set("db", None)
            column.set("catalog", None)
            continue
        first = exp.Column(this=parts[1].copy(), table=parts[0].copy())
        column.replace(exp.Dot.build([first, *(each.copy() for each in parts[2:])]))


def _replace(
    node: exp.Table, catalog: Catalog, database: str, sources: list[Source], depth: int
) -> None:
    where = (node.args.get("catalog") or exp.to_identifier(CATALOG)).name.lower()
    if where != CATALOG:
        raise not_supported(f"The data catalog {where}")
    schema = (node.args["db"].name if node.args.get("db") else database).lower()
    name = node.this.name.lower()
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name, quoted=True))
    if about := metadata_tables.query(catalog, schema, name):
        node.replace(exp.Subquery(this=parse(about), alias=alias, joins=node.args.get("joins")))
        return
    table = catalog.table(schema, name)
    if table is None:
        if not catalog.has_database(schema):
            raise QueryError("SCHEMA_NOT_FOUND", f"{place(node)}: Schema '{schema}' does not exist")
        raise QueryError(
            "TABLE_NOT_FOUND",
            f"{place(node)}: Table '{CATALOG}.{schema}.{name}' does not exist",
        )
    version = _version(node, table)
    if is_view(table):
        definition = view_definition(table)
        inner = _resolved(
            parse(definition["originalSql"]),
            catalog,
            definition.get("schema") or schema,
            sources,
            depth + 1,
        )
        rewriting.name_columns(inner)
        node.replace(exp.Subquery(this=inner, alias=alias, joins=node.args.get("joins")))
        return
    source = Source(f"lake_table_{len(sources)}", table, version=version)
    names = {key["Name"].lower() for key in keys(table)}
    source.conditions = rewriting.partition_conditions(node, alias.name.lower(), names)
    source.stated = injection.stated(node, alias.name.lower(), projection.injected(table))
    sources.append(source)
    node.set("this", exp.to_identifier(source.name))
    node.set("db", None)
    node.set("catalog", None)
    node.set("alias", alias)


def _version(node: exp.Table, table: Document) -> AskedVersion | None:
    """What a query says of the snapshot that it wants.

    Raises:
        QueryError: the table has no snapshots
    """
    asked = node.args.get("version") or node.args.get("when")
    if asked is None:
        return None
    if not iceberg.is_one(table):
        raise QueryError("NOT_SUPPORTED", "This connector does not support versioned tables")
    node.set("version", None)
    node.set("when", None)
    holder = exp.Paren(this=asked.expression.copy())
    text = rewriting.rewrite(holder).sql(dialect="duckdb", identify=True)
    return AskedVersion("TIMESTAMP" in str(asked.this).upper(), str(text))


def _is_cte(node: exp.Table) -> bool:
    """Whether a name is one of a WITH that is visible there."""
    name, inside = node.name.lower(), node
    parent: Any = node.parent
    while parent is not None:
        clause = parent.args.get("with") or parent.args.get("with_")
        if clause is not None and clause is not inside:
            if any(each.alias.lower() == name for each in clause.expressions):
                return True
        elif isinstance(parent, exp.With):
            for each in parent.expressions:
                if each is inside:
                    if parent.args.get("recursive") and each.alias.lower() == name:
                        return True
                    break
                if each.alias.lower() == name:
                    return True
        inside, parent = parent, parent.parent
    return False


def _check_functions(tree: exp.Expression) -> None:
    """Refuse functions that neither sqlglot nor we translate: DuckDB's own are not Trino's."""
    for node in tree.find_all(exp.Anonymous):
        name = str(node.this).lower()
        if name not in functions.KNOWN and name not in rewriting.REWRITTEN:
            raise QueryError(
                "FUNCTION_NOT_FOUND",
                f"{place(node)}: Function '{name}' not registered, or not part of the emulated "
                "Athena",
            )
