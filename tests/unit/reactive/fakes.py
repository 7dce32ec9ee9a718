"""A lake in memory whose executions a test starts and ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from pipeline.lake import Lake
from pipeline.object_reading import open_text
from pipeline.settings import Settings
from tests.unit.pipeline.fakes import FakeS3, SilentReporter, client_error

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "userId,movieId,rating,timestamp\n"
MOVIES = b"movieid,title,genres\n10,Ten,\n20,Twenty,\n"


class Bucket(FakeS3):
    """Keeps when each object was put, a second after the one before it."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[str, datetime] = {}

    def put_object(self, **given: Any) -> dict[str, Any]:
        if hasattr(given["Body"], "read"):
            given["Body"] = given["Body"].read()
        answer = super().put_object(**given)
        self.times[given["Key"]] = max(self.times.values(), default=BEGAN) + timedelta(seconds=1)
        return answer

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.get_object(Bucket=Bucket, Key=Key)
        return {"LastModified": self.times[Key]}


class Executions:
    """Step Functions: which executions run."""

    def __init__(self) -> None:
        self.running: set[str] = set()

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803
        if not executionArn.startswith("arn:"):
            raise client_error("ExecutionDoesNotExist", "DescribeExecution")
        return {"status": "RUNNING" if executionArn in self.running else "SUCCEEDED"}


class FakeLake:
    """What the steps need of a lake."""

    def __init__(self) -> None:
        self.s3, self.executions = Bucket(), Executions()
        self.settings = Settings("000000000000")
        self.bucket, self.reporter = self.settings.bucket, SilentReporter()
        self.cancelled = SimpleNamespace(set=lambda: None)
        self.put("ml/trainingdata/movies/part-00000.csv", MOVIES)

    def put(self, key: str, body: bytes | str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def start(self, name: str) -> str:
        self.executions.running.add(f"arn:{name}")
        return f"arn:{name}"

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return self.executions

    def objects(self, prefix: str) -> list[dict[str, Any]]:
        return [
            {
                "Key": key,
                "ETag": hashlib.sha256(body).hexdigest(),
                "LastModified": self.s3.times[key],
                "Size": len(body),
            }
            for key, body in sorted(self.s3.objects.items())
            if key.startswith(prefix)
        ]

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    @contextmanager
    def text(self, key: str) -> Iterator[Any]:
        with open_text(self.s3, self.bucket, key) as lines:
            yield lines


def as_lake(fake: FakeLake) -> Lake:
    """For the type checker."""
    return cast("Lake", fake)
