"""An S3 object as a file that is read bit by bit, so that its size does not matter."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, Final, TextIO, cast

from botocore.exceptions import BotoCoreError

__all__ = ["open_binary", "open_text"]

_BUFFER: Final = 1 << 20
"""Bytes that one read of the connection fetches."""
_ATTEMPTS: Final = 3
"""Tries at the same byte: boto3 asks again only until an answer's body has begun."""


class _Body(io.RawIOBase):
    """An object's content; one that breaks off is continued where it broke off."""

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self._s3, self._where = s3, {"Bucket": bucket, "Key": key}
        self._place, self._failures = 0, 0
        answer = s3.get_object(**self._where)
        self._etag, self._body = answer["ETag"], answer["Body"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            try:
                found = self._body.read(len(buffer))
                break
            except BotoCoreError:
                self._failures += 1
                if self._failures >= _ATTEMPTS:
                    raise
                # Of the same content: a rest of another one would fit to nothing.
                self._body = self._s3.get_object(
                    **self._where, Range=f"bytes={self._place}-", IfMatch=self._etag
                )["Body"]
        if found:
            self._failures = 0
        self._place += len(found)
        buffer[: len(found)] = found
        return len(found)


def open_binary(s3: Any, bucket: str, key: str) -> BinaryIO:
    """The content of an object.

    Raises:
        ClientError: there is none; while reading: it was replaced meanwhile
        BotoCoreError: while reading: it broke off `_ATTEMPTS` times at the same byte
    """
    return cast(BinaryIO, io.BufferedReader(_Body(s3, bucket, key), _BUFFER))


def open_text(s3: Any, bucket: str, key: str) -> TextIO:
    """As `open_binary`, of UTF-8 text whose line ends stay as they are."""
    return io.TextIOWrapper(open_binary(s3, bucket, key), encoding="utf-8-sig", newline="")
