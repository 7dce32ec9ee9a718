"""How the benchmarks speak to an emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from emulation.host.process import Running
from tests import support


def client(service: str, endpoint: str) -> Any:
    """boto3 client as any user would make it, without retries that could hide a failure."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=support.REGION,
        aws_access_key_id=support.ACCOUNT,
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
