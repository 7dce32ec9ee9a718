"""Counts the ratings that Firehose has delivered, reading each object once.

Firehose delivers at least once (Amazon Data Firehose Developer Guide, 'Understand data delivery
in Amazon Data Firehose'), so records and distinct records are counted apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pipeline.distinct_keys import DistinctKeys
from pipeline.lake import Lake

__all__ = ["Delivered", "events"]

Event = tuple[int, int, float, int]

_LINE_END: Final = re.compile(r"\r\n|\n|\r")  # as Spark has it: U+2028 is text
_BETWEEN: Final = " \t,"
_NO_UTF8: Final = re.compile("[\udc80-\udcff]")
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
"""Strings, and the brackets outside of them."""


@dataclass
class Delivered:
    """What lies below the delivery prefix, as far as it has been read."""

    lake: Lake
    records: int = 0
    distinct: DistinctKeys = field(default_factory=DistinctKeys)
    strange: int = 0
    """Pieces that are no rating event."""
    objects: int = 0
    _seen: set[str] = field(default_factory=set)

    def refresh(self) -> None:
        """Read the objects that are new. A delivered object never changes."""
        for entry in self.lake.objects(self.lake.settings.delivery_prefix):
            if entry["Key"] in self._seen or not entry["Size"]:
                continue
            self._add(self.lake.read(entry["Key"]))
            self._seen.add(entry["Key"])
            self.objects += 1

    @classmethod
    def once(cls, lake: Lake) -> Delivered:
        """All that is there, but not read again in a run that has changed nothing since."""

        def read() -> Delivered:
            found = cls(lake)
            found.refresh()
            return found

        return lake.once.get("delivered", read)

    def _add(self, body: bytes) -> None:
        for event in events(body):
            self.records += 1
            if event is None:
                self.strange += 1
            else:
                self.distinct.add(event)


def events(body: bytes) -> Iterator[Event | None]:
    """The rating events of an object, None for what is none.

    Events may follow each other with a newline or with nothing between them. One that has bytes
    that are no UTF-8, or is no JSON, is none; reading goes on behind its brackets, or where it has
    none at the next ``{``, as the Glue job does, so that both count alike.
    """
    for line in _LINE_END.split(body.decode("utf-8", "surrogateescape")):
        yield from _joined(line.strip())


def _joined(line: str) -> Iterator[Event | None]:
    decoder = json.JSONDecoder()
    position = 0
    while position < len(line):
        if line[position] in _BETWEEN:
            position += 1
            continue
        start = position
        try:
            found, position = decoder.raw_decode(line, position)
        except (ValueError, RecursionError) as error:
            yield None
            if isinstance(error, json.JSONDecodeError) and error.pos >= len(line):
                return  # cut off
            position = _end_of_broken(line, position)
            continue
        if _NO_UTF8.search(line, start, position):
            yield None
            continue
        for one in found if isinstance(found, list) else [found]:
            yield _event(one)


def _end_of_broken(line: str, start: int) -> int:
    depth = 0
    for token in _TOKENS.finditer(line, start) if line[start] in "{[" else ():
        depth += 1 if token[0] in "{[" else -1 if token[0] in "}]" else 0
        if depth <= 0 and token[0] in "}]":
            return token.end()
    following = line.find("{", start + 1)
    return len(line) if following < 0 else following


def _event(found: object) -> Event | None:
    if not isinstance(found, dict):
        return None
    try:
        return (
            int(found["userId"]),
            int(found["movieId"]),
            float(found["rating"]),
            int(found["timestamp"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
