"""ItemBatcher: items of a Distributed Map put together for one child execution.

AWS Step Functions Developer Guide, "ItemBatcher (Map)": a child gets ``{"Items": [...]}``, with
``BatchInput`` merged in beside them. LocalStack's grammar has no such field, so it is taken out of
a definition before that is parsed and given to the state afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localstack.services.stepfunctions.asl.utils.json_path import extract_json

FIELD = "ItemBatcher"
MAX_INPUT_BYTES = 262_144
"""Developer Guide, "Quotas": of a child's input, and of MaxInputBytesPerBatch."""

_COUNT, _BYTES, _INPUT = "MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"
_FIELDS = (_COUNT, f"{_COUNT}Path", _BYTES, f"{_BYTES}Path", _INPUT)


class BatcherError(Exception):
    """An ItemBatcher is not valid, or asks for what is not emulated."""


@dataclass(frozen=True)
class ItemBatcher:
    """A checked ItemBatcher, with what it was written as."""

    written: dict[str, Any]

    @classmethod
    def parse(cls, state: str, written: Any, processor: Any) -> ItemBatcher:
        """Check the field.

        Args:
            state: the Map state's name, for messages
            processor: its ItemProcessor

        Raises:
            BatcherError: AWS does not take it, or it is not emulated
        """
        where = f"{FIELD} of state '{state}'"
        config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
        if not isinstance(config, dict) or config.get("Mode") != "DISTRIBUTED":
            raise BatcherError(f"{where} is only for a Map with Mode DISTRIBUTED")
        if not isinstance(written, dict) or set(written) - set(_FIELDS):
            raise BatcherError(f"{where} has other fields than {', '.join(_FIELDS)}")
        limits = [name for name in _FIELDS[:4] if name in written]
        if not limits:
            raise BatcherError(f"{where} needs {_COUNT} or {_BYTES}")
        for name in limits:
            if name in (_COUNT, _BYTES):
                _limit(where, name, written[name])
            elif not isinstance(written[name], str) or not written[name].startswith("$"):
                raise BatcherError(f"{where}: {name} must be a reference path")
        for key, path in _paths(written.get(_INPUT)):
            if not isinstance(path, str) or not path.startswith("$"):
                raise BatcherError(f"{where}: '{key}' must be a path: functions are not emulated")
        return cls(written)

    def batches(self, items: list[Any], state_input: Any, context: Any) -> list[dict[str, Any]]:
        """The inputs of the children.

        Args:
            items: after the ItemSelector
            state_input: of the Map state, for paths
            context: the Context object, for paths with ``$$``

        Raises:
            BatcherError: a path leads to no valid number, or an item alone is too large
        """
        count = self._number(_COUNT, state_input)
        room = self._number(_BYTES, state_input)
        shared: dict[str, Any] = {}
        if _INPUT in self.written:
            shared[_INPUT] = _resolved(self.written[_INPUT], state_input, context)
        limit = min(room or MAX_INPUT_BYTES, MAX_INPUT_BYTES)
        empty = len(_text({**shared, "Items": []}))
        found: list[dict[str, Any]] = []
        size = 0
        for item in items:
            needed = len(_text(item)) + 1
            if empty + needed > limit:
                raise BatcherError(
                    f"an item of {needed} bytes does not fit into a batch of {limit} bytes"
                )
            full = not found or size + needed > limit
            if full or (count is not None and len(found[-1]["Items"]) >= count):
                found.append({**shared, "Items": []})
                size = empty
            found[-1]["Items"].append(item)
            size += needed
        return found

    def _number(self, name: str, state_input: Any) -> int | None:
        if name in self.written:
            return int(self.written[name])
        if path := self.written.get(f"{name}Path"):
            value = extract_json(path, state_input)
            _limit(FIELD, f"{name}Path", value)
            return int(value)
        return None


def _limit(where: str, name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BatcherError(f"{where}: {name} must be a positive integer; received {value!r}")
    if name.startswith(_BYTES) and value > MAX_INPUT_BYTES:
        raise BatcherError(f"{where}: {name} must be at most {MAX_INPUT_BYTES}; received {value}")


def _paths(template: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(template, dict):
        for key, value in template.items():
            if key.endswith(".$"):
                yield key, value
            else:
                yield from _paths(value)
    elif isinstance(template, list):
        for value in template:
            yield from _paths(value)


def _resolved(template: Any, state_input: Any, context: Any) -> Any:
    if isinstance(template, list):
        return [_resolved(value, state_input, context) for value in template]
    if not isinstance(template, dict):
        return template
    found = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            found[key] = _resolved(value, state_input, context)
        elif value.startswith("$$"):
            found[key[:-2]] = extract_json(value[1:], context)
        else:
            found[key[:-2]] = extract_json(value, state_input)
    return found


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=str).encode()
