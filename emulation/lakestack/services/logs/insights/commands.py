"""The commands of a query, each from the rows before it to the rows after it.

Amazon CloudWatch Logs User Guide, "Supported commands". A command that is not here is refused by
its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lakestack.services.logs.insights.aggregates import aggregate
from lakestack.services.logs.insights.expressions import (
    Fields,
    Moment,
    Value,
    expression,
    number,
    regex,
    text,
)
from lakestack.services.logs.insights.lexer import (
    MalformedQueryError,
    Reader,
    unexpected,
)

MOST_ROWS = 10_000
"""User Guide, "limit": what a query without it returns at most."""

Step = Callable[["Rows"], None]


class Rows:
    """What a query has found so far.

    Attributes:
        events: fields by name
        shown: names of the fields that the answer has, in order; None for those of default
        grouped: whether they are groups of ``stats``, of which none has a pointer
        matched: how many events have passed the filters
    """

    def __init__(self, events: list[Fields]) -> None:
        self.events = events
        self.shown: list[str] | None = None
        self.grouped = False
        self.matched = len(events)

    def answer(self) -> list[dict[str, str]]:
        names = self.shown or ["@timestamp", "@message"]
        kept = names if self.grouped else [*(n for n in names if n != "@ptr"), "@ptr"]
        return [
            {name: _shown(name, value) for name in kept if (value := row.get(name)) is not None}
            for row in self.events[:MOST_ROWS]
        ]


class Query:
    """A query that was read, to be run over events.

    Args:
        query: its text

    Raises:
        MalformedQueryError: it cannot be read
    """

    def __init__(self, query: str) -> None:
        reader = Reader(query)
        self._steps: list[Step] = []
        while reader.peek() is not None:
            name = reader.next("a command")
            make = COMMANDS.get(name.text.lower())
            if make is None:
                raise MalformedQueryError(
                    f"unexpected command {name.text} at {name.at}: the emulator has "
                    f"{', '.join(sorted(COMMANDS))}"
                )
            self._steps.append(make(reader))
            if not reader.ended():
                raise unexpected(reader.next(), "|")
            reader.take("|")
        if not self._steps:
            raise MalformedQueryError("the query is empty")

    def run(self, events: list[Fields]) -> tuple[list[dict[str, str]], int]:
        """The answer's rows and how many events have matched, from events with the newest first."""
        rows = Rows(events)
        for step in self._steps:
            step(rows)
        return rows.answer(), rows.matched


def _shown(name: str, value: Any) -> str:
    if isinstance(value, Moment) or name in ("@timestamp", "@ingestionTime"):
        milliseconds = number(value)
        if milliseconds is not None:
            return shown_time(int(milliseconds))
    return text(value)


