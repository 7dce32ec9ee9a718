"""Changes of a query's tree where Trino and DuckDB mean different things by the same words.

Trino documentation, "Functions and operators".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from lakestack.services.athena.engine.errors import not_supported

UNNAMED = "_col"
"""Columns without a name have this one and their place in the result."""
MARK = "lake unnamed "
_JODA = re.compile(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']")
_FIELDS = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "a": "%p",
    "EEE": "%a",
    "EEEE": "%A",
    "DDD": "%j",
}
"""Joda's fields, which are the same letter several times, as C's strftime has them."""
_PLAIN = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.Or)
_ALLOWED = (
    *(*_PLAIN, exp.Column, exp.Identifier, exp.Literal, exp.Paren, exp.And, exp.Not),
    *(exp.Cast, exp.DataType, exp.Neg, exp.NEQ),
)


def name_columns(tree: exp.Expression) -> None:
    """Mark each column of the result that has no name: only the result has its place."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    for at, column in enumerate(list(select.expressions)):
        if not isinstance(column, exp.Alias | exp.Column | exp.Star | exp.Dot | exp.Aliases):
            column.replace(exp.alias_(column.copy(), f"{MARK}{at}", quoted=True))


def partition_conditions(node: exp.Table, alias: str, names: set[str]) -> list[str]:
    """Conditions of the query around a table that only its partition keys decide.

    Of an outer join none are taken: there a row that is not read is not one that is not found.

    Args:
        node: the table, in its query
        alias: in lower case
        names: of the partition keys
    """
    select = node.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    if not select or where is None or not names:
        return []
    joins = select.args.get("joins") or []
    if any(join.side for join in joins):
        return []
    alone = not joins and not select.args.get("laterals")
    found = []
    for condition in _conjuncts(where.this):
        columns = list(condition.find_all(exp.Column))
        if not columns or not isinstance(condition, (*_PLAIN, exp.Not)):
            continue
        mine = all(
            each.name.lower() in names and (each.table.lower() == alias if each.table else alone)
            for each in columns
        )
        if mine and all(isinstance(each, _ALLOWED) for each in condition.walk()):
            copied = condition.copy()
            for each in copied.find_all(exp.Column):
                each.set("table", None)
            found.append(copied.sql("duckdb", identify=True))
    return found


def _conjuncts(node: exp.Expression) -> Iterator[exp.Expression]:
    if isinstance(node, exp.And):
        yield from _conjuncts(node.this)
        yield from _conjuncts(node.expression)
    elif isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    else:
        yield node


def rewrite(tree: exp.Expression, *, maps: bool = False) -> exp.Expression:
    """Change what DuckDB would take for something else.

    Args:
        maps: what UNNEST gives several columns of are maps, not arrays of rows: only DuckDB's
            types tell, so that the one is tried after the other

    Raises:
        QueryError: it has no way to say it
    """
    for node in reversed(list(tree.dfs())):  # what is inside first
        if isinstance(node, exp.Unnest):
            changed = _unnest(node, maps)
        elif isinstance(node, exp.ArraySize):
            changed = _call(f"trino_cardinality{'_any' if maps else ''}", node.this)
        else:
            changed = _rewritten(node)
        if changed is not node:
            node.replace(changed)
    return tree


def _rewritten(node: exp.Expression) -> exp.Expression:
    change = _CHANGES.get(type(node))
    if change is None and isinstance(node, exp.Anonymous):
        change = REWRITTEN.get(str(node.this).lower())
    return change(node) if change else node


def _call(name: str, *arguments: Any) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=[each.copy() for each in arguments])


def _calls(name: str) -> Callable[[exp.Expression], exp.Expression]:
    return lambda node: _call(name, *_arguments(node))


def _divide(node: exp.Expression) -> exp.Expression:
    """Not inside TRY, which takes no function that fails: there NULL is what is wanted."""
    return node if node.find_ancestor(exp.Try) else _call("trino_divide", *_arguments(node))


def _modulo(node: exp.Expression) -> exp.Expression:
    return node if node.find_ancestor(exp.Try) else _call("trino_mod", *_arguments(node))


def _date_diff(node: exp.Expression) -> exp.Expression:
    """Complete units, where DuckDB's date_diff counts borders between them."""
    unit = (node.text("unit") or "day").lower()
    kind = exp.DataType.build("timestamp", dialect="duckdb")
    return _call(
        "datesub",
        exp.Literal.string(unit),
        exp.Cast(this=node.expression.copy(), to=kind.copy()),
        exp.Cast(this=node.this.copy(), to=kind),
    )


def _date_add(node: exp.Expression) -> exp.Expression:
    count = exp.Interval(this=exp.Paren(this=node.expression.copy()), unit=node.args.get("unit"))
    return _call("trino_plus", node.this, count)


def _plus(node: exp.Expression) -> exp.Expression:
    """A date plus days stays a date."""
    left, right = node.this, node.expression
    if isinstance(left, exp.Interval) == isinstance(right, exp.Interval):
        return node
    if isinstance(left, exp.Interval):
        left, right = right, left
    return _call("trino_minus" if isinstance(node, exp.Sub) else "trino_plus", left, right)


def _truncated(node: exp.Expression) -> exp.Expression:
    """In the type of what is truncated: DuckDB makes a date of a timestamp."""
    return exp.Coalesce(this=node.copy(), expressions=[node.this.copy()])


