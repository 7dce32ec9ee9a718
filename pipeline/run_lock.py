"""One run at a time: an object in the lake's bucket that only one run can create.

S3 creates it only if it is not there (If-None-Match: *; Amazon S3 User Guide, 'How to prevent
object overwrites with conditional writes') and replaces it only if it is the one that was read
(If-Match). The holder renews it; one whose process on this machine has ended is taken over, and so
is one that has expired and is not renewed while somebody watches: clocks are set, and differ
between machines, so that a time of expiry alone proves nothing.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import RunLockedError

__all__ = ["RunLock"]

LIFETIME: Final = 60.0
"""Seconds after which a lock that was not renewed is stale."""
RENEWAL: Final = 15.0
"""Seconds between renewals."""
WATCH: Final = RENEWAL + 5.0
"""Seconds for which a lock that seems to have expired is watched before it is taken over."""
_LOOK: Final = 1.0
_HELD: Final = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class RunLock:
    """Context manager that holds the lake, or raises `RunLockedError`.

    Args:
        on_lost: called when another run has taken over, such as after a long sleep
    """

    def __init__(
        self, s3: Any, bucket: str, prefix: str, what: str, on_lost: Callable[[], None]
    ) -> None:
        self._s3 = s3
        self._place = {"Bucket": bucket, "Key": f"{prefix}/lock.json"}
        self._what = what
        self._on_lost = on_lost
        self._owner = uuid.uuid4().hex
        self._etag = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="run-lock", daemon=True)

    def __enter__(self) -> Self:
        if not self._put(IfNoneMatch="*"):
            self._take_over()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        try:
            holder, _ = self._read()
            if holder.get("owner") == self._owner:
                self._s3.delete_object(**self._place)
        except (BotoCoreError, ClientError):
            # The bucket is gone (destroy, restart) or nothing answers: then so is the lock, or it
            # goes stale. The error that led here matters more.
            return

    def _take_over(self) -> None:
        holder, etag = self._read()
        if holder.get("owner") == self._owner:  # our first try succeeded, its answer was lost
            self._etag = etag
            return
        if holder and not _abandoned(holder):
            left = holder["expires"] - time.time()
            if 0 < left <= LIFETIME or self._renewed(etag):
                raise RunLockedError(
                    f"Another run is at work on this lake: {holder.get('what')} by process "
                    f"{holder.get('process')} on {holder.get('host')}, since "
                    f"{holder.get('since')}.",
                    "Wait for it to end, or end it; without a sign of life its lock expires in "
                    f"{left if 0 < left <= LIFETIME else LIFETIME:.0f} s. See how far it is with: "
                    "lake status",
                )
            holder, etag = self._read()  # it may have been given back meanwhile
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        if not self._put(**condition):
            raise RunLockedError(
                "Another run has just taken this lake.", "Wait for it to end: lake status"
            )

    def _renewed(self, etag: str) -> bool:
        """Whether the holder shows a sign of life within `WATCH` seconds."""
        end = time.monotonic() + WATCH
        while time.monotonic() < end:
            time.sleep(min(_LOOK, WATCH / 10))
            holder, found = self._read()
            if not holder:
                return False
            if found != etag:
                return True
        return False

    def _read(self) -> tuple[dict[str, Any], str]:
        try:
            answer = self._s3.get_object(**self._place)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return {}, ""
            raise
        try:
            holder = json.loads(answer["Body"].read())
        except ValueError:
            holder = {}
        return (holder if isinstance(holder, dict) else {}), answer["ETag"]

    def _put(self, **condition: str) -> bool:
        body = {
            "owner": self._owner,
            "what": self._what,
            "host": _host(),
            "process": os.getpid(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()) + " UTC",
            "expires": time.time() + LIFETIME,
        }
        try:
            answer = self._s3.put_object(**self._place, Body=json.dumps(body), **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] in _HELD:
                return False
            raise
        self._etag = answer["ETag"]
        return True

    def _renew(self) -> None:
        while not self._ended.wait(RENEWAL):
            try:
                kept = self._put(IfMatch=self._etag)
            except (BotoCoreError, ClientError):
                continue  # the stages meet the same fault and say so
            if not kept and self._read()[0].get("owner") != self._owner:
                self._on_lost()
                return


def _host() -> str:
    """Of this machine; on Lambda of this environment alone, as many of them share a name.

    (AWS Lambda Developer Guide, "Defined runtime environment variables": a log stream is one
    environment's.)
    """
    return f"{socket.gethostname()} {os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME', '')}".strip()


def _abandoned(holder: dict[str, Any]) -> bool:
    """Whether nobody can hold the lake any more: its process has ended, or the lock is damaged."""
    expires, process = holder.get("expires"), holder.get("process")
    if not isinstance(expires, int | float) or not isinstance(process, int):
        return True
    return holder.get("host") == _host() and not _alive(process)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
