"""Sequence numbers, shard ids and hash keys as Kinesis makes them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

HASH_KEYS = 2**128
"""Number of hash keys; a stream's shards divide 0 .. HASH_KEYS - 1 among them."""

MIN_SEQUENCE_DIGITS = 56

# 47 hexadecimal digits, the first of them 2, print as 56 decimal digits beginning with 49 as
# AWS's do. From high to low: marker, shard's epoch, position in the shard, arrival second, shard.
_MARKER = 2
_EPOCH, _POSITION, _SECOND, _SHARD = 40, 64, 48, 32
_BITS = _EPOCH + _POSITION + _SECOND + _SHARD


@dataclass(frozen=True, slots=True)
class SequenceParts:
    """What a sequence number encodes.

    Args:
        epoch: second in which the shard was created, larger than its parents' epochs
        position: how many records the shard had received before this one
        second: second of arrival
        shard: number of the shard within the stream
    """

    epoch: int
    position: int
    second: int
    shard: int


def encode_sequence(parts: SequenceParts) -> int:
    """Return the number; it grows with epoch, then with position in the shard."""
    number = _MARKER
    for value, bits in (
        (parts.epoch, _EPOCH),
        (parts.position, _POSITION),
        (parts.second, _SECOND),
        (parts.shard, _SHARD),
    ):
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{value} does not fit into {bits} bits of a sequence number")
        number = number << bits | value
    return number


def later(position: int, second: int) -> int:
    """What a record's position and second add to its shard's number, that of (epoch, 0, 0, shard).

    The same as `encode_sequence`, for the data plane, which makes one for every record.
    """
    return (position << _SECOND | second) << _SHARD


def decode_sequence(number: int) -> SequenceParts:
    """Invert `encode_sequence`.

    Raises:
        ValueError: the number was not made by `encode_sequence`
    """
    if number < 0 or number >> _BITS != _MARKER:
        raise ValueError(f"{number} is not a sequence number of this emulator")
    shard = number & (1 << _SHARD) - 1
    second = number >> _SHARD & (1 << _SECOND) - 1
    position = number >> (_SHARD + _SECOND) & (1 << _POSITION) - 1
    epoch = number >> (_SHARD + _SECOND + _POSITION) & (1 << _EPOCH) - 1
    return SequenceParts(epoch, position, second, shard)


def ordinal(number: int) -> int:
    """How many records the shard had received up to and with the one of this sequence number."""
    return number >> (_SHARD + _SECOND) & (1 << _POSITION) - 1


def shard_id(number: int) -> str:
    """Name the shard, for example ``shardId-000000000000``."""
    return f"shardId-{number:012d}"


def hash_key(partition_key: str) -> int:
    """Hash key of a record: the MD5 of its partition key as a 128-bit number (API "PutRecord")."""
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest, "big")


def even_ranges(count: int) -> list[tuple[int, int]]:
    """Divide all hash keys into `count` contiguous (first, last) ranges of equal size."""
    edges = [HASH_KEYS * i // count for i in range(count + 1)]
    return [(first, after - 1) for first, after in pairwise(edges)]