def _cast(node: exp.Expression) -> exp.Expression:
    """A time as text has its milliseconds."""
    if node.args["to"].is_type(exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT) and not (
        node.args["to"].expressions
    ):
        return _call("trino_text", node.this)
    return node


def _in_brackets(node: exp.Expression) -> exp.Expression:
    """DuckDB's arrow binds weaker than comparisons do."""
    return exp.Paren(this=node.copy())


def _concat(node: exp.Expression) -> exp.Expression:
    """NULL if a part is, and arrays, too."""
    parts = node.expressions
    found = parts[0].copy()
    for part in parts[1:]:
        found = exp.DPipe(this=found, expression=part.copy())
    return exp.Paren(this=found)


def _reduce(node: exp.Expression) -> exp.Expression:
    """``reduce(array, start, step, finish)``; the last applied to what the others make."""
    array, start, step, finish = _arguments(node)
    state = _call("list_reduce", array, step, start)
    if not isinstance(finish, exp.Lambda) or not finish.expressions:
        raise not_supported("reduce() without a lambda at its end")
    name, body = finish.expressions[0].name, finish.this.copy()
    if isinstance(body, exp.Column | exp.Identifier) and body.name == name:
        return state
    for each in list(body.find_all(exp.Column, exp.Identifier)):
        if each.name == name and not isinstance(each.parent, exp.Column):
            each.replace(exp.Paren(this=state.copy()))
    return body


def _joda(function: str, what: str) -> Callable[[exp.Expression], exp.Expression]:
    """A function with a pattern of Joda's, which has to be a constant here."""

    def change(node: exp.Expression) -> exp.Expression:
        value, pattern = _arguments(node)[:2]
        if not isinstance(pattern, exp.Literal):
            raise not_supported(f"{what}() with a pattern that is no constant")
        return _call(function, value, exp.Literal.string(_c_format(pattern.name, what)))

    return change


def _c_format(pattern: str, what: str) -> str:
    found = []
    for part in (found_part[0] for found_part in _JODA.finditer(pattern)):
        if part[0] == "'":
            found.append(part[1:-1].replace("%", "%%") or "'")
        elif part[0].isalpha():
            if part not in _FIELDS:
                raise not_supported(f"{what}() with '{part}' in its pattern")
            found.append(_FIELDS[part])
        else:
            found.append(part.replace("%", "%%"))
    return "".join(found)


def _unnest(node: exp.Expression, maps: bool) -> exp.Expression:
    """Columns beside each other: of rows, of a map's entries, or of several arrays."""
    alias, offset = node.args.get("alias"), node.args.get("offset")
    arguments, columns = node.expressions, alias.columns if alias else []
    if len(arguments) == 1 and len(columns) < 2:
        return node
    if len(arguments) > 1 and len(columns) not in (0, len(arguments)):
        raise not_supported("UNNEST of several arrays with rows or maps in them")
    first = arguments[0]
    if len(arguments) == 1:
        first = _call("map_entries", first) if maps else first
        depth = exp.PropertyEQ(
            this=exp.to_identifier("max_depth"), expression=exp.Literal.number(2)
        )
        selected: list[exp.Expression] = [exp.Explode(this=first.copy(), expressions=[depth])]
    else:
        selected = [exp.Explode(this=each.copy()) for each in arguments]
    names = [each.copy() for each in columns]
    if offset is not None:
        longest = first if len(arguments) == 1 else _call("trino_longest", *arguments)
        selected.append(_call("generate_subscripts", longest, exp.Literal.number(1)))
        if isinstance(offset, exp.Identifier):
            names.append(offset.copy())
    made = exp.Subquery(this=exp.Select(expressions=selected))
    name = alias.this.copy() if alias and alias.this else exp.to_identifier("lake_unnest")
    return exp.Lateral(this=made, alias=exp.TableAlias(this=name, columns=names))


def _arguments(node: exp.Expression) -> list[Any]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    found: list[Any] = []
    for name in node.arg_types:
        value = node.args.get(name)
        if value is not None:
            found += value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, exp.Expression)]


def _refused(what: str) -> Callable[[exp.Expression], exp.Expression]:
    def refuse(_: exp.Expression) -> exp.Expression:
        raise not_supported(what)

    return refuse


_CHANGES: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.Div: _divide,
    exp.Mod: _modulo,
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.AtTimeZone: _calls("trino_at_zone"),
    exp.ParseDatetime: _joda("strptime", "parse_datetime"),
    exp.JSONExtract: _in_brackets,
    exp.JSONExtractScalar: _in_brackets,
    exp.Concat: _concat,
    exp.ArraySlice: _calls("trino_slice"),
    exp.Cast: _cast,
    exp.HexString: lambda node: _call("unhex", exp.Literal.string(node.name)),
    exp.Repeat: _calls("trino_repeat"),
    exp.Format: _calls("printf"),
    exp.Reduce: _reduce,
    exp.MatchRecognize: _refused("MATCH_RECOGNIZE"),
}

REWRITTEN: dict[str, Callable[[exp.Expression], exp.Expression]] = {
    "slice": _calls("trino_slice"),
    "reduce": _reduce,
    "at_timezone": _calls("trino_at_zone"),
    "format_datetime": _joda("strftime", "format_datetime"),
    "json_array_length": _calls("trino_json_length"),
    "format": _calls("printf"),
    "repeat": _calls("trino_repeat"),
}
"""Functions that sqlglot does not know and that are more than a macro."""
