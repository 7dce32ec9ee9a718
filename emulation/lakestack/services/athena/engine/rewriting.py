"""Changes of a query's tree where Trino and DuckDB mean different things by the same words.

Trino documentation, "Functions and operators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from lakestack.services.athena.engine import lambdas, operators
from lakestack.services.athena.engine import text_rewriting as texts
from lakestack.services.athena.engine.errors import not_supported
from lakestack.services.athena.engine.lambdas import arguments
from lakestack.services.athena.engine.lambdas import call as _call

UNNAMED = "_col"
"""Columns without a name have this one and their place in the result."""
MARK = "lake unnamed "
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
    for condition in conjuncts(where.this):
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


def conjuncts(node: exp.Expression) -> Iterator[exp.Expression]:
    """The conditions that all have to be met."""
    if isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    elif isinstance(node, exp.Paren):
        yield from conjuncts(node.this)
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
        if sizes := node.meta.get(operators.CAST):
            changed = _as_decimal(changed, sizes)
        if changed is not node:
            node.replace(changed)
    return tree


def _rewritten(node: exp.Expression) -> exp.Expression:
    change = _CHANGES.get(type(node))
    if change is None and isinstance(node, exp.Anonymous):
        change = REWRITTEN.get(str(node.this).lower())
    return change(node) if change else node


def _calls(name: str) -> Callable[[exp.Expression], exp.Expression]:
    return lambda node: _call(name, *arguments(node))


def _quotient(uncertain: str, known: str) -> Callable[[exp.Expression], exp.Expression]:
    """A division; inside TRY none that fails, which it takes not: there NULL is what is wanted."""

    def change(node: exp.Expression) -> exp.Expression:
        given = arguments(node)[:2]
        sizes, floating = node.meta.get(operators.DECIMAL), node.meta.get(operators.FLOATING)
        tried = node.find_ancestor(exp.Try)
        if sizes is None and not floating:
            return node if tried else _call(f"trino_{uncertain}", *given)
        left, right = (exp.cast(each.copy(), "double", dialect="duckdb") for each in given)
        if floating:
            return _call(f"trino_double_{known}", left, right)
        if tried:
            right = exp.Nullif(this=right, expression=exp.Literal.number(0))
            made: exp.Expression = type(node)(this=left, expression=right)
        else:
            made = _call(f"trino_decimal_{known}", left, right)
        return _as_decimal(exp.Paren(this=made), sizes)

    return change


def _as_decimal(node: exp.Expression, sizes: tuple[int, int]) -> exp.Expression:
    rounded = _call("round", node, exp.Literal.number(sizes[1]))
    return exp.cast(rounded, f"decimal({sizes[0]}, {sizes[1]})", dialect="duckdb")


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
    if node.meta.get(operators.DAYS):
        day = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
        return exp.Paren(this=exp.Mul(this=exp.Paren(this=node.copy()), expression=day))
    if isinstance(left, exp.Interval) == isinstance(right, exp.Interval):
        return node
    if isinstance(left, exp.Interval):
        left, right = right, left
    return _call("trino_minus" if isinstance(node, exp.Sub) else "trino_plus", left, right)


def _truncated(node: exp.Expression) -> exp.Expression:
    """In the type of what is truncated: DuckDB makes a date of a timestamp."""
    return exp.Coalesce(this=node.copy(), expressions=[node.this.copy()])


def _concat(node: exp.Expression) -> exp.Expression:
    """NULL if a part is, and arrays, too."""
    parts = node.expressions
    found = parts[0].copy()
    for part in parts[1:]:
        found = exp.DPipe(this=found, expression=part.copy())
    return exp.Paren(this=found)


def _with_lambda(name: str) -> Callable[[exp.Expression], exp.Expression]:
    return lambda node: lambdas.CHANGES[name](node, arguments(node))


def _sorted(node: exp.Expression) -> exp.Expression:
    return node if node.args.get("expression") is None else _with_lambda("array_sort")(node)


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


def _position(node: exp.Expression) -> exp.Expression:
    count = node.args.get("occurrence")
    return node if count is None else _call("trino_position", node.this, node.args["substr"], count)


def _sha(node: exp.Expression) -> exp.Expression:
    if node.text("length") == "512":
        return _call("lake_sha512", node.this)
    return _call("unhex", _call("sha256", node.this))


def _approximately(node: exp.Expression) -> exp.Expression:
    node.set("accuracy", None)
    return node


def _refused(what: str) -> Callable[[exp.Expression], exp.Expression]:
    def refuse(_: exp.Expression) -> exp.Expression:
        raise not_supported(what)

    return refuse


_CHANGES: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.Div: _quotient("divide", "quotient"),
    exp.Mod: _quotient("mod", "rest"),
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.AtTimeZone: _calls("trino_at_zone"),
    exp.ParseDatetime: texts.joda("parse_datetime", reading=True),
    exp.TimeToStr: texts.formatted,
    exp.StrToTime: texts.formatted,
    exp.Extract: texts.extracted,
    exp.GenerateSeries: lambda node: _call(
        "trino_sequence_by" if node.args.get("step") else "trino_sequence", *arguments(node)
    ),
    exp.JSONExtract: texts.json("trino_json_extract"),
    exp.JSONExtractScalar: texts.json("trino_json_scalar"),
    exp.JSONValue: lambda node: texts.json("trino_json_scalar")(
        exp.JSONExtract(this=node.this, expression=node.args["path"])
    ),
    exp.RegexpExtract: texts.regexp,
    exp.RegexpReplace: texts.regexp,
    exp.SplitPart: _calls("trino_split_part"),
    exp.Split: lambda node: _call("trino_split", *arguments(node))
    if node.args.get("limit")
    else node,
    exp.StrToMap: _calls("trino_pairs"),
    exp.StrPosition: _position,
    exp.ConcatWs: lambda node: _call("trino_join", *node.expressions)
    if len(node.expressions) == 2
    else node,
    exp.Length: _calls("trino_length"),
    exp.Typeof: lambda node: _call("lake_type_name", _call("typeof", node.this)),
    exp.SHA: lambda node: _call("unhex", _call("sha1", node.this)),
    exp.SHA2: _sha,
    exp.Rand: lambda node: _call("trino_random", *arguments(node)) if node.this else node,
    exp.ArrayIntersect: _calls("trino_intersect"),
    exp.ArraySort: _sorted,
    exp.ApproxDistinct: _approximately,
    exp.Concat: _concat,
    exp.ArraySlice: _calls("trino_slice"),
    exp.Cast: texts.cast,
    exp.TryCast: texts.cast,
    exp.HexString: lambda node: _call("unhex", exp.Literal.string(node.name)),
    exp.Repeat: _calls("trino_repeat"),
    exp.Format: texts.format_text,
    exp.Reduce: _with_lambda("reduce"),
    exp.MatchRecognize: _refused("MATCH_RECOGNIZE"),
}

REWRITTEN: dict[str, Callable[[exp.Expression], exp.Expression]] = {
    "slice": _calls("trino_slice"),
    **{name: _with_lambda(name) for name in lambdas.CHANGES},
    "at_timezone": _calls("trino_at_zone"),
    "format_datetime": texts.joda("format_datetime", reading=False),
    "json_array_length": _calls("trino_json_length"),
    "format": texts.format_text,
    "length": _calls("trino_length"),
    "to_milliseconds": _calls("trino_to_milliseconds"),
    "repeat": _calls("trino_repeat"),
}
"""Functions that sqlglot does not know and that are more than a macro."""