def shown_time(milliseconds: int) -> str:
    """A time as ``2026-11-26 18:00:00.000``, UTC."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:03d}"


def _named(reader: Reader) -> tuple[str, Value]:
    begin = reader.peek()
    value = expression(reader)
    if reader.take("as"):
        return reader.next("a name").text, value
    return (reader.since(begin) if begin is not None else ""), value


def _listed(reader: Reader, read: Callable[[Reader], Any]) -> list[Any]:
    found = [read(reader)]
    while reader.take(","):
        found.append(read(reader))
    return found


def _fields(reader: Reader) -> Step:
    named = _listed(reader, _named)

    def add(rows: Rows) -> None:
        for row in rows.events:
            row.update({name: value(row) for name, value in named})
        rows.shown = list(dict.fromkeys([*(rows.shown or []), *(name for name, _ in named)]))

    return add


def _display(reader: Reader) -> Step:
    named = _listed(reader, _named)

    def choose(rows: Rows) -> None:
        for row in rows.events:
            row.update({name: value(row) for name, value in named})
        rows.shown = [name for name, _ in named]

    return choose


def _filter(reader: Reader) -> Step:
    test = expression(reader)

    def keep(rows: Rows) -> None:
        rows.events = [row for row in rows.events if test(row)]
        if not rows.grouped:
            rows.matched = len(rows.events)

    return keep


def _sort(reader: Reader) -> Step:
    def key(reader: Reader) -> tuple[Value, bool]:
        value = expression(reader)
        order = reader.take("asc", "desc")
        return value, order is not None and order.text.lower() == "desc"

    keys = _listed(reader, key)

    def order(rows: Rows) -> None:
        for value, descending in reversed(keys):
            rows.events.sort(key=lambda row, v=value: _rank(v(row)), reverse=descending)  # type: ignore[misc]

    return order


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    found = number(value)
    return (2, text(value)) if found is None else (1, found)


def _limit(reader: Reader) -> Step:
    token = reader.next("a number")
    if token.kind != "number" or not token.text.isdigit() or int(token.text) > MOST_ROWS:
        raise unexpected(token, f"a number of at most {MOST_ROWS}")

    def cut(rows: Rows) -> None:
        del rows.events[int(token.text) :]

    return cut


def _dedup(reader: Reader) -> Step:
    named = _listed(reader, _named)

    def first(rows: Rows) -> None:
        seen: dict[tuple[Any, ...], Fields] = {}
        for row in rows.events:
            seen.setdefault(tuple(value(row) for _, value in named), row)
        rows.events = list(seen.values())

    return first


def _parse(reader: Reader) -> Step:
    token, source = reader.peek(), "@message"
    if token is not None and token.kind == "name":
        source = reader.next().text
    token = reader.next("a pattern")
    if token.kind == "text":
        pattern = "(.*?)".join(re.escape(part) for part in token.text.split("*"))
        # The last wildcard takes the rest.
        pattern = re.sub(r"\(\.\*\?\)$", "(.*)", pattern)
        found = regex(token._replace(text=f"(?s){pattern}"))
        reader.expect("as")
        names = [name for name, _ in _listed(reader, _named)]
        if len(names) != token.text.count("*"):
            raise unexpected(token, f"as many names as it has wildcards, {token.text.count('*')}")
    elif token.kind == "regex":
        # Java's and RE2's ways of naming a group
        names = re.findall(r"\(\?P?<([A-Za-z]\w*)>", token.text)
        found = regex(token)
        if not names:
            raise unexpected(token, "a pattern with named groups")
    else:
        raise unexpected(token, "a pattern")
    named = token.kind == "regex"

    def extract(rows: Rows) -> None:
        for row in rows.events:
            match = found.search(text(row.get(source, "")))
            for at, name in enumerate(names, 1):
                row[name] = None if match is None else match.group(name if named else at)
        if rows.shown is not None:
            rows.shown = list(dict.fromkeys([*rows.shown, *names]))

    return extract


def _unnest(reader: Reader) -> Step:
    """A row for each item of a list; what is no list is a list of itself."""
    value = expression(reader)
    reader.expect("into")
    name = reader.next("a name").text

    def flatten(rows: Rows) -> None:
        rows.events = [{**row, name: item} for row in rows.events for item in _items(value(row))]
        if rows.shown is not None:
            rows.shown = list(dict.fromkeys([*rows.shown, name]))

    return flatten


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _stats(reader: Reader) -> Step:
    def column(reader: Reader) -> tuple[str, Any]:
        begin = reader.next("a function")
        made = aggregate(begin, reader)
        written = reader.since(begin)
        return (reader.next("a name").text if reader.take("as") else written), made

    columns = _listed(reader, column)
    groups = _listed(reader, _named) if reader.take("by") else []

    def group(rows: Rows) -> None:
        found: dict[tuple[Any, ...], list[Fields]] = {}
        for row in rows.events:
            key = tuple(value(row) for _, value in groups)
            if None not in key:
                found.setdefault(key, []).append(row)
        if not groups:
            found = {(): rows.events}
        names = [name for name, _ in groups]
        rows.events = [
            {**dict(zip(names, key, strict=True)), **{name: of(each) for name, of in columns}}
            for key, each in found.items()
        ]
        rows.shown, rows.grouped = [*names, *(name for name, _ in columns)], True

    return group


COMMANDS: dict[str, Callable[[Reader], Step]] = {
    "fields": _fields,
    "display": _display,
    "filter": _filter,
    "sort": _sort,
    "limit": _limit,
    "head": _limit,
    "dedup": _dedup,
    "parse": _parse,
    "stats": _stats,
    "unnest": _unnest,
}
