"""The other half of `graph`: objects from a document, of classes that a snapshot may name."""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from enum import Enum
from types import MethodType
from typing import Any

from lakestack.errors import SnapshotError
from lakestack.services.saved_state import classes, keys, renewed, values
from lakestack.services.saved_state.graph import BASES, FACTORIES, REMADE, Document

_IMMUTABLE = ("tuple", "frozenset", "str", "bytes", "int", "float", "error")
_DICTS = ("dict", "ordered", "counter", "default")


class Decoder:
    """Reads one document.

    Args:
        locate: gives what a place names
        kept: gives large bytes by their name
    """

    def __init__(
        self,
        document: Document,
        locate: Callable[[list[Any]], Any],
        kept: Callable[[str], bytes],
    ) -> None:
        self._document, self._locate, self._kept = document, locate, kept
        self._made: dict[int, Any] = {}
        self._making: set[int] = set()

    def decode(self) -> dict[str, Any]:
        """The roots by name.

        Raises:
            SnapshotError: the document is not one of `graph`'s, or names what there is not
        """
        try:
            self._classes = [classes.class_of(name) for name in self._document["classes"]]
            self._nodes: list[list[Any]] = self._document["nodes"]
            for number in range(len(self._nodes)):
                self._thing(number)
            # Keys and items that are objects come last: their hash may depend on what they hold.
            steps = (
                self._fill_attributes,
                self._fill_sequence,
                self._fill_named,
                self._fill_hashed,
            )
            for fill in steps:
                for number, node in enumerate(self._nodes):
                    fill(self._made[number], node)
            return {name: self._value(value) for name, value in self._document["roots"].items()}
        except SnapshotError:
            raise
        except (
            *(AttributeError, KeyError, IndexError, TypeError, ValueError, ArithmeticError),
            RecursionError,
        ) as e:
            raise SnapshotError(f"the document is damaged: {type(e).__name__}: {e}") from e

    def _value(self, value: Any) -> Any:
        return self._thing(value[0]) if type(value) is list else value

    def _thing(self, number: int) -> Any:
        """A node's object, without its parts unless it cannot be without them."""
        if number in self._made:
            return self._made[number]
        if number in self._making or number < 0:
            raise SnapshotError("the document is damaged: something holds itself")
        self._making.add(number)
        made = self._made[number] = self._shell(self._nodes[number])
        self._making.discard(number)
        return made

    def _shell(self, node: list[Any]) -> Any:
        tag = node[0]
        if tag in values.BY_TAG:
            return values.BY_TAG[tag].read(node[1])
        if tag in renewed.BY_TAG:
            return renewed.BY_TAG[tag].make()
        if tag not in _SHELLS:
            raise SnapshotError(f"the document is damaged: {tag!r} is no tag")
        return _SHELLS[tag](self, node)

    def _member(self, node: list[Any]) -> Any:
        kind = self._classes[node[1]]
        if not issubclass(kind, Enum):
            raise SnapshotError(f"{kind.__qualname__} is no enumeration")
        return kind[node[2]]

    def _object(self, node: list[Any]) -> Any:
        kind, base = self._classes[node[1]], node[2]
        if base is None:
            return object.__new__(kind)
        root: Any = BASES[base]
        if not issubclass(kind, root):
            raise SnapshotError(f"{kind.__qualname__} is no {base}")
        if base not in _IMMUTABLE:
            return root.__new__(kind)
        contents = self._value(node[3])
        if base in ("tuple", "frozenset"):
            # A list is empty as yet: its parts are read from the node.
            contents = [self._value(part) for part in self._nodes[node[3][0]][1:]]
        if base == "error":
            contents = [self._value(part) for part in self._nodes[node[3][0]][1:]]
            return BaseException.__new__(kind, *contents)
        return root.__new__(kind, contents)

    def _method(self, node: list[Any]) -> Any:
        function = classes.factory_of(node[1])
        return MethodType(function, self._value(node[2]))

    def _factory(self, name: str | None) -> Any:
        if name is None or name == REMADE:
            return None
        return FACTORIES[name] if name in FACTORIES else classes.factory_of(name)

    def _fill_attributes(self, made: Any, node: list[Any]) -> None:
        if node[0] == "object":
            for name, value in _pairs(node[4:]):
                # Not the class's own way to set it: a frozen one has none, others run code.
                object.__setattr__(made, name, self._value(value))

    def _fill_sequence(self, made: Any, node: list[Any]) -> None:
        if node[0] == "list":
            made.extend(map(self._value, node[1:]))
        elif node[0] == "deque":
            made.extend(map(self._value, node[2:]))
        elif node[0] in renewed.BY_TAG:
            parts = self._value(node[1])
            if isinstance(node[1], list) and self._nodes[node[1][0]][0] == "list":
                parts = [self._value(part) for part in self._nodes[node[1][0]][1:]]
            renewed.BY_TAG[node[0]].fill(made, parts)
        elif node[0] == "object" and node[2] in ("list", "deque"):
            BASES[node[2]].extend(made, self._parts(node))  # type: ignore[attr-defined]

    def _fill_named(self, made: Any, node: list[Any]) -> None:
        """Fill a dictionary whose keys are texts, numbers and the like."""
        if self._is_named(node):
            self._put(made, node)

    def _fill_hashed(self, made: Any, node: list[Any]) -> None:
        """Fill sets, and the dictionaries that are not filled yet."""
        if not self._is_named(node):
            self._put(made, node)

    def _is_named(self, node: list[Any]) -> bool:
        keys: list[Any] = []
        if node[0] in _DICTS:
            keys = node[2 if node[0] == "default" else 1 :: 2]
        elif node[0] == "object" and node[2] == "dict":
            keys = self._nodes[node[3][0]][1::2]
        elif node[0] == "set" or (node[0] == "object" and node[2] == "set"):
            return False
        return not any(isinstance(key, list) for key in keys)

    def _put(self, made: Any, node: list[Any]) -> None:
        tag = node[0]
        if tag in _DICTS:
            for key, value in _pairs(node[2 if tag == "default" else 1 :]):
                put = OrderedDict.__setitem__ if tag == "ordered" else dict.__setitem__
                put(made, self._value(key), self._value(value))
        elif tag == "set":
            made.update(map(self._value, node[1:]))
        elif tag == "object" and node[2] == "dict":
            put = OrderedDict.__setitem__ if isinstance(made, OrderedDict) else dict.__setitem__
            for key, value in _pairs(self._nodes[node[3][0]][1:]):
                put(made, self._value(key), self._value(value))
        elif tag == "object" and node[2] == "set":
            set.update(made, self._parts(node))

    def _parts(self, node: list[Any]) -> list[Any]:
        return [self._value(part) for part in self._nodes[node[3][0]][1:]]


