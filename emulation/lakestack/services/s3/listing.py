"""Which keys and common prefixes a page of a listing holds.

Amazon S3 API Reference, "ListObjects", "ListObjectsV2" and "ListObjectVersions". All positions are
keys as they are stored: only what is answered is URL-encoded, where `EncodingType` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lakestack.services.s3.key_index import KeyIndex

MAX_PAGE_KEYS = 1000
"""API "ListObjectsV2": "The response might contain fewer keys but will never contain more"."""
_CHUNK_KEYS = 250


@dataclass(frozen=True)
class Selection:
    """What a request selects, and where it begins.

    Attributes:
        start: a key; None: the first one
        inclusive: `start` itself is a part
        passed: common prefixes that this begins with were listed before: the request's marker
    """

    prefix: str = ""
    delimiter: str = ""
    start: str | None = None
    inclusive: bool = False
    passed: str | None = None


@dataclass(frozen=True)
class Entry:
    """A line of a listing: a key and what it holds, or a common prefix.

    Attributes:
        key: the key; the first key of a common prefix
        found: what `find` gave for the key
    """

    key: str
    found: Any
    common: str | None = None


def entries(index: KeyIndex, find: Callable[[str], Any], selection: Selection) -> Iterator[Entry]:
    """Yield what is selected, in order; a common prefix once, whatever it holds.

    Args:
        index: the keys there are
        find: what a key holds; None where it has been removed, or has nothing to list
    """
    prefix, delimiter = selection.prefix, selection.delimiter
    start, inclusive = selection.start, selection.inclusive
    if start is None or start < prefix:
        start, inclusive = prefix, True
    while chunk := index.page(start, inclusive=inclusive, size=_CHUNK_KEYS):
        for key in chunk:
            if not key.startswith(prefix):
                return
            start, inclusive = key, False
            if (found := find(key)) is None:
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                yield Entry(key, found)
                continue
            common = key[: end + len(delimiter)]
            if selection.passed is None or not selection.passed.startswith(common):
                yield Entry(key, found, common)
            if (behind := after_all(common)) is None:
                return
            start, inclusive = behind, True
            break


def after_all(prefix: str) -> str | None:
    """The least text that is larger than all texts of this prefix; None if there is none."""
    kept = prefix.rstrip("\U0010ffff")
    return kept[:-1] + chr(ord(kept[-1]) + 1) if kept else None


def shown_by(encoding_type: str | None) -> Callable[[str], str]:
    """How an answer shows keys: URL-encoded where the request asks for it."""
    return quote if encoding_type else str


def page_size(asked: int | None) -> int:
    """How many entries a page has at most."""
    return MAX_PAGE_KEYS if asked is None else min(asked, MAX_PAGE_KEYS)
