"""Objects as JSON and back: each once, whoever refers to it, in cycles too.

The document is ``{"classes": [name, …], "nodes": [node, …], "roots": {name: value}}``. A value is a
JSON scalar, or ``[n]``: the node of that number. A node is ``[tag, …]``:

=============  ==========================================================================
``list`` …     list, ``tuple``, ``set``, ``frozenset``: their items
``dict``       keys and values in turn; ``ordered``, ``counter``; ``default``: factory first
``deque``      largest length, then the items
``object``     class, kind of contents, contents or None, then names and values of attributes
``enum``       class, and the member's name
``class``      a class
``method``     a function of its class, by name, and the object that it is bound to
``place``      something that is there wherever the snapshot is loaded (`Places`)
others         `values` and `renewed`
=============  ==========================================================================

Nothing of a class is run: an object is made by ``object.__new__`` and gets its attributes.
Classes are those of `classes`. What cannot be saved is named in `Encoder.omitted`, and None comes
back in its place.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import FunctionType, MappingProxyType, MethodType
from typing import Any

from lakestack.services.saved_state import classes, keys, renewed, values

Document = dict[str, Any]
Value = Any
"""A JSON scalar or ``[n]``."""

Where = tuple[Any, ...]
"""What holds something: that of the holder, and a name or key in it."""

REMADE = "?"
"""Stands for the factory of a dictionary which the constructor of its holder has made."""

LARGE = 4096
"""Bytes from which on a text of bytes is kept beside the document."""

BASES: dict[str, type] = {
    "dict": dict,
    "list": list,
    "set": set,
    "deque": deque,
    "tuple": tuple,
    "frozenset": frozenset,
    "str": str,
    "bytes": bytes,
    "int": int,
    "float": float,
    "error": BaseException,
}
"""What a class may be derived from, by the tag of the contents."""
FACTORIES: dict[str, Any] = {
    each.__name__: each
    for each in (list, dict, set, int, float, str, OrderedDict, Counter, deque, bool, tuple)
}
"""The builtins that make missing values of a dictionary."""


_PLAIN: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("list", "set", "deque", "tuple", "frozenset"), list),
    "dict": lambda value: [part for pair in list(dict.items(value)) for part in pair],
    "str": str.__str__,
    "bytes": bytes,
    "int": int,
    "float": float,
    "error": lambda error: list(error.args),
}


@dataclass
class Places:
    """What is not saved as such, because it is there where the snapshot is loaded.

    Attributes:
        by_id: ``id(thing)``: its name, a list of JSON scalars
        without: by class's name: attributes that are not saved, and come back as None
        remade: names of functions that are not saved, and made again after the load
    """

    by_id: dict[int, list[Any]] = field(default_factory=dict)
    without: Mapping[str, frozenset[str]] = field(default_factory=dict)
    remade: frozenset[str] = frozenset()


class Encoder:
    """Writes one document.

    Args:
        places: what the document only names
        keep: keeps large bytes, and returns a name for them

    Attributes:
        omitted: what was left out, as ``root.attribute: type``
    """

    def __init__(self, places: Places, keep: Callable[[bytes], str]) -> None:
        self._places, self._keep = places, keep
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no id is given twice
        self._nodes: list[list[Any] | None] = []
        self._classes: dict[str, int] = {}
        self._names: dict[type, int | None] = {}
        self._waiting: deque[tuple[int, Any, Where]] = deque()
        self._texts: dict[bytes, int] = {}
        self._roots: Document = {}
        self.omitted: list[str] = []

    def add(self, name: str, value: Any) -> None:
        """Write a root; what it shares with others is written once."""
        self._roots[name] = self._value(value, (name, None))
        while self._waiting:
            number, each, where = self._waiting.popleft()
            self._nodes[number] = self._node(each, where)

    @property
    def document(self) -> Document:
        """All roots that were added."""
        return {"classes": list(self._classes), "nodes": self._nodes, "roots": self._roots}

    def _value(self, value: Any, where: Where) -> Value:
        kind = type(value)
        if value is None or kind is str or kind is bool or kind is int:
            return value
        if kind is float and math.isfinite(value):
            return value
        if kind is bytes:  # by content: shared or not is no matter
            if (number := self._texts.get(value)) is None:
                number = self._texts[value] = len(self._nodes)
                self._nodes.append(self._bytes(value))
            return [number]
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._nodes)
            self._kept.append(value)
            self._nodes.append(None)
            self._waiting.append((number, value, where))
        return [number]

    def _bytes(self, value: bytes) -> list[Any]:
        if len(value) < LARGE:
            return ["bytes", values.BY_TYPE[bytes].write(value)]
        return ["large", self._keep(value)]

    def _node(self, value: Any, where: Where) -> list[Any]:
        kind = type(value)
        if (place := self._places.by_id.get(id(value))) is not None:
            return ["place", *place]
        if (write := _CONTAINERS.get(kind)) is not None:
            return write(self, value, where)
        if (atom := values.BY_TYPE.get(kind)) is not None:
            return [atom.tag, atom.write(value)]
        if (again := renewed.BY_TYPE.get(kind)) is not None:
            return [again.tag, self._value(again.parts(value), (where, "contents"))]
        return self._other(value, where)

    def _other(self, value: Any, where: Where) -> list[Any]:
        if isinstance(value, threading.Thread):
            return ["none"]  # begun again by the service that it belongs to
        if isinstance(value, type):
            return self._class_node(value, where)
        if isinstance(value, MethodType):
            return self._method(value, where)
        if (key := keys.write(value)) is not None:
            return key
        return self._object(value, where)

    def _class_node(self, value: type, where: Where) -> list[Any]:
        number = self._class(value)
        if number is None:
            return self._omit(value, where)
        return ["class", number]

    def _method(self, value: MethodType, where: Where) -> list[Any]:
        function = value.__func__
        name = classes.name_of(function) if isinstance(function, FunctionType) else None
        if name is None:
            return self._omit(value, where)
        return ["method", name, self._value(value.__self__, (where, "self"))]

    def _object(self, value: Any, where: Where) -> list[Any]:
        kind = type(value)
        number = self._class(kind)
        if number is None:
            return self._omit(value, where)
        if isinstance(value, Enum):
            return ["enum", number, value.name]
        base, contents = self._contents(value, where)
        without = self._places.without.get(f"{kind.__module__}:{kind.__qualname__}", frozenset())
        attributes: list[Any] = []
        for name, part in _attributes(value):
            attributes += [name, None if name in without else self._value(part, (where, name))]
        return ["object", number, base, contents, *attributes]

    def _contents(self, value: Any, where: Where) -> tuple[str | None, Value]:
        for tag, base in BASES.items():
            if isinstance(value, base):
                return tag, self._value(_PLAIN[tag](value), (where, "contents"))
        return None, None

    def _class(self, kind: type) -> int | None:
        if kind not in self._names:
            name = classes.name_of(kind)
            self._names[kind] = (
                None if name is None else self._classes.setdefault(name, len(self._classes))
            )
        return self._names[kind]

    def _factory(self, factory: Any, where: Where) -> Any:
        if factory is None:
            return None
        for name, builtin in FACTORIES.items():
            if factory is builtin:
                return name
        if isinstance(factory, type | FunctionType) and (name_ := classes.name_of(factory)):
            return name_
        if _is_made_by_init(factory):
            return REMADE
        self._omit(factory, (where, "default factory"))
        return None

    def _items(self, value: Mapping[Any, Any], where: Where) -> list[Value]:
        found: list[Value] = []
        for key, part in list(value.items()):
            found.append(self._value(key, (where, "key")))
            found.append(self._value(part, (where, key)))
        return found

    def _each(self, value: Any, where: Where) -> list[Value]:
        return [self._value(part, (where, "item")) for part in list(value)]

    def _omit(self, value: Any, where: Where) -> list[Any]:
        kind = type(value)
        if _name(value) in self._places.remade:
            return ["none"]
        self.omitted.append(f"{_path(where)}: {kind.__module__}.{kind.__qualname__}")
        return ["none"]


def _sequence(encoder: Encoder, value: Any, where: Where) -> list[Any]:
    return [type(value).__name__, *encoder._each(value, where)]


def _mapping(tag: str) -> Callable[[Encoder, Any, Where], list[Any]]:
    return lambda encoder, value, where: [tag, *encoder._items(value, where)]


def _default(encoder: Encoder, value: Any, where: Where) -> list[Any]:
    factory = encoder._factory(value.default_factory, where)
    return ["default", factory, *encoder._items(value, where)]


_CONTAINERS: dict[type, Callable[[Encoder, Any, Where], list[Any]]] = {
    **dict.fromkeys((list, tuple, set, frozenset), _sequence),
    dict: _mapping("dict"),
    MappingProxyType: _mapping("dict"),
    OrderedDict: _mapping("ordered"),
    Counter: _mapping("counter"),
    defaultdict: _default,
    deque: lambda encoder, value, where: ["deque", value.maxlen, *encoder._each(value, where)],
    renewed.COUNTER: lambda _encoder, value, _where: ["count", renewed.position(value)],
}


def _attributes(value: Any) -> list[tuple[str, Any]]:
    found = list(vars(value).items()) if hasattr(value, "__dict__") else []
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found.append((name, getattr(value, name)))
    return found


def _name(value: Any) -> str:
    return f"{value.__module__}:{value.__qualname__}" if isinstance(value, FunctionType) else ""


def _is_made_by_init(factory: Any) -> bool:
    """Whether the constructor of a backend of moto's, or of a part of it, makes this function."""
    return _name(factory).startswith("moto.") and ".__init__.<locals>." in _name(factory)


def _path(where: Where) -> str:
    names: list[str] = []
    while isinstance(where, tuple):
        where, name = where
        if name is not None:
            names.append(name if isinstance(name, str) else repr(name))
    names.append(str(where))
    return ".".join(reversed(names))
