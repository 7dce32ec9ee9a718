"""Texts, and what is read from them or written as one: casts, patterns, JSON, formats.

Trino documentation, "Conversion functions", "Regular expression functions", "JSON functions and
operators", "Date and time functions and operators".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from lakestack.services.athena.engine import date_patterns
from lakestack.services.athena.engine.errors import not_supported
from lakestack.services.athena.engine.lambdas import arguments, call

_PARTS = {
    **dict.fromkeys(("dow", "day_of_week", "dayofweek"), "isodow"),
    **dict.fromkeys(("doy", "day_of_year", "dayofyear"), "dayofyear"),
    **dict.fromkeys(("yow", "year_of_week"), "isoyear"),
    "day_of_month": "day",
}
"""Fields of EXTRACT that DuckDB lacks, or counts from Sunday."""
_TEXTS = (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.CHAR)
_TIMES = (exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ)
_LITERAL = re.compile(
    r"(?P<date>\d+-\d+-\d+)\s+(?P<time>\d+:\d+)(?P<seconds>:\d+(?:\.\d+)?)?"
    r"(?P<zone>\s*[+-]\d+(?::\d+)?|\s+\S+)?"
)


def joda(what: str, *, reading: bool) -> Callable[[exp.Expression], exp.Expression]:
    """A function with a pattern of Joda's, which has to be a constant here."""

    def change(node: exp.Expression) -> exp.Expression:
        value, pattern = arguments(node)[:2]
        if not isinstance(pattern, exp.Literal):
            raise not_supported(f"{what}() with a pattern that is no constant")
        text = date_patterns.of_joda(pattern.name, what, reading=reading)
        if not reading:
            return call("strftime", value, exp.Literal.string(text))
        read = call("strptime", value, exp.Literal.string(text))
        # A zone in the text makes a time with one; UTC is the zone of any other.
        return read if "%z" in text else call("timezone", exp.Literal.string("UTC"), read)

    return change


def formatted(node: exp.Expression) -> exp.Expression:
    """date_format() and date_parse(): MySQL's fields that sqlglot leaves."""
    form = node.args["format"]
    if isinstance(form, exp.Literal):
        form.set("this", date_patterns.of_mysql(form.name))
    return node


def extracted(node: exp.Expression) -> exp.Expression:
    """EXTRACT of a field that DuckDB lacks, or counts from Sunday."""
    function = _PARTS.get(node.name.lower())
    return call(function, node.expression) if function else node


def cast(node: exp.Expression) -> exp.Expression:
    """Times as texts have milliseconds, texts as times the form that Trino reads.

    Trino documentation, "JSON functions and operators": a text cast to JSON is a text in JSON, and
    is not read as a document.
    """
    kind, value = node.args["to"], node.this
    if kind.this == exp.DataType.Type.JSON:
        return call("trino_to_json", value)
    if kind.this in _TEXTS:
        text = call("trino_text", value)
        if not kind.expressions:
            return text
        size = kind.expressions[0].this
        cut = call("left", text, size)
        padded = kind.this in (exp.DataType.Type.CHAR, exp.DataType.Type.NCHAR)
        return call("rpad", cut, size, exp.Literal.string(" ")) if padded else cut
    if kind.this in _TIMES and value.is_string and _LITERAL.fullmatch(value.name.strip()):
        node.set("this", exp.Literal.string(_with_seconds(value.name)))
    elif kind.this == exp.DataType.Type.TIMESTAMP and not isinstance(value, exp.Null):
        tried = isinstance(node, exp.TryCast) or node.find_ancestor(exp.Try)
        return call("trino_try_timestamp" if tried else "trino_timestamp", value)
    return node


def _with_seconds(text: str) -> str:
    """A literal of a time in the form that DuckDB reads: with seconds, an offset right behind."""
    found = _LITERAL.fullmatch(text.strip())
    if found is None:
        return text
    zone = (found["zone"] or "").strip()
    near = zone if zone[:1] in "+-" else f" {zone}"
    return f"{found['date']} {found['time']}{found['seconds'] or ':00'}{near}".strip()


def json(function: str) -> Callable[[exp.Expression], exp.Expression]:
    """A function of a text with JSON and a path; several values are one array."""

    def change(node: exp.Expression) -> exp.Expression:
        path = node.expression
        if isinstance(path, exp.JSONPath):
            text = _path(path)
        elif isinstance(path, exp.Literal):
            text = re.sub(r"^\s*(lax|strict)\s+", "", path.name)
        else:
            return call(function, node.this, path)
        several = function == "trino_json_extract" and "[*]" in text
        called = "trino_json_list" if several else function
        return call(called, node.this, exp.Literal.string(text))

    return change


def _path(path: exp.JSONPath) -> str:
    """A JSON path as DuckDB's functions take it."""
    made = exp.JSONExtract(this=exp.column("j"), expression=path.copy()).sql("duckdb")
    return str(made).partition(" -> ")[2][1:-1].replace("''", "'")


def regexp(node: exp.Expression) -> exp.Expression:
    """Groups have names, and stand in replacements, as Java writes them."""
    pattern = node.expression
    names: list[str] = []
    if isinstance(pattern, exp.Literal):
        names = _groups(pattern.name)
        pattern.set("this", pattern.name.replace("(?<", "(?P<") if names else pattern.name)
    if isinstance(node, exp.RegexpExtract):
        group = node.args.get("group") or exp.Literal.number(0)
        return call("trino_regexp_extract", node.this, pattern, group)
    new = node.args.get("replacement")
    if isinstance(new, exp.Lambda):
        raise not_supported("regexp_replace() with a lambda")
    if isinstance(new, exp.Literal):
        new.set("this", _replacement(new.name, names))
    return node


def _groups(pattern: str) -> list[str]:
    """Names of the groups, by their number from 1; empty where one has none."""
    if not re.search(r"\(\?<[a-zA-Z]", pattern):
        return []
    opened = re.findall(r"\\.|(\((?!\?)|\(\?<([a-zA-Z]\w*)>)", pattern)
    return [name for whole, name in opened if whole]


def _replacement(text: str, names: list[str]) -> str:
    def number(found: re.Match[str]) -> str:
        if found[1]:
            return f"\\{found[1]}"
        if found[2] in names:
            return f"\\{names.index(found[2]) + 1}"
        return found[3] or found[0]

    plain = text.replace("\\\\", "\\\\\\\\")
    return re.sub(r"\$(\d)|\$\{(\w+)\}|\\(\$)", number, plain)


def format_text(node: exp.Expression) -> exp.Expression:
    """Java's ``%s`` takes anything: a text of it; numbers are of the kind that the letter needs."""
    first, *values = arguments(node)
    if not isinstance(first, exp.Literal):
        return call("printf", first, *values)
    letters = [
        each
        for each in re.findall(r"%[-#+ 0,(]*\d*(?:\.\d+)?([a-zA-Z%])", first.name)
        if each not in "%n"
    ]
    given = []
    for letter, value in zip(letters, values, strict=False):
        if letter in "sS":
            given.append(call("trino_text", value))
        elif letter in "feEgG":
            given.append(exp.cast(value.copy(), "double", dialect="duckdb"))
        else:
            given.append(value)
    return call("printf", first, *given)
