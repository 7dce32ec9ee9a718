"""Recognise CSV as Glue's built-in and custom CSV classifiers do.

AWS Glue Developer Guide, "Built-in classifiers" and "Writing CSV custom classifiers".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lakestack.services.glue.schema_types import Column, GlueType, merge_all

DELIMITERS = (",", "|", "\t", ";", "\x01")
MAX_HEADER_CHARACTERS = 150
MAX_LINES = 10_000
MAX_FIELD_BYTES = 1 << 20
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DOUBLE = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_COLUMN_NAME = re.compile(r"[\u0020-\uD7FF\uE000-\uFFFD\t]*")


@dataclass(frozen=True)
class CsvOptions:
    """A custom CSV classifier's settings; the default is the built-in classifier."""

    delimiter: str | None = None
    quote: str = '"'
    header: Literal["UNKNOWN", "PRESENT", "ABSENT"] = "UNKNOWN"
    names: tuple[str, ...] = ()
    allow_single_column: bool = False
    trim: bool = True
    serde: str = "LazySimpleSerDe"

    @classmethod
    def from_api(cls, classifier: dict[str, Any]) -> CsvOptions:
        """Read the CsvClassifier structure of the Glue API."""
        serde = classifier.get("Serde") or "LazySimpleSerDe"
        return cls(
            delimiter=classifier.get("Delimiter"),
            quote=classifier.get("QuoteSymbol") or '"',
            header=classifier.get("ContainsHeader") or "UNKNOWN",
            names=tuple(classifier.get("Header") or ()),
            allow_single_column=bool(classifier.get("AllowSingleColumn")),
            trim=not classifier.get("DisableValueTrimming", False),
            serde="LazySimpleSerDe" if serde == "None" else serde,
        )


@dataclass(frozen=True)
class CsvSchema:
    """What a CSV file looks like."""

    columns: tuple[Column, ...]
    delimiter: str
    has_header: bool
    quoted: bool
    rows: int
    """Data rows in the sample, without the header."""
    serde: str = "LazySimpleSerDe"
    quote: str = field(default='"')


def classify(text: str, options: CsvOptions | None = None) -> CsvSchema | None:
    """Return the schema of a CSV sample, or None when it is not CSV.

    The built-in classifier wants at least two columns and two rows.

    Args:
        text: the beginning of the file, ending with a whole line
    """
    options = options or CsvOptions()
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        return None
    for delimiter in (options.delimiter,) if options.delimiter else DELIMITERS:
        rows = _read(text, delimiter, options.quote)
        if rows is not None and _is_table(rows, options):
            return _schema(rows, delimiter, text, options)
    if options.allow_single_column:
        rows = _read(text, options.delimiter or ",", options.quote)
        if rows:
            return _schema(rows, options.delimiter or ",", text, options)
    return None


def _read(text: str, delimiter: str, quote: str) -> list[list[str]] | None:
    csv.field_size_limit(MAX_FIELD_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) >= MAX_LINES:
                break
    except csv.Error:
        return None
    return rows


def _is_table(rows: Sequence[Sequence[str]], options: CsvOptions) -> bool:
    """Two columns and two rows, and nearly all rows as wide as the first."""
    minimum_rows = 1 if options.header == "ABSENT" or options.names else 2
    if len(rows) < minimum_rows or len(rows[0]) < 2:
        return False
    width = len(rows[0])
    same = sum(1 for row in rows if abs(len(row) - width) <= 1)
    return same >= 0.9 * len(rows)


def _schema(
    rows: list[list[str]], delimiter: str, text: str, options: CsvOptions
) -> CsvSchema | None:
    width = max(len(row) for row in rows)
    trim = str.strip if options.trim else str
    first = [trim(value) for value in rows[0]]
    body = rows[1:]
    kinds = [_column_type(body, i, options.trim) for i in range(width)]
    header = options.header == "PRESENT" or (
        options.header == "UNKNOWN" and not options.names and _is_header(first, kinds)
    )
    if options.names and options.header == "UNKNOWN":
        header = [n.lower() for n in first] == [n.lower() for n in options.names]
    if not header:
        kinds = [_column_type(rows, i, options.trim) for i in range(width)]
    names = options.names or (tuple(first) if header else ())
    if names and header and len(first) == width and not first[-1] and kinds[-1] is None:
        width -= 1  # every line ends with a delimiter
    columns = tuple(Column(name, kinds[i]) for i, name in enumerate(_names(names[:width], width)))
    if options.serde == "OpenCSVSerDe":
        columns = tuple(Column(c.name, "string") for c in columns)
    return CsvSchema(
        columns=columns,
        delimiter=delimiter,
        has_header=header,
        quoted=_is_quoted(text, delimiter, options.quote, header),
        rows=len(body) if header else len(rows),
        serde=options.serde,
        quote=options.quote,
    )


def _is_header(first: Sequence[str], kinds: Sequence[GlueType]) -> bool:
    """The four conditions of the Developer Guide's "Built-in CSV classifier"."""
    named = first[:-1] if not first[-1] else first
    return (
        all(value_type(value) == "string" for value in named)
        and all(len(value) < MAX_HEADER_CHARACTERS for value in first[:-1])
        and all(_COLUMN_NAME.fullmatch(value) for value in first)
        and any(kind not in (None, "string") for kind in kinds)
    )


def _names(given: Sequence[str], width: int) -> list[str]:
    """Lower-case names, ``colN`` where there is none, a number behind a repeated one."""
    names: list[str] = []
    for i in range(width):
        name = given[i].lower() if i < len(given) and given[i] else f"col{i}"
        if name in names:
            name = f"{name}_{i}"
        names.append(name)
    return names


def _column_type(rows: Sequence[Sequence[str]], index: int, trim: bool) -> GlueType:
    distinct = {row[index].strip() if trim else row[index] for row in rows if index < len(row)}
    return merge_all(value_type(value) for value in distinct)


def value_type(value: str) -> GlueType:
    """Type of one CSV value: ``bigint``, ``double``, ``boolean`` or ``string``; None if empty."""
    if not value:
        return None
    if _INTEGER.fullmatch(value):
        return "bigint"
    if _DOUBLE.fullmatch(value):
        return "double"
    if value.lower() in {"true", "false"}:
        return "boolean"
    return "string"


def _is_quoted(text: str, delimiter: str, quote: str, header: bool) -> bool:
    """Whether the values are quoted throughout, judged by the first line of data."""
    lines = text.splitlines()
    line = lines[1] if header and len(lines) > 1 else lines[0]
    return all(v.startswith(quote) and v.endswith(quote) for v in line.strip().split(delimiter))
