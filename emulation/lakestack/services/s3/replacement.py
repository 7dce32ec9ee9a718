"""A PutObject that fails leaves the object that it was to replace.

LocalStack 4.9.2 empties the body of the existing object, and then reads the request: when that
breaks off, or its digest is wrong, the object's entry stays with no body behind it, and each
GetObject ends before its Content-Length.

Amazon S3 API Reference, "PutObject": "Amazon S3 never adds partial objects; if you receive a
success response, Amazon S3 added the entire object to the bucket."
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from localstack.services.s3.storage import ephemeral

from lakestack import patches

Mode = Literal["r", "w"]
SENT_BYTES = 1 << 20
"""LocalStack sends an object in pieces of 64 KiB."""


@dataclass(frozen=True)
class Body:
    """The bytes of a stored file, in memory or on disk, apart from its locks."""

    content: Any
    on_disk: bool
    last_modified: int


class ReplaceableFile(ephemeral.LockedSpooledTemporaryFile):
    """A stored file that can be given another body, and its former one back."""

    internal_last_modified: int
    _file: Any
    _rolled: bool
    _TemporaryFileArgs: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._for_disk = self._TemporaryFileArgs

    def take(self) -> Body:
        """Take the body out; the file is empty then."""
        taken = Body(self._file, self._rolled, self.internal_last_modified)
        self._file, self._rolled = io.BytesIO(), False  # as SpooledTemporaryFile begins
        self._TemporaryFileArgs = self._for_disk
        return taken

    def put_back(self, body: Body) -> None:
        """Replace what the file holds now."""
        # It is closed already, or a full disk refuses what it has buffered: it is given up anyhow.
        with suppress(ValueError, OSError):
            self._file.close()
        self._file, self._rolled = body.content, body.on_disk
        self.internal_last_modified = body.last_modified


class ReplacingStoredObject(ephemeral.EphemeralS3StoredObject):
    """A stored object whose former body is back when its writer leaves by an exception."""

    _before: Body | None = None
    undo: Callable[[], None]
    """Lets the store hold the file, or not hold it, as before it was opened."""

    def write(self, stream: Any) -> int:
        """Read the stream into a new body; returns bytes."""
        self._set_aside()
        return int(super().write(stream))

    def truncate(self, size: int | None = None) -> int:
        """Begin a new body; returns bytes."""
        self._set_aside()
        return int(super().truncate(size))

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in large pieces: each costs its reader a lock and a call of the system."""
        while data := self.read(SENT_BYTES):
            yield data

    def _set_aside(self) -> None:
        if self._mode == "w" and self._before is None:
            with self.file.position_lock:
                self._before = self.file.take()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        before = self._before
        if before is not None and kind is not None:
            self._before = None
            with self.file.position_lock:
                self.file.put_back(before)
            self.undo()
        self.close()

    def close(self) -> None:
        """Release the file; the former body is given up."""
        before, self._before = self._before, None
        if before is not None:
            before.content.close()
        super().close()


class ReplacingMultipart(ephemeral.EphemeralS3StoredMultipart):
    """Parts that keep their former body until the new one is complete."""

    def open(self, s3_part: Any, mode: Mode = "r") -> ReplacingStoredObject:
        """Open a part, made if it is not there."""
        return _opened(super().open, self.parts, s3_part.part_number, s3_part, mode)


class ReplacingStore(ephemeral.EphemeralS3ObjectStore):
    """A store whose objects keep their former body until the new one is complete."""

    def open(self, bucket: str, s3_object: Any, mode: Mode = "r") -> ReplacingStoredObject:
        """Open an object, made if it is not there."""
        files = self._filesystem[bucket]["keys"]
        key = self._key_from_s3_object(s3_object)
        return _opened(super().open, files, key, bucket, s3_object, mode)


def _opened(
    open_: Callable[..., ReplacingStoredObject], files: dict[Any, Any], key: Any, *arguments: Any
) -> ReplacingStoredObject:
    before = files.get(key)
    opened = open_(*arguments)

    def undo() -> None:
        if before is None:
            files.pop(key, None)
        else:
            files[key] = before

    opened.undo = undo
    return opened


def install() -> None:
    """Let S3 replace a body only when the new one is complete."""
    patches.replace("s3.file", ReplaceableFile)
    patches.replace("s3.object", ReplacingStoredObject)
    patches.replace("s3.multipart", ReplacingMultipart)
    patches.replace("s3.store", ReplacingStore)
