"""Rows to items: an object mapping compiled once per table into closures, for speed.

A compiled mapping turns a list of column texts (``None`` is NULL) into DynamoDB's wire form.
NULL columns are left out of the item ("NULL data from the source are ignored on the target").
An expression with an unknown column leaves its attribute out; `ItemMapping.warnings` says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lakestack.services.dms.errors import TableError
from lakestack.services.dms.external_table import (
    BINARY_TYPES,
    DECIMAL_TYPES,
    INTEGER_RANGES,
    NUMBER_TYPES,
    SourceTable,
)
from lakestack.services.dms.table_mapping import (
    DOCUMENT,
    AttributeMapping,
    ObjectMapping,
    TableMappings,
)

Row = list[str | None]
Item = dict[str, dict[str, Any]]
Value = Callable[[Row], Any]

_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_INTEGER = re.compile(r"[+-]?[0-9]+").fullmatch
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?").fullmatch
_TRUTH = {
    **dict.fromkeys(("true", "t", "y", "yes", "1"), True),
    **dict.fromkeys(("false", "f", "n", "no", "0"), False),
}
_WIRE_TYPES = frozenset({"S", "N", "BOOL", "M", "L", "NULL"})


class RejectedRowError(ValueError):
    """A row that cannot become an item; the message is the reason."""


@dataclass(frozen=True)
class ItemMapping:
    """A compiled mapping.

    Args:
        key_types: key attribute name to S or N, partition key first
        make: builds an item from a row of the right length; raises `RejectedRowError`
        warnings: what the task log should say, once per table
    """

    target_table: str
    key_types: dict[str, str]
    make: Callable[[Row], Item]
    warnings: tuple[str, ...]


def check_against(tables: Iterable[SourceTable], mappings: TableMappings) -> None:
    """See that each rule makes items of at least one of the tables that it maps.

    A rule that fits only some of them is left to the load, where `TableErrorPolicy` decides.

    Raises:
        DefinitionError: naming the rule, and what its first table lacks
    """
    selected = [t for t in tables if mappings.selects(t.schema, t.name)]
    for rule in mappings.mappings:
        mapped = [t for t in selected if mappings.mapping_of(t.schema, t.name) is rule]
        failures = [failure for t in mapped if (failure := _failure(t, rule))]
        if failures and len(failures) == len(mapped):
            raise rule.invalid(failures[0])


def _failure(table: SourceTable, mapping: ObjectMapping) -> str:
    try:
        compile_mapping(table, mapping)
    except TableError as e:
        return e.message
    return ""


def compile_mapping(table: SourceTable, mapping: ObjectMapping) -> ItemMapping:
    """Compile the mapping of a source table.

    Raises:
        TableError: no key can be built for the target table
    """
    warnings: list[str] = []
    index = {column.name: i for i, column in enumerate(table.columns)}
    given = {a.target for a in mapping.attributes}
    plain: dict[str, Value] = {}
    for i, column in enumerate(table.columns):
        if column.name in mapping.excluded or column.name in given:
            continue
        if column.type in BINARY_TYPES:
            warnings.append(
                f"Column {column.name} of type {column.type} is left out: a DynamoDB target takes "
                "no binary data"
            )
            continue
        plain[column.name] = _column_value(i, column.type)
    unknown = sorted(mapping.excluded - index.keys())
    if unknown:
        warnings.append(f"exclude-columns names unknown columns: {', '.join(unknown)}")

    attributes: dict[str, Value] = {}
    for attribute in mapping.attributes:
        missing = sorted(_columns_of(attribute.value) - index.keys())
        if missing:
            warnings.append(
                f"Attribute {attribute.target} is left out: its mapping names unknown column "
                f"{', '.join(missing)}; the columns are {', '.join(index)}"
            )
            continue
        attributes[attribute.target] = _attribute_value(attribute, index, table.full_name)

    keys = _keys(table, mapping, attributes, index)
    if mapping.action == DOCUMENT:
        values = {**attributes, **keys}
        document = {n: v for n, v in plain.items() if n not in keys}
        if document:
            values["_doc"] = _map_value(document)
    else:
        values = {**plain, **attributes, **keys}
    kinds = {a.target: a.kind for a in mapping.attributes}
    return ItemMapping(
        target_table=mapping.target_table or table.name,
        key_types={name: "N" if kinds.get(name) == "N" else "S" for name in keys},
        make=_maker(table, values, tuple(keys)),
        warnings=tuple(warnings),
    )


def _keys(
    table: SourceTable,
    mapping: ObjectMapping,
    attributes: dict[str, Value],
    index: dict[str, int],
) -> dict[str, Value]:
    names = [n for n in (mapping.partition_key, mapping.sort_key) if n]
    if not names:
        names = [c.name for c in table.columns if c.is_key]
        if len(names) != 1:
            raise TableError(
                f"Table {table.full_name} has {len(names)} primary key columns; without an object "
                "mapping that gives partition-key-name DMS needs exactly one (ColumnIsPk)"
            )
    keys: dict[str, Value] = {}
    for name in names:
        if name in attributes:
            keys[name] = attributes[name]
        elif name in index:
            keys[name] = _text_value(index[name])
        else:
            raise TableError(
                f"Table {table.full_name}: key {name} is neither an attribute mapping over known "
                f"columns nor a column; the columns are {', '.join(index)}"
            )
    return keys


def _maker(
    table: SourceTable, values: dict[str, Value], keys: tuple[str, ...]
) -> Callable[[Row], Item]:
    checks = _checks(table)
    pairs = tuple(values.items())

    def make(row: Row) -> Item:
        for i, check in checks:
            text = row[i]
            check(text)
        item: Item = {}
        for name, value in pairs:
            made = value(row)
            if made is not None:
                item[name] = made
        for key in keys:
            if key not in item or item[key] == {"S": ""}:
                raise RejectedRowError(f"key attribute {key} is empty")
        return item

    return make


def _checks(table: SourceTable) -> tuple[tuple[int, Callable[[str | None], None]], ...]:
    """Checks of a row that do not depend on the mapping: NULL, numbers, booleans."""
    checks = []
    for i, column in enumerate(table.columns):
        check = _check(column.name, column.type, column.nullable)
        if check is not None:
            checks.append((i, check))
    return tuple(checks)


def _check(name: str, kind: str, nullable: bool) -> Callable[[str | None], None] | None:
    limits = INTEGER_RANGES.get(kind)
    is_number = _INTEGER if limits else _DECIMAL if kind in DECIMAL_TYPES else None
    if is_number is None and kind != "BOOLEAN" and nullable:
        return None
    low, high = limits or (0, 0)

    def check(text: str | None) -> None:
        if text is None:
            if not nullable:
                raise RejectedRowError(f"column {name} is NULL, but ColumnNullable is false")
        elif is_number is not None:
            if not is_number(text.strip(" ")):
                raise RejectedRowError(f"column {name}: {_short(text)} is not a number ({kind})")
            if limits and (len(text) > 24 or not low <= int(text) <= high):
                raise RejectedRowError(f"column {name}: {_short(text)} is out of range of {kind}")
        elif kind == "BOOLEAN" and text.strip().lower() not in _TRUTH:
            raise RejectedRowError(f"column {name}: {_short(text)} is not true or false")

    return check


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


def _text_value(i: int) -> Value:
    def value(row: Row) -> Any:
        text = row[i]
        return None if text is None else {"S": text}

    return value


def _column_value(i: int, kind: str) -> Value:
    """The default mapping from DMS types to DynamoDB types ("Target data types for DynamoDB")."""
    if kind in NUMBER_TYPES:

        def value(row: Row) -> Any:
            text = row[i]
            return None if text is None else {"N": text.strip(" ").lstrip("+")}

    elif kind == "BOOLEAN":

        def value(row: Row) -> Any:
            text = row[i]
            return None if text is None else {"BOOL": _TRUTH[text.strip().lower()]}

    else:
        return _text_value(i)
    return value


def _map_value(values: dict[str, Value]) -> Value:
    pairs = tuple(values.items())

    def value(row: Row) -> Any:
        made = ((name, v(row)) for name, v in pairs)
        return {"M": {name: m for name, m in made if m is not None}}

    return value


def _columns_of(template: Any) -> set[str]:
    """All column names in the expressions of a template."""
    if isinstance(template, str):
        return set(_EXPRESSION.findall(template))
    if isinstance(template, dict):
        template = [*template.keys(), *template.values()]
    if isinstance(template, list):
        return {name for part in template for name in _columns_of(part)}
    return set()


def _attribute_value(attribute: AttributeMapping, index: dict[str, int], where: str) -> Value:
    if attribute.kind not in ("M", "L"):
        return _scalar_value(attribute.kind, attribute.value, index, attribute.target)
    template = attribute.value
    if not _is_wire(template):
        template = _to_wire(template)
    if next(iter(template)) != attribute.kind:
        raise TableError(
            f"Table {where}: attribute {attribute.target} has sub-type {attribute.kind}, but its "
            "value is a JSON " + ("array" if "L" in template else "object")
        )
    return _wire_value(template, index, attribute.target)


def _is_wire(template: Any) -> bool:
    """Whether a JSON value is in DynamoDB's form, {"M": {...}}."""
    return (
        isinstance(template, dict)
        and len(template) == 1
        and next(iter(template)) in ("M", "L")
        and isinstance(next(iter(template.values())), dict | list)
    )


