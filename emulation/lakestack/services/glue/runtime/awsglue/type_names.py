"""Types as the Data Catalog and Glue scripts spell them: parsed, and spelt for Spark SQL.

Names of fields keep their case and may hold any character: a crawler writes
``struct<content-type:string,ZipCode:string>`` (AWS Glue Developer Guide, "Data types" of the
catalog: a plain-text string; Apache Hive, "LanguageManual Types").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SPARK_NAMES = {
    "long": "bigint",
    "integer": "int",
    "short": "smallint",
    "byte": "tinyint",
    "bool": "boolean",
    "null": "void",
}
PLAIN_WORDS = {"struct", "array", "map", "choice"}
"""What a mapping may say of a field instead of its whole type."""

_WORD = re.compile(r"\s*([A-Za-z_]\w*)\s*(\([^()]*\))?\s*")
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")
_OUTER = re.compile(r"\s*(struct|array|map)\s*<", re.IGNORECASE)


@dataclass(frozen=True)
class TypeTree:
    """A type and the types in it.

    Attributes:
        word: ``struct``, ``array``, ``map`` or the whole name of another type, in Spark's words
        fields: of a struct, by name; of an array its element, of a map its key and value
    """

    word: str
    fields: Mapping[str, TypeTree] = field(default_factory=dict)

    def spark_name(self) -> str:
        """The type as Spark SQL spells it; names that are no plain words in back-ticks."""
        parts = self.fields.items()
        if not parts:
            return self.word
        if self.word == "struct":
            inner = ",".join(f"{_quoted(name)}:{kind.spark_name()}" for name, kind in parts)
        else:
            inner = ",".join(kind.spark_name() for _, kind in parts)
        return f"{self.word}<{inner}>"


def parsed(name: str) -> TypeTree | None:
    """A type's name as a tree; None where it is none that is known here."""
    found = _type(name, 0)
    return found[0] if found and found[1] == len(name) else None


def spark_type(glue_type: str) -> str:
    """Spell a Glue type for Spark SQL: ``long`` is ``bigint``, ``decimal(10,2)`` is itself."""
    tree = parsed(glue_type)
    return tree.spark_name() if tree else glue_type.strip().lower()


def renamer(glue_type: str) -> Callable[[Any], Any] | None:
    """Function that gives the fields of a JSON value the names that a type declares.

    Hive's JSON SerDes match names without regard to case, Spark's reader does not. A name that is
    there as declared wins over one that differs by case. None: the type has no struct in it.
    """
    tree = parsed(glue_type)
    return _renamer(tree) if tree else None


def _renamer(tree: TypeTree) -> Callable[[Any], Any] | None:
    inner = {name: _renamer(kind) for name, kind in tree.fields.items()}
    if tree.word == "struct" and inner:
        by_lower = {name.lower(): name for name in inner}
        deep = {name: f for name, f in inner.items() if f}

        def of_struct(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            named = {}
            for key, part in value.items():
                name = key if key in inner else by_lower.get(key.lower(), key)
                if name != key and name in value:
                    continue
                named[name] = deep[name](part) if name in deep else part
            return named

        return of_struct
    element = inner.get("element") or inner.get("value")
    if not element:
        return None

    def of_collection(value: Any) -> Any:
        if isinstance(value, list):
            return [element(part) for part in value]
        if isinstance(value, dict):
            return {key: element(part) for key, part in value.items()}
        return value

    return of_collection


def _quoted(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else "`" + name.replace("`", "``") + "`"


Parsed = tuple[TypeTree, int]


def _type(text: str, start: int) -> Parsed | None:
    """The type that begins at a place, and where it ends."""
    if outer := _OUTER.match(text, start):
        word = outer[1].lower()
        if word == "struct":
            return _struct(text, outer.end())
        names = ("element",) if word == "array" else ("key", "value")
        return _parts(text, outer.end(), word, names)
    if not (found := _WORD.match(text, start)):
        return None
    word = found[1].lower()
    arguments = re.sub(r"\s", "", found[2] or "")
    return TypeTree(SPARK_NAMES.get(word, word) + arguments), found.end()


def _parts(text: str, at: int, word: str, names: tuple[str, ...]) -> Parsed | None:
    fields = {}
    for i, name in enumerate(names):
        found = _type(text, at)
        if not found:
            return None
        fields[name], at = found
        if text[at : at + 1] != (">" if i == len(names) - 1 else ","):
            return None
        at += 1
    return TypeTree(word, fields), _after_space(text, at)


def _struct(text: str, at: int) -> Parsed | None:
    fields: dict[str, TypeTree] = {}
    while True:
        found = _field(text, at)
        if not found:
            return None
        name, kind, at = found
        fields[name] = kind
        at += 1
        if text[at - 1] == ">":
            return TypeTree("struct", fields), _after_space(text, at)


def _field(text: str, start: int) -> tuple[str, TypeTree, int] | None:
    """A field's name, type and the place of the ``,`` or ``>`` after it.

    A name may hold colons: it ends at the first one that a type follows.
    """
    colon = text.find(":", start)
    while colon >= 0:
        found = _type(text, colon + 1)
        if found and text[found[1] : found[1] + 1] in (",", ">"):
            name = text[start:colon].strip()
            if len(name) > 1 and name[0] == name[-1] == "`":
                name = name[1:-1].replace("``", "`")
            return name, found[0], found[1]
        colon = text.find(":", colon + 1)
    return None


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
