"""Types of a table's columns, as the Data Catalog writes them.

Apache Hive, "LanguageManual Types": ``struct<a:int,b:array<string>>`` and the like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"\s*([A-Za-z0-9_$@.\- ]+?(?=\s*(?:[<>(),:]|$))|[<>(),:])")
_ALIASES = {"integer": "int", "dec": "decimal", "numeric": "decimal", "double precision": "double"}
_SCALARS = (
    *("boolean", "tinyint", "smallint", "int", "bigint", "float", "double"),
    *("string", "date", "timestamp", "binary"),
)
_MAX_DEPTH = 64


class SchemaError(ValueError):
    """A type that is not known; the message names it."""


@dataclass(frozen=True)
class HiveType:
    """A type.

    Attributes:
        name: such as ``int`` or ``struct``
        numbers: of ``decimal(p,s)``, ``char(n)``, ``varchar(n)``
        inner: of ``array`` one, of ``map`` two, of ``struct`` one for each field
        fields: names of a struct's fields
    """

    name: str
    numbers: tuple[int, ...] = ()
    inner: tuple[HiveType, ...] = ()
    fields: tuple[str, ...] = ()


def parse_type(text: str) -> HiveType:
    """Read a type.

    Raises:
        SchemaError: it is none
    """
    reader = _Reader(text)
    found = reader.type(0)
    if reader.next() is not None:
        raise SchemaError(f"'{text[:200]}' is not a type")
    return found


def arrow_type(hive: HiveType) -> Any:
    """The pyarrow type that a Hive type is written as."""
    import pyarrow as pa

    simple = {
        "boolean": pa.bool_(),
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "string": pa.string(),
        "char": pa.string(),
        "varchar": pa.string(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("ns"),
        "binary": pa.binary(),
    }
    if hive.name in simple:
        return simple[hive.name]
    inner = [arrow_type(each) for each in hive.inner]
    if hive.name == "decimal":
        return pa.decimal128(*hive.numbers)
    if hive.name == "array":
        return pa.list_(inner[0])
    if hive.name == "map":
        return pa.map_(inner[0], inner[1])
    return pa.struct(list(zip(hive.fields, inner, strict=True)))


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text.strip(), 0

    def next(self) -> str | None:
        if self._at >= len(self._text):
            return None
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise SchemaError(f"'{self._text[:200]}' is not a type")
        self._at = match.end()
        return match[1].strip()

    def type(self, depth: int) -> HiveType:
        if depth > _MAX_DEPTH:
            raise SchemaError(f"a type that is nested more than {_MAX_DEPTH} deep")
        name = (self.next() or "").lower()
        name = _ALIASES.get(name, name)
        if name in _SCALARS:
            return HiveType(name)
        if name == "decimal":
            precision, scale = (*self._numbers(), 10, 0)[:2] if self._ahead("(") else (10, 0)
            if not (1 <= precision <= 38 and 0 <= scale <= precision):
                raise SchemaError(f"decimal({precision},{scale}) is not a type")
            return HiveType(name, (precision, scale))
        if name in ("char", "varchar"):
            return HiveType(name, self._numbers()[:1])
        if name == "array":
            self._expect("<")
            inner = (self.type(depth + 1),)
            self._expect(">")
            return HiveType(name, inner=inner)
        if name == "map":
            self._expect("<")
            key = self.type(depth + 1)
            self._expect(",")
            value = self.type(depth + 1)
            self._expect(">")
            return HiveType(name, inner=(key, value))
        if name == "struct":
            return self._struct(depth)
        raise SchemaError(f"'{name[:100]}' is not a type that can be converted to")

    def _struct(self, depth: int) -> HiveType:
        self._expect("<")
        names, inner = list[str](), list[HiveType]()
        while True:
            names.append(self.next() or "")
            self._expect(":")
            inner.append(self.type(depth + 1))
            mark = self.next()
            if mark == ">":
                return HiveType("struct", inner=tuple(inner), fields=tuple(names))
            if mark != ",":
                raise SchemaError(f"'{self._text[:200]}' is not a type")

    def _numbers(self) -> tuple[int, ...]:
        self._expect("(")
        found = []
        while True:
            number = self.next() or ""
            if not number.isdigit():
                raise SchemaError(f"'{self._text[:200]}' is not a type")
            found.append(int(number))
            mark = self.next()
            if mark == ")":
                return tuple(found)
            if mark != ",":
                raise SchemaError(f"'{self._text[:200]}' is not a type")

    def _ahead(self, token: str) -> bool:
        return self._text[self._at :].lstrip().startswith(token)

    def _expect(self, token: str) -> None:
        if self.next() != token:
            raise SchemaError(f"'{self._text[:200]}' is not a type: {token} is missing")
