"""How objects are packed, read by other implementations than ours."""

from __future__ import annotations

import struct

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.firehose.compression import compress

BODY = b"".join(b"%d: a line of text\n" % i for i in range(40_000))


def _unpacked(data: bytes, size: int) -> bytes:
    return bytes(pyarrow.Codec("snappy").decompress(data, size, asbytes=True))


def _crc32c(data: bytes) -> int:
    """Bit by bit, after RFC 3720, appendix B.4."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _framed(data: bytes) -> bytes:
    """What a stream of the framing format unpacks to; its checksums are checked."""
    assert data[:10] == b"\xff\x06\x00\x00sNaPpY"
    found, at = b"", 10
    while at < len(data):
        assert data[at] == 0
        size = int.from_bytes(data[at + 1 : at + 4], "little")
        (masked,) = struct.unpack_from("<I", data, at + 4)
        packed = data[at + 8 : at + 4 + size]
        length, shift, place = 0, 0, 0
        while True:
            length |= (packed[place] & 127) << shift
            if packed[place] < 128:
                break
            shift, place = shift + 7, place + 1
        part = _unpacked(packed, length)
        rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
        assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == _crc32c(part)
        assert len(part) <= 65_536
        found, at = found + part, at + 4 + size
    return found


def test_snappy_is_the_framing_format() -> None:
    packed = compress(BODY, "Snappy", "k")
    assert len(packed) < len(BODY) / 2
    assert _framed(packed) == BODY


@given(st.binary(max_size=300))
def test_snappy_of_any_bytes(body: bytes) -> None:
    assert _framed(compress(body, "Snappy", "k")) == body


def test_hadoop_snappy_has_blocks_with_both_lengths() -> None:
    packed = compress(BODY, "HADOOP_SNAPPY", "k")
    found, at = b"", 0
    while at < len(packed):
        length, size = struct.unpack_from(">II", packed, at)
        found += _unpacked(packed[at + 8 : at + 8 + size], length)
        at += 8 + size
    assert found == BODY


@pytest.mark.parametrize("name", ["Snappy", "HADOOP_SNAPPY", "GZIP", "ZIP"])
def test_nothing_can_be_packed(name: str) -> None:
    compress(b"", name, "k")