def _to_wire(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"M": {name: _to_wire(part) for name, part in value.items()}}
    if isinstance(value, list):
        return {"L": [_to_wire(part) for part in value]}
    if isinstance(value, bool):
        return {"BOOL": value}
    if value is None:
        return {"NULL": True}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def _wire_value(template: Any, index: dict[str, int], where: str) -> Value:
    """Compile a template in DynamoDB's form; parts whose columns are all NULL are left out."""
    if not (isinstance(template, dict) and len(template) == 1):
        raise TableError(
            f"attribute {where}: {_short(str(template))} is not in DynamoDB's form, for example "
            '{"S": "${column}"}'
        )
    kind, inner = next(iter(template.items()))
    if kind == "M" and isinstance(inner, dict):
        return _map_value({name: _wire_value(part, index, where) for name, part in inner.items()})
    if kind == "L" and isinstance(inner, list):
        parts = tuple(_wire_value(part, index, where) for part in inner)
        return lambda row: {"L": [m for m in (p(row) for p in parts) if m is not None]}
    if kind in ("S", "N", "BOOL") and isinstance(inner, str):
        return _scalar_value(kind, inner, index, where)
    if kind in ("BOOL", "NULL") and isinstance(inner, bool):
        return lambda _row: {kind: inner}
    raise TableError(f"attribute {where}: {kind!r} is not one of {', '.join(sorted(_WIRE_TYPES))}")


