"""An emulator of the benchmark's own, and what the benchmarks ask of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emulation.host.process import Emulator, Running
from tests import support

ACCOUNT = "000000000000"
REGION = "us-east-1"


@contextlib.contextmanager
def emulator() -> Iterator[Running]:
    """Start an empty emulator on a free port; stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as home:
        instance = Emulator(support.free_port(), home=Path(home))
        running, _ = instance.start()
        try:
            yield running
        finally:
            instance.stop()


def client(service: str, endpoint: str, access_key: str = ACCOUNT) -> Any:
    """boto3 client as any user would make it, without retries that could hide a failure."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key="test",
        config=Config(
            retries={"total_max_attempts": 1},
            read_timeout=300,
            max_pool_connections=16,
            proxies={},
        ),
    )


def lake_command(running: Running, *arguments: str) -> subprocess.Popen[bytes]:
    """Start ``lake`` against this emulator."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("lake")), *arguments],
        env={**os.environ, "LAKE_ENDPOINT": running.url, "LAKE_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
