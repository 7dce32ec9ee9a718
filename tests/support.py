"""Small helpers that tests share."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from lakestack.host.process import Emulator
from lakestack.instance import Running

T = TypeVar("T")

ACCOUNT = "000000000000"
REGION = "us-east-1"
PROJECT = Path(__file__).resolve().parent.parent
_FIRST_MOVIELENS = os.environ.get("MOVIELENS")


def wait_until(
    condition: Callable[[], T | None], timeout: float = 120.0, every: float = 0.05, what: str = ""
) -> T:
    """Poll until the condition returns something true, and return that.

    Args:
        timeout: seconds after which the test fails
        what: named in the failure
    """
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition}; last: {found!r}")
        time.sleep(every)


def unique(prefix: str) -> str:
    """Return a name that no other test has, in lower-case letters, digits and hyphens."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def free_port() -> int:
    """Return a TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def movielens_folder() -> Path | None:
    """Folder of the workshop's MovieLens files: $MOVIELENS, or beside the checkout."""
    candidates = [PROJECT.parent / "shared" / "data" / "ml-latest-small-2016"]
    if _FIRST_MOVIELENS:
        candidates.insert(0, Path(_FIRST_MOVIELENS))
    return next((c for c in candidates if (c / "ratings-partial-load.csv").is_file()), None)


@contextlib.contextmanager
def emulator() -> Iterator[Running]:
    """Start an empty emulator on a free port, in a folder of its own; stop it at the end.

    It ends with this process too, by whatever that is ended.
    """
    with tempfile.TemporaryDirectory(prefix="lake-test-") as home:
        instance = Emulator(free_port(), home=Path(home))
        try:
            running, _ = instance.start(temporary=True)
            yield running
        finally:
            instance.stop()


@contextlib.contextmanager
def files_of_at_most(size: int, pid: int = 0) -> Iterator[None]:
    """Let a process write no file beyond a size: stands in for a disk that is full (EFBIG).

    Args:
        size: in bytes
        pid: of the process; 0: this one
    """
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def clients(endpoint: str) -> Callable[[str], Any]:
    """Return a factory that makes each service's boto3 client once."""
    made: dict[str, Any] = {}
    session = boto3.Session(
        aws_access_key_id=ACCOUNT, aws_secret_access_key="test", region_name=REGION
    )
    config = Config(
        connect_timeout=5,
        read_timeout=90,
        retries={"total_max_attempts": 1},
        max_pool_connections=32,
        proxies={},
    )

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, endpoint_url=endpoint, config=config)
        return made[service]

    return client


RATINGS_TABLE: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": "userId", "KeyType": "HASH"},
        {"AttributeName": "movieId", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "userId", "AttributeType": "S"},
        {"AttributeName": "movieId", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
"""What CreateTable gets, but for the name, for a table of ratings."""


def last_error(stderr: str) -> tuple[str, str]:
    """The error's text and the next command, as they stand last on a `lake` command's stderr."""
    _, _, text = ("\n" + stderr).rpartition("\nlake: ")
    message, _, hint = text.rstrip().partition("\n  → ")
    return message, hint
