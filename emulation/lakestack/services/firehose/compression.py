"""How an object's bytes are packed: API "CompressionFormat".

"Snappy" is the framing format (google/snappy, framing_format.txt), "HADOOP_SNAPPY" the blocks of
Hadoop's `BlockCompressorStream`: the length of what a block unpacks to, then chunks with theirs.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

UNCOMPRESSED, GZIP, ZIP = "UNCOMPRESSED", "GZIP", "ZIP"
SNAPPY, HADOOP_SNAPPY = "Snappy", "HADOOP_SNAPPY"

EXTENSIONS = {
    UNCOMPRESSED: "",
    GZIP: ".gz",
    ZIP: ".zip",
    SNAPPY: ".snappy",
    HADOOP_SNAPPY: ".hsnappy",
}
"""File extension by format."""

NEEDS_ARROW = (SNAPPY, HADOOP_SNAPPY)
"""Formats that pyarrow packs."""

_STREAM_IDENTIFIER = b"\xff\x06\x00\x00sNaPpY"
_FRAME_BYTES = 65_536
_HADOOP_BLOCK_BYTES = 256 * 1024
_COMPRESSED_CHUNK = b"\x00"
_MASK_DELTA = 0xA282EAD8


def compress(body: bytes, compression: str, key: str) -> bytes:
    """Return the body compressed; a ZIP archive has one member, named as the object."""
    if compression == GZIP:
        return gzip.compress(body)
    if compression == ZIP:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr(key.rsplit("/", 1)[-1].removesuffix(".zip"), body)
        return archive.getvalue()
    if compression == SNAPPY:
        return _STREAM_IDENTIFIER + b"".join(_frames(body))
    if compression == HADOOP_SNAPPY:
        return b"".join(_hadoop_blocks(body))
    return body


def _frames(body: bytes) -> Iterator[bytes]:
    from awscrt.checksums import crc32c  # loaded when it is needed: so the emulator starts sooner

    codec = _codec()
    for start in range(0, len(body), _FRAME_BYTES):
        part = body[start : start + _FRAME_BYTES]
        packed = codec.compress(part, asbytes=True)
        checksum = crc32c(part)
        masked = (((checksum >> 15) | (checksum << 17)) + _MASK_DELTA) & 0xFFFFFFFF
        size = (len(packed) + 4).to_bytes(3, "little")
        yield _COMPRESSED_CHUNK + size + struct.pack("<I", masked) + packed


def _hadoop_blocks(body: bytes) -> Iterator[bytes]:
    codec = _codec()
    for start in range(0, len(body), _HADOOP_BLOCK_BYTES):
        part = body[start : start + _HADOOP_BLOCK_BYTES]
        packed = codec.compress(part, asbytes=True)
        yield struct.pack(">II", len(part), len(packed)) + packed


def _codec() -> Any:
    import pyarrow  # loaded when it is needed: so the emulator starts sooner

    return pyarrow.Codec("snappy")
