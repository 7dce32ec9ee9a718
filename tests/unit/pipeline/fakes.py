"""Stand-ins for AWS clients that keep their state in memory, for tests of the pipeline's logic."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, operation: str = "Operation", message: str = "") -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message or code}}, operation)


class FakeS3:
    """One bucket: objects, conditional writes, deletes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.exists = True

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self._present(Bucket)
        if Key not in self.objects:
            raise client_error("NoSuchKey", "GetObject")
        body = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": _etag(body)}

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes | str,  # noqa: N803
        IfNoneMatch: str = "",  # noqa: N803
        IfMatch: str = "",  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        self._present(Bucket)
        there = self.objects.get(Key)
        if IfNoneMatch == "*" and there is not None:
            raise client_error("PreconditionFailed", "PutObject")
        if IfMatch and (there is None or _etag(there) != IfMatch):
            raise client_error("PreconditionFailed" if there else "NoSuchKey", "PutObject")
        self.objects[Key] = Body.encode() if isinstance(Body, str) else Body
        return {"ETag": _etag(self.objects[Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self._present(Bucket)
        self.objects.pop(Key, None)
        return {}

    def head_bucket(self, **_: str) -> dict[str, Any]:
        if not self.exists:
            raise client_error("404", "HeadBucket")
        return {}

    def _present(self, bucket: str) -> None:
        if not self.exists:
            raise client_error("NoSuchBucket", "GetObject", f"{bucket} does not exist")


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


class SilentReporter:
    """Keeps the lines that a reporter was given."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def begin(self, stage: str) -> None:
        self.lines.append(f"begin {stage}")

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:
        self.lines.append(f"at {stage}: {text} {done} of {total}")

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        self.lines.append(f"end {stage} {ok}: {text}")

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        self.lines.append(f"waiting for {what} {usual} {seconds:.0f}")