def _frozen(decoder: Decoder, node: list[Any]) -> Any:
    base: Any = BASES[node[0]]
    return base(decoder._value(part) for part in node[1:])


_SHELLS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    **dict.fromkeys(("list", "dict", "set"), lambda _decoder, node: BASES[node[0]]()),
    **dict.fromkeys(("tuple", "frozenset"), _frozen),
    "none": lambda _decoder, _node: None,
    "large": lambda decoder, node: decoder._kept(node[1]),
    "ordered": lambda _decoder, _node: OrderedDict(),
    "counter": lambda _decoder, _node: Counter(),
    "default": lambda decoder, node: defaultdict(decoder._factory(node[1])),
    "deque": lambda _decoder, node: deque(maxlen=node[1]),
    "count": lambda _decoder, node: itertools.count(int(node[1])),
    "class": lambda decoder, node: decoder._classes[node[1]],
    "enum": Decoder._member,
    "place": lambda decoder, node: decoder._locate(node[1:]),
    "object": Decoder._object,
    "method": Decoder._method,
    "key": lambda _decoder, node: keys.read(node),
}


def _pairs(flat: list[Any]) -> list[tuple[Any, Any]]:
    if len(flat) % 2:
        raise SnapshotError("the document is damaged: a key without a value")
    return list(zip(flat[::2], flat[1::2], strict=True))
