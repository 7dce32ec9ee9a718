"""Counts the ratings that Firehose has delivered, reading each object once.

Firehose delivers at least once (Amazon Data Firehose Developer Guide, 'Understand data delivery
in Amazon Data Firehose'), so records and distinct records are counted apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.lake import Lake

__all__ = ["Delivered", "events"]

Event = tuple[int, int, float, int]


@dataclass
class Delivered:
    """What lies below the delivery prefix, as far as it has been read."""

    lake: Lake
    records: int = 0
    distinct: set[Event] = field(default_factory=set)
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

    def _add(self, body: bytes) -> None:
        for event in events(body):
            self.records += 1
            if event is None:
                self.strange += 1
            else:
                self.distinct.add(event)


def events(body: bytes) -> Iterator[Event | None]:
    """The rating events of an object, None for what is none.

    Events may follow each other with a newline or with nothing between them.
    """
    for line in body.decode("utf-8", "replace").splitlines():
        try:
            yield _event(json.loads(line))
        except ValueError:
            yield from _joined(line)


def _joined(line: str) -> Iterator[Event | None]:
    decoder = json.JSONDecoder()
    position = 0
    while position < len(line):
        try:
            found, position = decoder.raw_decode(line, position)
        except ValueError:
            yield None
            return
        yield _event(found)
        while position < len(line) and line[position].isspace():
            position += 1


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
    except (KeyError, TypeError, ValueError):
        return None
