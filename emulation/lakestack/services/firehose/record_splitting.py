"""One record made into several, or unpacked: what is done before a transformation.

Amazon Data Firehose Developer Guide, "Apply dynamic partitioning to aggregated data" (JSON and
delimited records, at most 500 of a record), "Decompress CloudWatch Logs" and "Message extraction
after decompression of CloudWatch Logs".
"""

from __future__ import annotations

import json
import re
import zlib

MAX_RECORDS = 500
"""That one record is taken apart into."""

MAX_UNPACKED_BYTES = 100 * 1024 * 1024
"""Of a packed record (our guess): more is refused, so that no record fills the memory."""

_SPACE = re.compile(r"[ \t\r\n]*")


class SplitError(ValueError):
    """A record that cannot be taken apart; the message says why."""


def json_records(data: bytes) -> list[bytes]:
    """JSON objects that follow each other, with or without white space between.

    Raises:
        SplitError: not JSON objects only, or more than `MAX_RECORDS`
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        raise SplitError("The record is not valid UTF-8") from e
    found: list[bytes] = []
    at = after_space(text, 0)
    while at < len(text):
        if text[at] != "{":
            raise SplitError("Deaggregation by JSON takes consecutive JSON objects only")
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as e:
            raise SplitError(f"The record is not valid JSON: {e}") from e
        found.append(text[at:end].encode())
        at = after_space(text, end)
    return _limited(found)


def delimited_records(data: bytes, delimiter: bytes) -> list[bytes]:
    """What stands between the delimiters; an end after the last one is no record.

    Raises:
        SplitError: more than `MAX_RECORDS`
    """
    parts = data.split(delimiter)
    if not parts[-1]:
        parts.pop()
    return _limited(parts)


def gunzipped(data: bytes) -> bytes:
    """A record of CloudWatch Logs, unpacked.

    Raises:
        SplitError: not gzip, or too large
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, MAX_UNPACKED_BYTES)
    except zlib.error as e:
        raise SplitError(f"The record is not GZIP compressed: {e}") from e
    if not unpacker.eof:
        raise SplitError(
            f"The record is cut off, or unpacks to more than {MAX_UNPACKED_BYTES} bytes"
        )
    if unpacker.unused_data:
        raise SplitError("The record has data behind its GZIP stream")
    return found


def log_messages(data: bytes) -> bytes:
    """The messages of a record of CloudWatch Logs, a line each; of a control message nothing.

    Raises:
        SplitError: not such a record
    """
    try:
        document = json.loads(data)
        if document["messageType"] != "DATA_MESSAGE":
            return b""
        messages = [event["message"] for event in document["logEvents"]]
        return "".join(f"{message}\n" for message in messages).encode()
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise SplitError("The record is not one of a CloudWatch Logs subscription") from e


_DECODER = json.JSONDecoder()


def after_space(text: str, at: int) -> int:
    """Where the white space of JSON ends that begins at a place."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _limited(found: list[bytes]) -> list[bytes]:
    if len(found) > MAX_RECORDS:
        raise SplitError(
            f"{len(found)} records in one: deaggregation takes at most {MAX_RECORDS} per record"
        )
    return found
