"""Partition keys of records by a jq query: processor "MetadataExtraction".

Amazon Data Firehose Developer Guide, "Create partitioning keys with inline parsing". The query runs
in a process of its own (`jq_worker`), which neither time nor memory that it takes can reach beyond.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lakestack.services.firehose.jq_worker import RECORD_SECONDS
from lakestack.services.firehose.lambda_transform import as_key
from lakestack.services.processes import KEPT

_WORKER = Path(__file__).with_name("jq_worker.py")
_ANSWER_SECONDS = 60.0
"""Longer than a record may take, and than the start of a process takes on a busy machine."""


class QueryError(ValueError):
    """A query that jq does not take, or that fails for a record."""


class MetadataQuery:
    """One query. Not for several threads at a time, but for `close`."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Compile the query.

        Raises:
            QueryError: with what jq says
        """
        self._ask(b"")

    def keys(self, record: bytes) -> dict[str, str]:
        """The partition keys of a record.

        Raises:
            QueryError: the record is not JSON, or the result is not one object of values
        """
        if not record.strip():
            raise QueryError("The record is empty")
        values = self._ask(record)
        if len(values) != 1 or not isinstance(values[0], dict):
            raise QueryError("The query does not result in one JSON object")
        found = {name: as_key(value) for name, value in values[0].items()}
        if not all(found.values()):
            raise QueryError("partitionKeys values must not be null or empty")
        return found

    def close(self) -> None:
        """End its process; a later use starts another."""
        with self._lock:
            self._end()

    def __del__(self) -> None:
        self._end()  # of a destination that an update has replaced

    def _ask(self, record: bytes) -> list[Any]:
        with self._lock:
            process = self._started()
            try:
                answer = _exchange(process, record)
            except (OSError, EOFError, ValueError) as e:
                self._end()
                raise QueryError(
                    f"The query was ended: it may take {RECORD_SECONDS:g} s and 1 GiB for a record"
                ) from e
        if "error" in answer:
            raise QueryError(str(answer["error"]))
        return list(answer["values"])

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            environment = {name: os.environ[name] for name in KEPT if name in os.environ}
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_WORKER), self.query],
                env=environment,
                stdin=subprocess.PIPE,  # its end is the worker's sign to end
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        process.wait()


def available() -> bool:
    """Whether jq is installed."""
    return find_spec("jq") is not None


def _exchange(process: subprocess.Popen[bytes], record: bytes) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - opened by `_started`
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(len(record).to_bytes(4, "big") + record)
    process.stdin.flush()
    if not select.select([process.stdout], [], [], _ANSWER_SECONDS)[0]:
        raise EOFError("no answer")
    size = int.from_bytes(_exactly(process.stdout, 4), "big")
    answer: dict[str, Any] = json.loads(_exactly(process.stdout, size))
    return answer


def _exactly(stream: Any, size: int) -> bytes:
    data: bytes = stream.read(size)
    if len(data) < size:
        raise EOFError("the worker has ended")
    return data
