"""Rows of a result file, page by page: a token is the place in the file where the next begins.

Amazon Athena API Reference, "GetQueryResults": the first row of a query's first page has the
names of its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lakestack.services.athena.state import invalid

CHUNK_BYTES = 1 << 18
Row = list[str | None]
_TOKEN = re.compile(r"[0-9]{1,18}")


def csv_rows(s3: Any, bucket: str, key: str, start: int) -> Iterator[tuple[Row, int]]:
    """Rows of a CSV file of ours, each with the place of the first byte after it.

    Args:
        start: byte of the file at which a row begins
    """
    buffer, position = b"", start
    for chunk in _chunks(s3, bucket, key, start):
        buffer += chunk
        begin = 0
        while (end := _end_of_row(buffer, begin)) >= 0:
            position += end + 1 - begin
            yield _parsed(buffer[begin:end].decode()), position
            begin = end + 1
        buffer = buffer[begin:]


def _end_of_row(buffer: bytes, begin: int) -> int:
    """The line feed that ends a row: one outside of quotes; -1 where it is not there yet."""
    at = begin
    while (end := buffer.find(b"\n", at)) >= 0:
        if buffer.count(b'"', begin, end) % 2 == 0:
            return end
        at = end + 1
    return -1


def _parsed(line: str) -> Row:
    """Values; what stands in no quotes is NULL."""
    row: Row = []
    at = 0
    while at <= len(line):
        if line[at : at + 1] == '"':
            end = at + 1
            while line[end : end + 1] != '"' or line[end + 1 : end + 2] == '"':
                end += 2 if line[end : end + 1] == '"' else 1
            row.append(line[at + 1 : end].replace('""', '"'))
            at = end + 2
        else:
            row.append(None)
            at += 1
    return row


def text_rows(s3: Any, bucket: str, key: str, start: int) -> Iterator[tuple[Row, int]]:
    """Lines of a text file, each as a row of one value."""
    buffer, position = b"", start
    for chunk in _chunks(s3, bucket, key, start):
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            position += len(line) + 1
            yield [line.decode()], position


def _chunks(s3: Any, bucket: str, key: str, start: int) -> Iterator[bytes]:
    size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
    if start >= size:
        return
    body = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-")["Body"]
    while chunk := body.read(CHUNK_BYTES):
        yield chunk


def start_of(token: str | None) -> int:
    """Where a page begins.

    Raises:
        CommonServiceException: InvalidRequestException, the token is not from here
    """
    if not token:
        return 0
    if not _TOKEN.fullmatch(token):
        raise invalid("Invalid NextToken")
    return int(token)
