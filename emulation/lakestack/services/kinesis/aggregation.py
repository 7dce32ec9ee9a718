"""Records that the Kinesis Producer Library has packed into one, taken apart.

"KPL Aggregated Record Format" (amazon-kinesis-producer, aggregation-format.md): four magic bytes, a
protobuf message with a table of partition keys, one of explicit hash keys and the records, which
refer to both by index, and the MD5 of that message. What is not exactly that is no aggregate, and
stays as it is, as with AWS's own libraries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES = 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_MAX_HASH_KEY = (1 << 128) - 1


class UserRecord(NamedTuple):
    """One record of an aggregate.

    Attributes:
        subsequence: its place in the aggregate, from 0
        explicit_hash_key: decimal, None where the record has none
    """

    subsequence: int
    partition_key: str
    explicit_hash_key: str | None
    data: bytes


class _MalformedError(ValueError):
    """Not a message of this format."""


def deaggregated(data: bytes) -> list[UserRecord] | None:
    """The records of an aggregate, or None for data that is none.

    Args:
        data: of a record of a stream; any bytes
    """
    if not data.startswith(MAGIC) or len(data) <= len(MAGIC) + _DIGEST_BYTES:
        return None
    message, digest = data[len(MAGIC) : -_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        return None
    try:
        return _records(message)
    except _MalformedError:
        return None


def _records(message: bytes) -> list[UserRecord]:
    keys: list[str] = []
    hash_keys: list[str] = []
    packed: list[bytes] = []
    for number, value in _fields(message):
        if number in (1, 2, 3) and not isinstance(value, bytes):
            raise _MalformedError(f"field {number} is no message")
        if not isinstance(value, bytes):
            continue
        if number == 1:
            keys.append(_text(value))
        elif number == 2:
            hash_keys.append(_hash_key(value))
        elif number == 3:
            packed.append(value)
    if not packed:
        raise _MalformedError("no records")
    return [_record(place, each, keys, hash_keys) for place, each in enumerate(packed)]


def _record(place: int, packed: bytes, keys: list[str], hash_keys: list[str]) -> UserRecord:
    key: int | None = None
    hash_key: int | None = None
    data: bytes | None = None
    for number, value in _fields(packed):
        if number == 1 and isinstance(value, int):
            key = value
        elif number == 2 and isinstance(value, int):
            hash_key = value
        elif number == 3 and isinstance(value, bytes):
            data = value
        elif number in (1, 2, 3):
            raise _MalformedError(f"field {number} of a record is of another kind")
    if key is None or data is None:
        raise _MalformedError("a record without partition key or data")
    if key >= len(keys) or (hash_key is not None and hash_key >= len(hash_keys)):
        raise _MalformedError("a record refers to a key that is not in the table")
    return UserRecord(place, keys[key], None if hash_key is None else hash_keys[hash_key], data)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and values of a message; each step moves on, so it ends with the message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise _MalformedError("field number 0")
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise _MalformedError(f"wire type {kind}")
        if size > len(message) - at:
            raise _MalformedError("a field is longer than the message")
        yield number, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 127) << (7 * shift)
        if byte < 128:
            return value, at + shift + 1
    raise _MalformedError("a number without end")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as e:
        raise _MalformedError("a key that is no UTF-8") from e


def _hash_key(value: bytes) -> str:
    text = _text(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 39) or int(text) > _MAX_HASH_KEY:
        raise _MalformedError("an explicit hash key that is no number of 128 bits")
    return text
