"""What each stage has done, kept as JSON in the lake's bucket below ``_lake/stages/``.

A record holds the fingerprint of the stage's inputs, its counts and whatever it needs to go on
after an interruption. It lives with the data, so it vanishes with it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

__all__ = ["Record", "RunState", "fingerprint"]


@dataclass
class Record:
    """One stage's last run."""

    stage: str
    status: Literal["running", "done", "failed"]
    inputs: str
    """Fingerprint of everything the result depends on."""
    counts: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    """Names, keys and positions: what resuming and later stages need."""
    seconds: float = 0.0
    finished: str = ""
    """ISO 8601, UTC; empty while the stage runs."""


class RunState:
    """Reads and writes `Record`s."""

    def __init__(self, s3: Any, bucket: str, prefix: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = prefix
        self._lock = threading.Lock()

    def key(self, stage: str) -> str:
        """Where the record of `stage` is kept."""
        return f"{self._prefix}/stages/{stage}.json"

    def read(self, stage: str) -> Record | None:
        """The record of `stage`; None when there is none, or one that is not ours to read."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=self.key(stage))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        try:
            return Record(**json.loads(body))
        except (TypeError, ValueError):
            return None  # cut short or from another version: the stage runs again

    def write(self, record: Record) -> None:
        """Keep `record` instead of the stage's former one."""
        with self._lock:
            ended = record.status != "running"
            record.finished = datetime.now(UTC).isoformat(timespec="seconds") if ended else ""
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self.key(record.stage),
                Body=json.dumps(asdict(record), indent=1).encode("utf-8"),
                ContentType="application/json",
            )

    def forget(self, stage: str) -> None:
        """Drop the record of `stage`."""
        self._s3.delete_object(Bucket=self._bucket, Key=self.key(stage))


def fingerprint(*parts: str | bytes) -> str:
    """SHA-256 over `parts`, each apart from the next."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
