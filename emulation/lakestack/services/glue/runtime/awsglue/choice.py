"""Fields whose values are of two types: finding them, and settling them (`resolveChoice`).

Text columns come with the type that the catalog declares (`pending`). A value that does not fit its
type makes the field a choice of that type and string, as on AWS, or double for 2.5 among whole
numbers; a DataFrame then has a struct with a field for each type, of which one is set.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import ArrayType, StructType

from .columns import WHOLE_NUMBERS, convert, has_fraction, mapped_type, quoted
from .exact_names import selected
from .gluetypes import glue_name

LOG = logging.getLogger("GlueLogger")
ACTIONS = ("cast", "project", "make_cols", "make_struct", "match_catalog")


@dataclass(frozen=True)
class ResolveOption:
    """How `DynamicFrame.toDF` settles a field that is a choice.

    Args:
        path: of the field
        action: ``Project``, ``Cast`` or ``KeepAsStruct``
        target: the type, for ``Project`` and ``Cast``: one of awsglue.gluetypes, or its name
    """

    path: str
    action: str
    target: Any = None

    @property
    def spec(self) -> tuple[str, str] | None:
        """The same as `resolveChoice` takes it; None where the field stays as it is.

        Raises:
            ValueError: another action, or no type
        """
        action = self.action.lower()
        if action in ("keepasstruct", "make_struct"):
            return None
        if action not in ("cast", "project") or self.target is None:
            raise ValueError(
                f"{self!r} is no ResolveOption; expected Project or Cast with a type, or "
                "KeepAsStruct"
            )
        name = getattr(self.target, "simpleString", None)
        return self.path, f"{action}:{name() if name else self.target}"


@dataclass(frozen=True)
class Typed:
    """Records with types.

    Args:
        frame: a choice is a struct with a field for each type, named as Glue names it
        choices: names of the fields that are choices
    """

    frame: DataFrame
    choices: frozenset[str] = field(default=frozenset())


def settle(frame: DataFrame, pending: Mapping[str, str], choices: frozenset[str]) -> Typed:
    """Put the types on; reads the data once to see which columns have values that do not fit.

    Args:
        pending: Spark type of each text column
        choices: fields that are choices already
    """
    if not pending:
        return Typed(frame, choices)
    members = {name: _members(name, kind) for name, kind in pending.items()}
    tests = [
        (name, member, column.isNotNull())
        for name, columns in members.items()
        for member, column in list(columns.items())[1:]
    ]
    used: set[tuple[str, str]] = set()
    if tests:
        found = frame.agg(*(F.max(test) for _, _, test in tests)).collect()[0]
        used = {test[:2] for test, is_set in zip(tests, found, strict=True) if is_set}
    misfits = {name for name, _ in used}
    columns = []
    for name in frame.columns:
        if name not in members:
            columns.append(quoted(name))
            continue
        (own, column), *others = members[name].items()
        if name in misfits:
            each = [c.alias(member) for member, c in others if (name, member) in used]
            value = F.struct(column.alias(own), *each)
            column = F.when(quoted(name).isNotNull(), value)
        columns.append(column.alias(name))
    return Typed(selected(frame, *columns), choices | misfits)


def fitting(name: str, kind: str) -> Column:
    """A text column as its type; what does not fit is null."""
    return _members(name, kind)[glue_name(kind)]


def _members(name: str, kind: str) -> dict[str, Column]:
    """A text column as its own type, and as those of the values that do not fit it."""
    text, own = quoted(name), glue_name(kind)
    typed = convert(text, "string", kind)
    if own == "string":
        return {own: typed}
    if kind not in WHOLE_NUMBERS:
        return {own: typed, "string": F.when(typed.isNull() & (text != ""), text)}
    fraction = has_fraction(text)
    return {
        own: F.when(~fraction, typed),
        "double": F.when(fraction, convert(text, "string", "double")),
        "string": F.when(typed.isNull() & ~fraction & (text != ""), text),
    }


@dataclass
class Resolution:
    """The columns of a frame while choices are settled."""

    frame: DataFrame
    pending: dict[str, str]
    choices: set[str]
    columns: dict[str, list[Column]]

    def apply(self, name: str, action: str, target: str) -> None:
        """Settle one field."""
        if action in ("cast", "project"):
            column = one_of(self.frame, name) if name in self.choices else quoted(name)
            declared = "string" if name in self.pending or name in self.choices else ""
            self.columns[name] = [convert(column, declared, mapped_type(target)).alias(name)]
        elif name not in self.choices:
            return  # one type only: nothing to separate
        elif action == "make_cols":
            self.columns[name] = [
                quoted(name)[member].alias(f"{name}_{member}")
                for member in members(self.frame, name)
            ]
        self.pending.pop(name, None)
        self.choices.discard(name)

    def recast(self, path: str, target: str) -> bool:
        """Cast a field within structs and arrays (``a.b``, ``list[].price``), where it is one."""
        top, *parts = _steps(path)
        if top not in self.frame.columns or top in self.pending:
            return False
        found = _cast_within(quoted(top), self.frame.schema[top].dataType, parts, target)
        if found is not None:
            self.columns[top] = [found.alias(top)]
        return found is not None


def _steps(path: str) -> list[str]:
    """``a.b[].c`` as its steps: ``a``, ``b``, ``[]``, ``c``."""
    return [step for step in path.replace("[]", ".[]").split(".") if step]


def _is_inside(frame: DataFrame, path: str) -> bool:
    top, *parts = _steps(path)
    if top not in frame.columns:
        return False
    return _cast_within(quoted(top), frame.schema[top].dataType, parts, "string") is not None


def _cast_within(column: Column, kind: Any, parts: Sequence[str], target: str) -> Column | None:
    """A value with a part of it cast; None where it has no such part."""
    if not parts:
        return convert(column, "string" if kind.typeName() == "string" else "", target)
    step, *rest = parts
    if isinstance(kind, ArrayType):
        inner = rest if step == "[]" else parts
        if _cast_within(column, kind.elementType, inner, target) is None:
            return None
        return F.transform(column, partial(_cast_element, kind.elementType, inner, target))
    if not isinstance(kind, StructType) or step not in kind.names:
        return None
    found = _cast_within(column[step], kind[step].dataType, rest, target)
    return None if found is None else column.withField(f"`{step}`", found)


def _cast_element(kind: Any, parts: Sequence[str], target: str, element: Column) -> Column:
    found = _cast_within(element, kind, parts, target)
    return element if found is None else found


def parse(action: str) -> tuple[str, str]:
    """Split ``cast:double`` into action and type; scripts that AWS Glue generates have capitals.

    Raises:
        ValueError: it is no action of resolveChoice
    """
    kind, _, target = action.partition(":")
    kind = kind.lower()
    if kind not in ACTIONS or (kind in ("cast", "project")) != bool(target):
        raise ValueError(f"{action!r} is no action of resolveChoice; actions: {', '.join(ACTIONS)}")
    return kind, target


def resolve(
    frame: DataFrame,
    pending: Mapping[str, str],
    choices: frozenset[str],
    specs: Sequence[tuple[str, str]],
) -> Resolution:
    """Settle the fields that are named in `specs`; others stay as they are."""
    done = Resolution(
        frame, dict(pending), set(choices), {name: [quoted(name)] for name in frame.columns}
    )
    for path, action in specs:
        name, (kind, target) = path.strip("`"), parse(action)
        if name in done.columns:
            done.apply(name, kind, target)
        elif kind in ("cast", "project") and done.recast(name, mapped_type(target)):
            continue
        elif kind not in ("cast", "project") and _is_inside(frame, name):
            continue  # a field within another has one type here: nothing to separate
        else:
            LOG.warning("resolveChoice: there is no field %r", path)
    return done


def members(frame: DataFrame, name: str) -> list[str]:
    """Names of the types of a choice."""
    kind: Any = frame.schema[name].dataType
    return kind.names if isinstance(kind, StructType) else []


def one_of(frame: DataFrame, name: str) -> Column:
    """A choice's value as text, whichever type it has."""
    kind: Any = frame.schema[name].dataType
    texts = [
        F.to_json(quoted(name)[f.name])
        if isinstance(f.dataType, StructType) or f.dataType.typeName() in ("array", "map")
        else quoted(name)[f.name].cast("string")
        for f in kind.fields
    ]
    return F.coalesce(*texts)
