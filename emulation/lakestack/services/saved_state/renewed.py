"""What is made again instead of being saved: locks and the like, of which only the kind matters."""

from __future__ import annotations

import io
import itertools
import queue
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Renewed:
    """A kind of things that are made again.

    Attributes:
        tag: what stands for it
        type: exactly this
        parts: what of it is saved: a value of the graph
        make: an empty one
        fill: gives it its parts
    """

    tag: str
    type: type
    make: Callable[[], Any]
    parts: Callable[[Any], Any] = lambda _: None
    fill: Callable[[Any, Any], None] = lambda _thing, _parts: None


def _fill_event(event: Any, was_set: Any) -> None:
    if was_set:
        event.set()


def _fill_condition(condition: Any, lock: Any) -> None:
    """Give it its lock, which several may share."""
    vars(condition).clear()  # it has methods of its first one
    condition.__init__(lock)


def _fill_semaphore(semaphore: Any, value: Any) -> None:
    semaphore._value = int(value)


def _fill_queue(made: Any, items: Any) -> None:
    made.queue.extend(items)
    made.unfinished_tasks = len(items)


def _fill_buffer(made: io.BytesIO, content: Any) -> None:
    made.write(content)
    made.seek(0)


def _position(counter: Any) -> int:
    return int(counter.__reduce__()[1][0])


KINDS = (
    Renewed("lock", type(threading.Lock()), threading.Lock),
    Renewed("rlock", type(threading.RLock()), threading.RLock),
    Renewed(
        "condition",
        threading.Condition,
        threading.Condition,
        lambda condition: condition._lock,
        _fill_condition,
    ),
    Renewed("event", threading.Event, threading.Event, lambda e: e.is_set(), _fill_event),
    Renewed(
        "semaphore", threading.Semaphore, threading.Semaphore, lambda s: s._value, _fill_semaphore
    ),
    Renewed("queue", queue.Queue, queue.Queue, lambda q: list(q.queue), _fill_queue),
    Renewed("lifo", queue.LifoQueue, queue.LifoQueue, lambda q: list(q.queue), _fill_queue),
    Renewed(
        "priority", queue.PriorityQueue, queue.PriorityQueue, lambda q: list(q.queue), _fill_queue
    ),
    Renewed("buffer", io.BytesIO, io.BytesIO, io.BytesIO.getvalue, _fill_buffer),
    Renewed(
        "weak-values",
        weakref.WeakValueDictionary,
        weakref.WeakValueDictionary,
        lambda kept: list(kept.items()),
        lambda made, pairs: made.update(pairs),
    ),
)
BY_TYPE = {kind.type: kind for kind in KINDS}
BY_TAG = {kind.tag: kind for kind in KINDS}
COUNTER = type(itertools.count())
"""`itertools.count`, whose value cannot be changed once it is made: see `graph`."""
position = _position
