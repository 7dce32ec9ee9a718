"""Functions that take a function, where DuckDB has none, or another: by others that it has.

Trino documentation, "Lambda expressions", "Array functions and operators", "Map functions and
operators".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from lakestack.services.athena.engine.errors import not_supported

Change = Callable[[exp.Expression, list[Any]], exp.Expression]


def call(name: str, *arguments: Any) -> exp.Expression:
    """A call of DuckDB's function."""
    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments])


def arguments(node: exp.Expression) -> list[Any]:
    """What a function is given, in the order in which it is written."""
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    found: list[Any] = []
    for name in node.arg_types:
        value = node.args.get(name)
        if value is not None:
            found += value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, exp.Expression)]


def applied(function: Any, what: str, *values: exp.Expression) -> exp.Expression:
    """The body of a lambda with values for its parameters.

    Raises:
        QueryError: it is no lambda of as many parameters
    """
    if not isinstance(function, exp.Lambda) or len(function.expressions) != len(values):
        raise not_supported(f"{what}() without a lambda of {len(values)} parameters")
    known = {p.name: v for p, v in zip(function.expressions, values, strict=True)}
    holder = exp.Paren(this=function.this.copy())
    for each in list(holder.find_all(exp.Column, exp.Identifier)):
        if _is_use(each) and each.name in known:
            each.replace(exp.Paren(this=known[each.name].copy()))
    return holder


def _is_use(node: exp.Expression) -> bool:
    """Whether a name stands for a value, not for a field, a type's member or a part of a column."""
    parent = node.parent
    if isinstance(node, exp.Column):
        return not node.table
    if isinstance(parent, exp.Dot):
        return parent.this is node
    return not isinstance(parent, exp.Column | exp.ColumnDef | exp.Alias | exp.Lambda) or (
        isinstance(parent, exp.Lambda) and parent.this is node
    )


def _lambda(body: exp.Expression, *names: str) -> exp.Expression:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(name) for name in names])


def _none(value: exp.Expression) -> exp.Expression:
    """NULL in the type of a value."""
    return exp.Case(ifs=[exp.If(this=exp.false(), true=value.copy())])


def _struct(**members: exp.Expression) -> exp.Expression:
    return exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier(name), expression=value.copy())
            for name, value in members.items()
        ]
    )


def _member(of: str, name: str) -> exp.Expression:
    return exp.Dot(this=exp.to_identifier(of), expression=exp.to_identifier(name))


def _reduce(node: exp.Expression, given: list[Any]) -> exp.Expression:
    """DuckDB's state has the type of the elements: both are members of a row here."""
    array, start, step, finish = given
    one, state, item = (f"lake_{kind}{node.depth}" for kind in ("one", "state", "item"))
    rows = call(
        "list_transform", array, _lambda(_struct(s=_none(start), e=exp.to_identifier(one)), one)
    )
    stepped = applied(step, "reduce", _member(state, "s"), _member(item, "e"))
    inner = _struct(s=stepped, e=_none(_member(item, "e")))
    empty = _struct(s=start, e=_none(call("list_extract", array, exp.Literal.number(1))))
    folded = call("list_reduce", rows, _lambda(inner, state, item), empty)
    return applied(
        finish, "reduce", exp.Dot(this=exp.Paren(this=folded), expression=exp.to_identifier("s"))
    )


def _matching(wanted: str) -> Change:
    """By the number of the elements that a function is true of."""

    def change(_: exp.Expression, given: list[Any]) -> exp.Expression:
        array, function = given
        count = call("len", call("list_filter", array, function))
        other = call("len", array) if wanted == "all" else exp.Literal.number(0)
        kind = exp.GT if wanted == "any" else exp.EQ
        return exp.Paren(this=kind(this=count, expression=other))

    return change


def _zip_with(node: exp.Expression, given: list[Any]) -> exp.Expression:
    left, right, function = given
    at = f"lake_at{node.depth}"
    place = exp.to_identifier(at)
    body = applied(
        function, "zip_with", call("list_extract", left, place), call("list_extract", right, place)
    )
    numbers = call(
        "generate_series",
        exp.Literal.number(1),
        exp.Greatest(this=call("len", left), expressions=[call("len", right)]),
    )
    return call("list_transform", numbers, _lambda(body, at))


def _sorted_by(node: exp.Expression, given: list[Any]) -> exp.Expression:
    """An element's rank is the number of those that come before it."""
    array, function = given
    mine, other = f"lake_mine{node.depth}", f"lake_other{node.depth}"
    before = exp.LT(
        this=applied(function, "array_sort", exp.to_identifier(other), exp.to_identifier(mine)),
        expression=exp.Literal.number(0),
    )
    ranks = call(
        "list_transform",
        array,
        _lambda(call("len", call("list_filter", array, _lambda(before, other))), mine),
    )
    return call("list_select", array, call("list_grade_up", ranks))


def _of_entries(build: Callable[..., exp.Expression]) -> Change:
    def change(node: exp.Expression, given: list[Any]) -> exp.Expression:
        found, function = given
        name = f"lake_entry{node.depth}"
        entries = call("system.main.map_entries", found)
        body = applied(function, "a map's function", _member(name, "key"), _member(name, "value"))
        return build(entries, name, body)

    return change


def _values(entries: Any, name: str, body: Any) -> exp.Expression:
    made = _lambda(_struct(k=_member(name, "key"), v=body), name)
    return call("map_from_entries", call("list_transform", entries, made))


def _keys(entries: Any, name: str, body: Any) -> exp.Expression:
    made = _lambda(_struct(k=body, v=_member(name, "value")), name)
    return call("map_from_entries", call("list_transform", entries, made))


def _kept(entries: Any, name: str, body: Any) -> exp.Expression:
    return call("map_from_entries", call("list_filter", entries, _lambda(body, name)))


def _maps_together(node: exp.Expression, given: list[Any]) -> exp.Expression:
    first, second, function = given
    name = f"lake_key{node.depth}"
    keys = call("array_union", call("map_keys", first), call("map_keys", second))
    key = exp.to_identifier(name)
    body = applied(
        function,
        "map_zip_with",
        key,
        *(
            call("list_extract", call("map_extract", each, key), exp.Literal.number(1))
            for each in (first, second)
        ),
    )
    return call("map", keys, call("list_transform", keys, _lambda(body, name)))


CHANGES: dict[str, Change] = {
    "reduce": _reduce,
    "any_match": _matching("any"),
    "all_match": _matching("all"),
    "none_match": _matching("none"),
    "zip_with": _zip_with,
    "array_sort": _sorted_by,
    "transform_values": _of_entries(_values),
    "transform_keys": _of_entries(_keys),
    "map_filter": _of_entries(_kept),
    "map_zip_with": _maps_together,
}
