"""Classify an object from its content: format, compression, columns and size figures."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyarrow import orc, parquet

from lakestack.services.glue import csv_classifier
from lakestack.services.glue.csv_classifier import CsvOptions
from lakestack.services.glue.schema_types import (
    Array,
    Column,
    GlueType,
    Struct,
    columns_of,
    merge_all,
    render,
    type_of,
)

UNKNOWN = "UNKNOWN"
SAMPLE_BYTES = 1 << 20
MAX_UNPACKED_BYTES = 4 << 20
LONGER_SAMPLES = (4 << 20, 16 << 20)
"""Bytes read, and unpacked, of an object whose first JSON document goes on beyond the sample."""
_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 4_096


@dataclass(frozen=True)
class FileSchema:
    """What the crawler learnt from one object.

    Attributes:
        records: records in the sample; `sampled_bytes` are the object's (compressed) bytes they
            came from, so that a whole object's records can be estimated
        properties: further table parameters of the format, such as ``delimiter``
        serde: settings that decide the SerDe (`csv_serde`, `quote`, `paths`)
    """

    classification: str
    columns: tuple[Column, ...]
    compression: str = "none"
    records: int = 0
    sampled_bytes: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    serde: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """The beginning of an object, and a way to the whole of it.

    Args:
        head: the first bytes, at most `SAMPLE_BYTES`
        size: bytes of the whole object
        read_range: returns the bytes from offset `start` on, `length` of them
    """

    head: bytes
    size: int
    read_range: Callable[[int, int], bytes]

    @property
    def whole(self) -> bool:
        return len(self.head) >= self.size


def classify(sample: Sample, custom: Sequence[CsvOptions] = ()) -> FileSchema:
    """Classify an object. Content nobody recognises is classified ``UNKNOWN``, without columns.

    Args:
        custom: custom CSV classifiers, tried first and in this order
    """
    if sample.head[:4] == b"PAR1":
        return _parquet(sample)
    if sample.head[:3] == b"ORC":
        return _orc(sample)
    text, compression, consumed, whole = _text(sample, MAX_UNPACKED_BYTES)
    schema = None if _is_binary(text) else _custom_csv(text, whole, custom)
    for size in LONGER_SAMPLES:
        if schema is not None or whole or not _first_document_is_cut(text):
            break
        head = sample.read_range(0, min(size, sample.size))
        sample = Sample(head, sample.size, sample.read_range)
        text, compression, consumed, whole = _text(sample, size)
    if schema is None and not whole and _first_document_is_cut(text):
        return FileSchema(UNKNOWN, (), compression)
    schema = schema or _json(text)
    if schema is None and not _is_binary(text):
        schema = _csv(text, whole, None)
    if schema is None:
        return FileSchema(UNKNOWN, (), compression)
    return FileSchema(
        schema.classification,
        schema.columns,
        compression,
        schema.records,
        consumed,
        schema.properties,
        schema.serde,
    )


def _text(sample: Sample, limit: int) -> tuple[str, str, int, bool]:
    """A sample's text, its compression, the object's bytes it came from, whether it is all.

    Args:
        limit: bytes to unpack at most
    """
    if sample.head[:2] != _GZIP_MAGIC:
        return _decode(sample.head), "none", len(sample.head), sample.whole
    data, consumed, ended = _unpack(sample.head, limit)
    return _decode(data), "gzip", consumed, sample.whole and ended


def _first_document_is_cut(text: str) -> bool:
    """Whether a text begins with a JSON document that goes on beyond its end.

    Of an array the first record is enough.
    """
    start = text.lstrip()
    if start[:1] not in {"{", "["}:
        return False
    record = start[1:].lstrip() if start[0] == "[" else start
    try:
        json.JSONDecoder().raw_decode(record)
    except json.JSONDecodeError as e:
        return e.msg.startswith("Unterminated string") or e.pos >= len(record) - len("false")
    except (ValueError, RecursionError):
        return False
    return False


def _unpack(data: bytes, limit: int) -> tuple[bytes, int, bool]:
    """Unpack GZIP members up to a bound: the text, compressed bytes used, whether all of it."""
    out, position = bytearray(), 0
    while data.startswith(_GZIP_MAGIC, position) and len(out) < limit:
        member, begun = zlib.decompressobj(wbits=31), position
        try:
            while not member.eof and position < len(data) and len(out) < limit:
                # In pieces: the rest of all data would be copied for each member.
                piece = data[position : position + _PIECE]
                out += member.decompress(piece, limit - len(out))
                position += len(piece) - len(member.unused_data) - len(member.unconsumed_tail)
        except zlib.error:
            return bytes(out), begun, False
        if not member.eof:
            return bytes(out), position, False
    return bytes(out), position, position == len(data)


def _decode(data: bytes) -> str:
    """Text of a sample whose last character may be cut; Latin-1 where it is not UTF-8."""
    for missing in range(4):
        try:
            return data[: len(data) - missing].decode("utf-8-sig")
        except UnicodeDecodeError as e:
            if e.start < len(data) - 4:
                break
    return data.decode("latin-1")


def _is_binary(text: str) -> bool:
    """Whether it is no table of text. In JSON, a record with a NUL is one bad record."""
    return "\x00" in text[:4096]


def _custom_csv(text: str, whole: bool, custom: Sequence[CsvOptions]) -> FileSchema | None:
    for options in custom:
        schema = _csv(text, whole, options)
        if schema is not None:
            return schema
    return None


def _csv(text: str, whole: bool, options: CsvOptions | None) -> FileSchema | None:
    if not whole:
        text = text[: text.rfind("\n") + 1]
    found = csv_classifier.classify(text, options)
    if found is None:
        return None
    properties = {
        "areColumnsQuoted": str(found.quoted).lower(),
        "columnsOrdered": "true",
        "delimiter": found.delimiter,
    }
    if found.has_header:
        properties["skip.header.line.count"] = "1"
    serde = {"csv_serde": found.serde, "quote": found.quote}
    return FileSchema("csv", found.columns, "none", found.rows, 0, properties, serde)


def _json(text: str) -> FileSchema | None:
    """JSON documents one after another, with or without newlines between, or one array.

    AWS Glue Developer Guide, "Writing JSON custom classifiers": without a JSON path an array at
    the root is one column called ``array``.
    """
    start = text.lstrip()
    if start[:1] not in {"{", "["}:
        return None
    values, skipped = _scan(text)
    if skipped > len(values) or (skipped and isinstance(values[0], list)):
        return None
    if not values and start[0] == "[":  # perhaps an array longer than the sample
        records_of_array = documents(start[1:])
        if records_of_array and all(isinstance(record, dict) for record in records_of_array):
            values = [records_of_array]
    try:
        kinds = [type_of(value) for value in values]
        records = [Struct((("array", k),)) if isinstance(k, Array) else k for k in kinds]
        if not all(isinstance(kind, Struct) for kind in records):
            return None
        merged = merge_all(records)
    except RecursionError:
        return None
    if not isinstance(merged, Struct) or not merged.fields:
        return None
    paths = ",".join(sorted(name for name, _ in merged.fields))
    return FileSchema("json", columns_of(merged), "none", len(records), 0, {}, {"paths": paths})


def documents(text: str) -> list[Any]:
    """Decode the JSON documents of a text, with anything or nothing between them.

    A document that cannot be read is left out; reading goes on at the next line with a ``{``.
    """
    return _scan(text)[0]


def _scan(text: str) -> tuple[list[Any], int]:
    """The documents of a text, and how many places before its end could not be read."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    skipped = position = 0
    end = len(text)
    while True:
        while position < end and text[position] in " \t\r\n,":
            position += 1
        if position >= end:
            return found, skipped
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            position = text.find("\n{", position) + 1
            if not position:
                # The last one may be cut by the end of the sample; an array never begins one.
                return found, skipped + isinstance(found[0] if found else None, list)
            skipped += 1
            continue
        found.append(value)


class _RangedFile(io.RawIOBase):
    """A read-only, seekable view of an object that fetches only the ranges asked for."""

    def __init__(self, sample: Sample) -> None:
        self._sample, self._position = sample, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._sample.size}
        self._position = base[whence] + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._sample.size - self._position)
        if length <= 0:
            return 0
        head, start = self._sample.head, self._position
        if start + length <= len(head):
            data = head[start : start + length]
        else:
            data = self._sample.read_range(start, length)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _parquet(sample: Sample) -> FileSchema:
    try:
        file = parquet.ParquetFile(_RangedFile(sample))
        columns = _arrow_columns(file.schema_arrow)
        rows = file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError):
        return FileSchema(UNKNOWN, ())
    # compressionType is that of the object; a codec inside Parquet is not the crawler's concern.
    return FileSchema("parquet", columns, "none", rows, sample.size)


