"""Values of partition keys that only queries have: partition projection of the type injected.

Amazon Athena User Guide, "Use dynamic ID partitioning": a query states them by conditions of
equality with expressions that can be evaluated without reading data, and by no others. Here they
stand in the WHERE clause of the SELECT that names the table.
"""

from __future__ import annotations

from sqlglot import exp

from lakestack.services.athena.engine import rewriting
from lakestack.services.athena.engine.errors import QueryError

Stated = dict[str, list[list[str]]]
"""For each key its conditions: a value has to be among the expressions of each, in DuckDB's SQL."""


def stated(node: exp.Table, alias: str, names: set[str]) -> Stated:
    """What the query around a table says of its keys.

    Args:
        node: the table, in its query
        alias: in lower case
        names: of the keys, in lower case

    Returns:
        no condition for a key of which the query says nothing, or anything else than equality
    """
    select = node.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    conditions = list(rewriting.conjuncts(where.this)) if where else []
    found: Stated = {}
    for name in names:
        about = [each for each in conditions if _columns(each, alias, name)]
        each_one = [_alternatives(each, alias, name) for each in about]
        complete = [values for values in each_one if values is not None]
        found[name] = complete if len(complete) == len(about) else []
    return found


def refusal(name: str) -> QueryError:
    """Why a query of a table with such a key fails."""
    return QueryError(
        "CONSTRAINT_VIOLATION",
        f"For the injected projected partition column {name}, the WHERE clause must contain only "
        "static equality conditions, and at least one such condition must be present.",
    )


def _columns(node: exp.Expression, alias: str, name: str) -> list[exp.Column]:
    return [each for each in node.find_all(exp.Column) if _is(each, alias, name)]


def _is(node: exp.Expression, alias: str, name: str) -> bool:
    if not isinstance(node, exp.Column) or node.name.lower() != name:
        return False
    return not node.table or node.table.lower() == alias


def _alternatives(node: exp.Expression, alias: str, name: str) -> list[str] | None:
    """The expressions that a condition wants the key to be one of; None: it is of another kind."""
    if isinstance(node, exp.Paren):
        return _alternatives(node.this, alias, name)
    if isinstance(node, exp.Or):
        left = _alternatives(node.this, alias, name)
        right = _alternatives(node.expression, alias, name)
        return None if left is None or right is None else left + right
    if isinstance(node, exp.In) and node.expressions and _is(node.this, alias, name):
        values = list(node.expressions)
    elif isinstance(node, exp.EQ) and _is(node.this, alias, name):
        values = [node.expression]
    elif isinstance(node, exp.EQ) and _is(node.expression, alias, name):
        values = [node.this]
    else:
        return None
    if any(value.find(exp.Column, exp.Query) for value in values):
        return None
    return [_sql(value) for value in values]


def _sql(value: exp.Expression) -> str:
    holder = exp.Paren(this=value.copy())
    return str(rewriting.rewrite(holder).sql(dialect="duckdb", identify=True))
