"""What operators are refused, and what they make, by the types of what they are applied to.

Trino documentation, "Comparison functions and operators" and "Decimal functions and operators".
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from lakestack.services.athena.engine.errors import QueryError
from lakestack.services.athena.engine.inference import Inference
from lakestack.services.athena.engine.places import of_name, of_offset
from lakestack.services.athena.engine.trino_types import DATE, DOUBLE

CAST, DECIMAL, DAYS, FLOATING = "lake_cast", "lake_decimal", "lake_days", "lake_floating"
"""Marks of a node: make it a decimal, divide decimals, subtract dates, divide doubles."""
_COMPARED = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_COUNTED = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


def settle(tree: exp.Expression, inference: Inference, sql: str) -> None:
    """Refuse operators between types that have none, and mark those that DuckDB does otherwise.

    Args:
        sql: of the tree, for places

    Raises:
        QueryError: TYPE_MISMATCH
    """
    for node in tree.walk():
        if type(node) in _COMPARED:
            _check(node, _COMPARED[type(node)], inference, sql)
        elif isinstance(node, exp.In):
            _check_list(node, inference)
        elif isinstance(node, exp.Between):
            _check_between(node, inference)
        elif type(node) in _COUNTED:
            _calculated(node, _COUNTED[type(node)], inference, sql)
        elif isinstance(node, exp.Avg):
            _averaged(node, inference)


def _averaged(node: exp.Expression, inference: Inference) -> None:
    """The average of decimals is one; a window or filter stands between it and its cast."""
    kind = inference.kind(node)
    if kind is None or kind.name != "decimal":
        return
    outside = node
    while isinstance(outside.parent, exp.Filter | exp.Window) and outside.parent.this is outside:
        outside = outside.parent
    outside.meta[CAST] = (kind.precision, kind.scale)


def _calculated(node: Any, sign: str, inference: Inference, sql: str) -> None:
    left, right = inference.kind(node.this), inference.kind(node.expression)
    if left is None or right is None:
        return
    if {left.group, right.group} in ({"number", "text"}, {"text"}, {"number", "boolean"}):
        raise _mismatch(node, sql, f"Cannot apply operator: {left} {sign} {right}")
    if sign == "-" and left == right == DATE:
        node.meta[DAYS] = True
    made = inference.kind(node)
    if sign in "/%" and made is not None:
        if made.name == "decimal":
            node.meta[DECIMAL] = (made.precision, made.scale)
        node.meta[FLOATING] = made == DOUBLE


def _check(node: Any, sign: str, inference: Inference, sql: str) -> None:
    left, right = inference.kind(node.this), inference.kind(node.expression)
    if left and right and left.group != right.group:
        raise _mismatch(node, sql, f"Cannot apply operator: {left} {sign} {right}")


def _check_list(node: exp.In, inference: Inference) -> None:
    mine = inference.kind(node.this)
    for each in node.expressions:
        kind = inference.kind(each)
        if mine and kind and mine.group != kind.group:
            raise QueryError(
                "TYPE_MISMATCH",
                f"{of_name(node)}: IN value and list items must be the same type or coercible to a "
                f"common type. Cannot find common type between {mine} and {kind}, all types "
                f"(without duplicates): [{mine}, {kind}]",
            )


def _check_between(node: exp.Between, inference: Inference) -> None:
    mine = inference.kind(node.this)
    low, high = inference.kind(node.args["low"]), inference.kind(node.args["high"])
    if mine and any(each and each.group != mine.group for each in (low, high)):
        raise QueryError(
            "TYPE_MISMATCH", f"{of_name(node)}: Cannot check if {mine} is BETWEEN {low} and {high}"
        )


def _mismatch(node: Any, sql: str, message: str) -> QueryError:
    """At the operator, where its left side is a column; otherwise at the first name."""
    ends = [each.meta.get("end", -1) for each in node.this.find_all(exp.Identifier)]
    at = (max(ends) + 1) if ends and isinstance(node.this, exp.Column) else -1
    if at > 0:
        at += len(sql[at:]) - len(sql[at:].lstrip())
        return QueryError("TYPE_MISMATCH", f"{of_offset(sql, at)}: {message}")
    return QueryError("TYPE_MISMATCH", f"{of_name(node)}: {message}")
