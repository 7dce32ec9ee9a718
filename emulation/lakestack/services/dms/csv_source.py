"""CSV bytes to rows, in bounded memory, one bad row never taking its neighbours along.

AWS DMS User Guide, "Using Amazon S3 as a source for AWS DMS", section "Endpoint settings for
Amazon S3 as a source".
"""

from __future__ import annotations

import csv
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lakestack.services.dms.errors import DefinitionError, TableError

# A DynamoDB item has at most 400 KB; a row far beyond that can only be a missing row delimiter.
MAX_ROW_BYTES = 4 * 1024 * 1024
# How much of a rejected row is kept for the exceptions table.
SHOWN_BYTES = 32 * 1024
# How far a quoted field may run over row delimiters before its quote counts as unbalanced.
MAX_QUOTED_LINES = 1000

_GZIP = 31  # zlib's window bits for "gzip header and trailer"
_ESCAPES = {r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\r\n": "\r\n"}
_BOM = b"\xef\xbb\xbf"

# The csv module's own limit (131,072 characters) is below what a DynamoDB item may hold.
csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))


@dataclass(frozen=True)
class CsvFormat:
    r"""How the files of an endpoint are written.

    Args:
        null_value: text that means NULL; the empty default makes empty fields NULL
        header_rows: IgnoreHeaderRows: rows to skip at the start of each file
        rfc4180: whether a leading double quote encloses the field
    """

    delimiter: str = ","
    row_delimiter: str = "\n"
    null_value: str = ""
    header_rows: int = 0
    rfc4180: bool = True
    gzip: bool = False

    def __post_init__(self) -> None:
        for name, short in (("delimiter", "CsvDelimiter"), ("row_delimiter", "CsvRowDelimiter")):
            text = getattr(self, name)
            object.__setattr__(self, name, _ESCAPES.get(text, text))
            if not getattr(self, name):
                raise DefinitionError(f"{short} must not be empty")
        if len(self.delimiter) != 1 or self.delimiter in '"\n\r\0':
            raise DefinitionError(
                f"CsvDelimiter {self.delimiter!r} is not emulated; valid: one character other "
                "than a quote or a line break"
            )
        if self.row_delimiter == self.delimiter or '"' in self.row_delimiter:
            raise DefinitionError(
                f"CsvRowDelimiter {self.row_delimiter!r} must differ from CsvDelimiter and "
                "contain no quote"
            )
        if self.header_rows not in (0, 1):
            raise DefinitionError(f"IgnoreHeaderRows is {self.header_rows}; valid: 0, 1")


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read.

    Args:
        text: the start of the row as it stands in the file
    """

    reason: str
    text: str


Record = tuple[int, "list[str | None] | BadRow"]


def read_rows(chunks: Iterable[bytes], form: CsvFormat, columns: int) -> Iterator[Record]:
    """Read one file.

    Args:
        chunks: the file's bytes as stored (compressed if the format says so)
        columns: how many fields a row must have

    Returns:
        pairs of line number (1 is the file's first) and row or `BadRow`; empty lines of tables with
            several columns are no rows

    Raises:
        TableError: the file is not GZIP although the endpoint says so
    """
    if form.gzip:
        chunks = _decompress(chunks)
    lines = _Lines(chunks, form.row_delimiter)
    delimiter, null = form.delimiter, form.null_value
    for number, line in lines:
        if number <= form.header_rows:
            continue
        if line is None:
            yield number, BadRow(f"the row is longer than {MAX_ROW_BYTES} bytes", "")
            continue
        if not line and columns > 1:
            continue
        if form.rfc4180 and b'"' in line:
            yield number, _quoted(number, line, lines, form, columns)
            continue
        text = _decode(line)
        if isinstance(text, BadRow):
            yield number, text
            continue
        fields = text.split(delimiter)
        if len(fields) != columns:
            yield number, _wrong_count(len(fields), columns, text)
        elif null:
            yield number, [None if field == null else field for field in fields]
        else:
            yield number, [field or None for field in fields]


class _Lines:
    """Numbered lines of a stream of bytes; `put_back` lets a reader look ahead.

    A line too long to be a row comes as None.
    """

    def __init__(self, chunks: Iterable[bytes], delimiter: str) -> None:
        self._source = enumerate(_split(chunks, delimiter.encode()), 1)
        self._returned: deque[tuple[int, bytes | None]] = deque()

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        return self

    def __next__(self) -> tuple[int, bytes | None]:
        return self._returned.popleft() if self._returned else next(self._source)

    def put_back(self, lines: list[tuple[int, bytes | None]]) -> None:
        self._returned.extendleft(reversed(lines))


def _split(chunks: Iterable[bytes], delimiter: bytes) -> Iterator[bytes | None]:
    """Split into lines without their delimiter (nor the CR before a LF); the BOM goes."""
    carriage = delimiter == b"\n"
    rest, first, skipping = b"", True, False
    for chunk in chunks:
        rest += chunk
        if first and len(rest) >= len(_BOM):
            rest, first = rest.removeprefix(_BOM), False
        *lines, rest = rest.split(delimiter)
        for line in lines:
            if skipping:
                skipping = False
                continue
            yield line.removesuffix(b"\r") if carriage else line
        if len(rest) > MAX_ROW_BYTES:
            if not skipping:
                yield None
            # What may be the start of a delimiter has to stay.
            rest, skipping = rest[-len(delimiter) :], True
    if rest and not skipping:
        yield rest.removesuffix(b"\r") if carriage else rest


def _decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Inflate GZIP, several members in a row included, without ever holding the whole."""
    inflate = zlib.decompressobj(_GZIP)
    started = False
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if inflate.eof:
                    inflate, started = zlib.decompressobj(_GZIP), False
                started = True
                out = inflate.decompress(data, MAX_ROW_BYTES)
                if out:
                    yield out
                data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
    except zlib.error as e:
        raise TableError(f"CompressionType is GZIP, but the file cannot be unpacked: {e}") from e
    if started and not inflate.eof:
        raise TableError("CompressionType is GZIP, but the file ends in the middle")


def _decode(line: bytes) -> str | BadRow:
    if b"\0" in line:
        return BadRow("the row contains a NUL character", _shown(line))
    try:
        return line.decode()
    except UnicodeDecodeError as e:
        byte = line[e.start]
        return BadRow(
            f"byte {e.start + 1} of the row (0x{byte:02x}) is not valid UTF-8", _shown(line)
        )


def _quoted(
    number: int, line: bytes, lines: _Lines, form: CsvFormat, columns: int
) -> list[str | None] | BadRow:
    """Parse a row with quotes; a quoted field may run on over the next lines.

    If the quote never ends well, only the first line is rejected and the others are read again.
    """
    text = _decode(line)
    if isinstance(text, BadRow):
        return text
    taken: list[tuple[int, bytes | None]] = []
    size = len(line)
    pieces = [text]
    while True:
        fields = _parse(form.row_delimiter.join(pieces), form.delimiter)
        if fields is not None and (fields or not taken):
            break
        following = next(lines, None) if fields is None else None
        if following is None:
            break
        taken.append(following)
        size += len(following[1] or b"")
        more = _decode(following[1]) if following[1] is not None else None
        if not isinstance(more, str) or len(taken) > MAX_QUOTED_LINES or size > MAX_ROW_BYTES:
            fields = None
            break
        pieces.append(more)
    if fields and len(fields) == columns:
        null = form.null_value
        return [None if field == null else field for field in fields]
    lines.put_back(taken)
    if fields and not taken:
        return _wrong_count(len(fields), columns, text)
    return BadRow(f"line {number}: a double quote has no matching end", _shown(line))


def _parse(text: str, delimiter: str) -> list[str] | None:
    """Parse one record: its fields, [] if it is malformed, None if a quote is still open."""
    reader = csv.reader([text], delimiter=delimiter, strict=True)
    try:
        fields = next(reader, [])
        return fields if next(reader, None) is None else []
    except csv.Error as e:
        return None if "unexpected end of data" in str(e) else []


def _wrong_count(found: int, columns: int, text: str) -> BadRow:
    return BadRow(f"the row has {found} columns, the table has {columns}", _shown(text.encode()))


def _shown(line: bytes) -> str:
    return line[:SHOWN_BYTES].decode(errors="backslashreplace").replace("\0", "\\0")