def _orc(sample: Sample) -> FileSchema:
    try:
        file = orc.ORCFile(_RangedFile(sample))
        return FileSchema("orc", _arrow_columns(file.schema), "none", file.nrows, sample.size)
    except (pa.ArrowException, OSError, ValueError):
        return FileSchema(UNKNOWN, ())


def _arrow_columns(schema: Any) -> tuple[Column, ...]:
    return tuple(Column(f.name.lower(), _arrow_type(f.type)) for f in schema)


_ARROW_SCALARS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "tinyint"),
    (pa.types.is_int16, "smallint"),
    (pa.types.is_int32, "int"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_float16, "float"),
    (pa.types.is_float32, "float"),
    (pa.types.is_float64, "double"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_date, "date"),
    (pa.types.is_binary, "binary"),
    (pa.types.is_large_binary, "binary"),
    (pa.types.is_fixed_size_binary, "binary"),
)


def _arrow_type(kind: Any) -> GlueType:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_struct(kind):
        return Struct(tuple((f.name, _arrow_type(f.type)) for f in kind))
    if pa.types.is_map(kind):
        return f"map<{render(_arrow_type(kind.key_type))},{render(_arrow_type(kind.item_type))}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return Array(_arrow_type(kind.value_type))
    for test, name in _ARROW_SCALARS:
        if test(kind):
            return name
    return "string"
