"""Makes aggregates as the Kinesis Producer Library does, after its published format."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

MAGIC = b"\xf3\x89\x9a\xc2"


def varint(number: int) -> bytes:
    """A number of protobuf."""
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def field(number: int, value: int | bytes) -> bytes:
    """A field of a message: a varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def sealed(message: bytes) -> bytes:
    """A message with what stands before and behind it."""
    return MAGIC + message + hashlib.md5(message, usedforsecurity=False).digest()


def aggregate(records: Sequence[tuple[str, bytes]], hash_keys: Sequence[str] = ()) -> bytes:
    """An aggregate.

    Args:
        records: partition key and data of each
        hash_keys: explicit hash keys of the first records
    """
    keys = list(dict.fromkeys(key for key, _ in records))
    message = b"".join(field(1, key.encode()) for key in keys)
    message += b"".join(field(2, key.encode()) for key in hash_keys)
    for place, (key, data) in enumerate(records):
        packed = field(1, keys.index(key))
        if place < len(hash_keys):
            packed += field(2, place)
        message += field(3, packed + field(3, data) + field(4, field(1, b"tag")))
    return sealed(message)
