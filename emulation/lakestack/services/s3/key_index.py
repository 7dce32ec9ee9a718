"""The keys of a bucket in the order of listings, so that a page costs what the page holds.

LocalStack 4.9.2 keeps a bucket's objects in a dictionary and sorts all of them for each page.

The order is that of the keys' UTF-8 bytes, which is that of Python's strings (Amazon S3 User Guide,
"Listing object keys programmatically").
"""

from __future__ import annotations

import functools
import threading
import weakref
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from typing import Any

from lakestack import patches

BLOCK_KEYS = 1000
"""A block is split when it has twice as many: adding a key moves no more than that."""


class KeyIndex:
    """A sorted set of keys, in blocks; any thread may use it."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        ordered = sorted(keys)
        self._blocks = [ordered[i : i + BLOCK_KEYS] for i in range(0, len(ordered), BLOCK_KEYS)]
        self._last = [block[-1] for block in self._blocks]
        self._lock = threading.Lock()

    def add(self, key: str) -> None:
        """Add a key; nothing happens where it is there."""
        with self._lock:
            if not self._blocks:
                self._blocks, self._last = [[key]], [key]
                return
            at = min(bisect_left(self._last, key), len(self._last) - 1)
            block = self._blocks[at]
            place = bisect_left(block, key)
            if place < len(block) and block[place] == key:
                return
            insort(block, key, place)
            self._last[at] = block[-1]
            if len(block) > 2 * BLOCK_KEYS:
                self._blocks[at : at + 1] = [block[:BLOCK_KEYS], block[BLOCK_KEYS:]]
                self._last[at : at + 1] = [block[BLOCK_KEYS - 1], block[-1]]

    def remove(self, key: str) -> None:
        """Remove a key; nothing happens where it is not there."""
        with self._lock:
            at = bisect_left(self._last, key)
            if at == len(self._last):
                return
            block = self._blocks[at]
            place = bisect_left(block, key)
            if block[place] != key:
                return
            del block[place]
            if block:
                self._last[at] = block[-1]
            else:
                del self._blocks[at], self._last[at]

    def page(self, start: str, *, inclusive: bool, size: int) -> list[str]:
        """Keys in a row, from `start` on or after it: at most `size`, and none only at the end."""
        with self._lock:
            search = bisect_left if inclusive else bisect_right
            at = search(self._last, start)
            if at == len(self._last):
                return []
            block = self._blocks[at]
            place = search(block, start)
            return block[place : place + size]


_INDEXES: weakref.WeakKeyDictionary[Any, KeyIndex] = weakref.WeakKeyDictionary()
"""By LocalStack's key store. It is no part of the store: a saved state holds none of it."""
_CHANGING = threading.Lock()
"""A store and its index change together, and an index is made of a store that stands still."""


def index_of(store: Any) -> KeyIndex:
    """The index of a `KeyStore` or `VersionedKeyStore`, made when it is first asked for."""
    found = _INDEXES.get(store)
    if found is None:
        with _CHANGING:
            found = _INDEXES.get(store)
            if found is None:
                found = _INDEXES[store] = KeyIndex(list(store._store))
    return found


def install() -> None:
    """Keep the index of a store that has one in step with the store."""
    for kind in ("plain", "versioned"):
        patches.replace(f"s3.{kind}_set", _followed(patches.original(f"s3.{kind}_set")))
        patches.replace(f"s3.{kind}_pop", _followed(patches.original(f"s3.{kind}_pop")))


def _followed(change: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(change)
    def changed(self: Any, object_key: str, *arguments: Any, **options: Any) -> Any:
        with _CHANGING:
            result = change(self, object_key, *arguments, **options)
            index = _INDEXES.get(self)
            if index is not None:
                (index.add if object_key in self._store else index.remove)(object_key)
        return result

    return changed