def _scalar_value(kind: str, template: str, index: dict[str, int], target: str) -> Value:
    text_of = _template(template, index)
    if kind == "S":

        def value(row: Row) -> Any:
            text = text_of(row)
            return None if text is None else {"S": text}

    elif kind == "N":

        def value(row: Row) -> Any:
            text = text_of(row)
            if text is None:
                return None
            text = text.strip(" ")
            if not _DECIMAL(text):
                raise RejectedRowError(f"attribute {target}: {_short(text)} is not a number")
            return {"N": text.lstrip("+")}

    else:

        def value(row: Row) -> Any:
            text = text_of(row)
            if text is None:
                return None
            truth = _TRUTH.get(text.strip().lower())
            if truth is None:
                raise RejectedRowError(f"attribute {target}: {_short(text)} is not true or false")
            return {"BOOL": truth}

    return value


def _template(template: str, index: dict[str, int]) -> Callable[[Row], str | None]:
    """Compile a text with ``${column}`` expressions; it is NULL when all its columns are."""
    parts = _EXPRESSION.split(template)
    if len(parts) == 1:
        return lambda _row: template
    if len(parts) == 3 and not parts[0] and not parts[2]:
        only = index[parts[1]]
        return lambda row: row[only]
    texts = tuple(parts[::2])
    places = tuple(index[name] for name in parts[1::2])

    def expand(row: Row) -> str | None:
        found = [row[i] for i in places]
        if all(text is None for text in found):
            return None
        pieces = [texts[0]]
        for text, after in zip(found, texts[1:], strict=True):
            pieces.append(text or "")
            pieces.append(after)
        return "".join(pieces)

    return expand
