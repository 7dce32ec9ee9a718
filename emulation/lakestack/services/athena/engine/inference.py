"""The types of a query's expressions, before it is translated: what is certain of them.

DuckDB divides decimals as doubles and turns a text that is compared with a number into one. Trino
has rules of its own for the first, and refuses the second (Trino documentation, "Decimal functions
and operators" and "Comparison functions and operators"). A type that is not certain is None, and
then everything stays with DuckDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from lakestack.services.athena.engine import trino_types
from lakestack.services.athena.engine.catalog import Document, columns, keys
from lakestack.services.athena.engine.trino_types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    TIMESTAMP,
    VARCHAR,
    ZONED,
    Kind,
)

Columns = list[tuple[str, Kind | None]]
_FIXED: dict[type[exp.Expression], Kind] = {
    **dict.fromkeys(
        (exp.Count, exp.ApproxDistinct, exp.Year, exp.Month, exp.Day, exp.Week, exp.Quarter), BIGINT
    ),
    **dict.fromkeys((exp.Length, exp.DateDiff, exp.Extract, exp.CountIf, exp.RowNumber), BIGINT),
    **dict.fromkeys((exp.Upper, exp.Lower, exp.Trim, exp.Substring, exp.TimeToStr), VARCHAR),
    **dict.fromkeys((exp.SplitPart, exp.RegexpExtract, exp.RegexpReplace, exp.Concat), VARCHAR),
    **dict.fromkeys((exp.JSONExtractScalar, exp.GroupConcat, exp.Replace), VARCHAR),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.And, exp.Or), BOOLEAN),
    **dict.fromkeys((exp.Not, exp.In, exp.Between, exp.Like, exp.Is, exp.RegexpLike), BOOLEAN),
    **dict.fromkeys((exp.Boolean, exp.Exists), BOOLEAN),
    **dict.fromkeys((exp.CurrentDate, exp.Date, exp.TsOrDsToDate), DATE),
    **dict.fromkeys((exp.StrToTime, exp.CurrentTimestampLTZ), TIMESTAMP),
    **dict.fromkeys((exp.CurrentTimestamp, exp.UnixToTime, exp.FromISO8601Timestamp), ZONED),
    **dict.fromkeys((exp.Sqrt, exp.Ln, exp.Exp, exp.Pow, exp.Stddev, exp.Variance), DOUBLE),
}
_INNER = (
    *(exp.Paren, exp.Neg, exp.Alias, exp.Abs, exp.Max, exp.Min, exp.AnyValue, exp.Window),
    *(exp.Filter, exp.IgnoreNulls, exp.FirstValue, exp.LastValue, exp.Lag, exp.Lead, exp.Distinct),
    *(exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.Nullif),
)
_SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


class Inference:
    """Types within one query.

    Args:
        tables: of the catalog, by the names that they have in the query
    """

    def __init__(self, tables: dict[str, Document]) -> None:
        self._tables = tables
        self._known: dict[int, Kind | None] = {}
        self._outputs: dict[int, Columns | None] = {}

    def kind(self, node: Any) -> Kind | None:
        """The type of an expression."""
        if not isinstance(node, exp.Expression):
            return None
        if id(node) not in self._known:
            self._known[id(node)] = None  # of what stands in itself
            self._known[id(node)] = self._kind(node)
        return self._known[id(node)]

    def _kind(self, node: exp.Expression) -> Kind | None:
        if fixed := _FIXED.get(type(node)):
            return fixed
        if isinstance(node, exp.Column):
            return self._of_column(node)
        if isinstance(node, exp.Literal):
            return trino_types.of_literal(node)
        if isinstance(node, exp.Cast):
            return trino_types.of_cast(node)
        if sign := _SIGNS.get(type(node)):
            left, right = self.kind(node.this), self.kind(node.expression)
            return trino_types.of_arithmetic(sign, left, right) if left and right else None
        return self.kind(node.this) if isinstance(node, _INNER) else self._of_several(node)

    def _of_several(self, node: exp.Expression) -> Kind | None:
        if isinstance(node, exp.Sum | exp.Avg):
            return self._of_total(node)
        if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least):
            return self._common([node.this, *node.expressions])
        if isinstance(node, exp.If):
            return self._common([node.args.get("true"), node.args.get("false")])
        if isinstance(node, exp.Case):
            return self._common(
                [*(i.args.get("true") for i in node.args["ifs"]), node.args.get("default")]
            )
        if isinstance(node, exp.Subquery):
            made = self._columns(node)
            return made[0][1] if made else None
        return None

    def _of_total(self, node: exp.Expression) -> Kind | None:
        inner = self.kind(node.this)
        if inner is None or inner.group != "number":
            return None
        if inner.name == "decimal":
            wide = isinstance(node, exp.Sum)
            return Kind("decimal", trino_types.MAX_PRECISION, inner.scale) if wide else inner
        if isinstance(node, exp.Avg):
            return DOUBLE
        return inner if inner.name in ("real", "double") else BIGINT

    def _common(self, nodes: list[Any]) -> Kind | None:
        given = [n for n in nodes if n is not None and not isinstance(n, exp.Null)]
        kinds = [self.kind(each) for each in given]
        found = kinds[0] if kinds else None
        for each in kinds[1:]:
            found = trino_types.common(found, each)
        return found

    def _of_column(self, node: exp.Column) -> Kind | None:
        """By the nearest query around it that has such a column."""
        inside: exp.Expression = node
        scope = node.find_ancestor(exp.Select)
        while scope is not None:
            for name, made in self._sources(scope, inside):
                if made is None and (not node.table or node.table.lower() == name):
                    return None  # it may be this one's
                if node.table and node.table.lower() != name:
                    continue
                for column, kind in made or ():
                    if column == node.name.lower():
                        return kind
            inside, scope = scope, scope.find_ancestor(exp.Select)
        return None

    def _sources(
        self, select: exp.Select, inside: exp.Expression
    ) -> Iterator[tuple[str, Columns | None]]:
        """Names and columns of what a query is from."""
        clause = select.args.get("from") or select.args.get("from_")
        if clause is not None:
            yield from self._relation(clause.this, inside)
        for join in [*(select.args.get("joins") or ()), *(select.args.get("laterals") or ())]:
            yield from self._relation(join.this if isinstance(join, exp.Join) else join, inside)

    def _relation(
        self, node: exp.Expression, inside: exp.Expression
    ) -> Iterator[tuple[str, Columns | None]]:
        for join in node.args.get("joins") or ():
            yield from self._relation(join.this, inside)
        alias = node.args.get("alias")
        name = node.alias_or_name.lower()
        if isinstance(node, exp.Paren) or (isinstance(node, exp.Subquery) and not name):
            yield "", None
            return
        made = self._columns(node)
        given = (
            [each.name.lower() for each in alias.columns]
            if isinstance(alias, exp.TableAlias)
            else []
        )
        if made is not None and given:
            made = [(n, kind) for n, (_, kind) in zip(given, made, strict=False)]
        yield name, made

    def _columns(self, node: Any) -> Columns | None:
        """The columns that a query or a table has; None where that is not certain."""
        if id(node) not in self._outputs:
            self._outputs[id(node)] = None
            self._outputs[id(node)] = self._made(node)
        return self._outputs[id(node)]

    def _made(self, node: Any) -> Columns | None:
        if isinstance(node, exp.Subquery):
            return self._columns(node.this)
        if isinstance(node, exp.Table):
            return self._of_table(node)
        if isinstance(node, exp.SetOperation):
            left, right = self._columns(node.this), self._columns(node.expression)
            if left is None or right is None:
                return None
            pairs = zip(left, right, strict=False)
            return [(name, trino_types.common(a, b)) for (name, a), (_, b) in pairs]
        if isinstance(node, exp.Values):
            return self._of_values(node)
        return self._of_select(node) if isinstance(node, exp.Select) else None

    def _of_values(self, node: exp.Values) -> Columns:
        rows = [r.expressions if isinstance(r, exp.Tuple) else [r] for r in node.expressions]
        made: Columns = [("", self._common(list(each))) for each in zip(*rows, strict=False)]
        alias = node.args.get("alias")
        given = [each.name.lower() for each in alias.columns] if alias else []
        return [(n, kind) for n, (_, kind) in zip(given, made, strict=False)] if given else made

    def _of_table(self, node: exp.Table) -> Columns | None:
        table = self._tables.get(node.name)
        if table is not None and node.args.get("db") is None:
            named = [*columns(table), *keys(table)]
            return [(c["Name"].lower(), trino_types.of_hive(c["Type"])) for c in named]
        parent: Any = node.parent
        while parent is not None:
            clause = parent.args.get("with") or parent.args.get("with_")
            for each in clause.expressions if clause else ():
                if each.alias.lower() == node.name.lower():
                    return self._of_with(each)
            parent = parent.parent
        return None

    def _of_with(self, node: exp.Expression) -> Columns | None:
        made = self._columns(node.this)
        given = [each.name.lower() for each in node.args["alias"].columns]
        if made is None or not given:
            return made
        return [(n, kind) for n, (_, kind) in zip(given, made, strict=False)]

    def _of_select(self, node: exp.Select) -> Columns | None:
        found: Columns = []
        for each in node.expressions:
            star = isinstance(each, exp.Star) or (
                isinstance(each, exp.Column) and isinstance(each.this, exp.Star)
            )
            if not star:
                found.append((each.alias_or_name.lower(), self.kind(each)))
                continue
            for name, made in self._sources(node, each):
                if each.text("table") and each.text("table").lower() != name:
                    continue
                if made is None:
                    return None
                found += made
        return found
