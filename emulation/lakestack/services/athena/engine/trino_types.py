"""Types of Trino's, as far as a query's text and the catalog tell them, and what operators make.

Trino documentation, "Decimal functions and operators" and "Data types".
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

MAX_PRECISION = 38
_WHOLE = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_FLOATING = ("real", "double")
_TEXTS = ("varchar", "char")
_TIMES = ("date", "timestamp", "timestamp with time zone")


@dataclass(frozen=True)
class Kind:
    """A type.

    Attributes:
        name: without sizes
        precision: of decimals; of texts their length, 0 where it has no bound
        scale: of decimals
    """

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.name in _TEXTS and self.precision:
            return f"{self.name}({self.precision})"
        return {"timestamp": "timestamp(3)", _TIMES[2]: "timestamp(3) with time zone"}.get(
            self.name, self.name
        )

    @property
    def group(self) -> str:
        """What it can be compared with: types of the same group."""
        if self.name == "decimal" or self.name in _WHOLE or self.name in _FLOATING:
            return "number"
        if self.name in _TEXTS:
            return "text"
        return "time" if self.name in _TIMES else self.name


BIGINT, DOUBLE, VARCHAR, BOOLEAN = Kind("bigint"), Kind("double"), Kind("varchar"), Kind("boolean")
DATE, TIMESTAMP, ZONED = Kind("date"), Kind("timestamp"), Kind("timestamp with time zone")

_OF_HIVE = {
    "int": Kind("integer"),
    "string": VARCHAR,
    "float": Kind("real"),
    **{
        name: Kind(name)
        for name in (*_WHOLE, "double", "boolean", "date", "timestamp", "varchar", "char")
    },
}
_OF_SQLGLOT = {
    exp.DataType.Type.TINYINT: Kind("tinyint"),
    exp.DataType.Type.SMALLINT: Kind("smallint"),
    exp.DataType.Type.INT: Kind("integer"),
    exp.DataType.Type.BIGINT: BIGINT,
    exp.DataType.Type.FLOAT: Kind("real"),
    exp.DataType.Type.DOUBLE: DOUBLE,
    exp.DataType.Type.BOOLEAN: BOOLEAN,
    exp.DataType.Type.DATE: DATE,
    exp.DataType.Type.TIMESTAMP: TIMESTAMP,
    exp.DataType.Type.TIMESTAMPTZ: ZONED,
    exp.DataType.Type.VARCHAR: VARCHAR,
    exp.DataType.Type.TEXT: VARCHAR,
}


def of_hive(text: str) -> Kind | None:
    """The type of a column of Glue's; None of one with types inside."""
    name, _, sizes = text.strip().lower().partition("(")
    if name == "decimal":
        precision, _, scale = sizes.rstrip(")").partition(",")
        return Kind("decimal", int(precision or 10), int(scale or 0))
    return _OF_HIVE.get(name)


def of_cast(cast: exp.Expression) -> Kind | None:
    """The type that CAST names."""
    node = cast.args["to"]
    sizes = [int(each.name) for each in node.expressions if each.name.isdigit()]
    if node.this == exp.DataType.Type.DECIMAL:
        return Kind("decimal", *(sizes or [MAX_PRECISION, 0]))
    found = _OF_SQLGLOT.get(node.this)
    return Kind("varchar", sizes[0]) if found == VARCHAR and sizes else found


def of_literal(node: exp.Literal) -> Kind:
    """The type of a text or a number."""
    text = node.name
    if node.is_string:
        return Kind("varchar", len(text))
    if "e" in text.lower():
        return DOUBLE
    whole, point, fraction = text.partition(".")
    if point:
        digits = len(whole.lstrip("0")) + len(fraction)
        return Kind("decimal", max(1, digits), len(fraction))
    return Kind("integer") if int(text) < 1 << 31 else BIGINT


def as_decimal(kind: Kind) -> Kind | None:
    """A decimal as it is, a whole number as one."""
    if kind.name == "decimal":
        return kind
    return Kind("decimal", _WHOLE[kind.name]) if kind.name in _WHOLE else None


def common(left: Kind | None, right: Kind | None) -> Kind | None:
    """The type that both become, where it is certain."""
    if left is None or right is None or left.group != right.group:
        return None
    if left == right:
        return left
    if left.group == "number":
        return _common_number(left, right)
    if left.group == "text":
        return VARCHAR
    return max(left, right, key=lambda kind: _TIMES.index(kind.name))


def _common_number(left: Kind, right: Kind) -> Kind:
    a, b = as_decimal(left), as_decimal(right)
    if a is None or b is None:
        return DOUBLE
    if left.name in _WHOLE and right.name in _WHOLE:
        return max(left, right, key=lambda kind: _WHOLE[kind.name])
    scale = max(a.scale, b.scale)
    return _decimal(max(a.precision - a.scale, b.precision - b.scale) + scale, scale)


def of_arithmetic(operator: str, left: Kind, right: Kind) -> Kind | None:
    """What ``+ - * / %`` make of two numbers."""
    if left.group != "number" or right.group != "number":
        return None
    a, b = as_decimal(left), as_decimal(right)
    if a is None or b is None or "decimal" not in (left.name, right.name):
        return common(left, right)
    scale = max(a.scale, b.scale)
    whole = (a.precision - a.scale, b.precision - b.scale)
    precision, scale = {
        "*": (a.precision + b.precision, a.scale + b.scale),
        "/": (a.precision + b.scale + max(0, b.scale - a.scale), scale),
        "%": (min(whole) + scale, scale),
    }.get(operator, (1 + scale + max(whole), scale))
    return _decimal(precision, scale)


def _decimal(precision: int, scale: int) -> Kind:
    return Kind("decimal", max(1, min(MAX_PRECISION, precision)), scale)
