"""How the benchmarks speak to an emulator."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lakestack.host.process import Emulator
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


class Home:
    """An emulator's home and port of its own, for commands that start one; stopped at the end."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lake-bench-")
        self._emulator = Emulator(support.free_port(), home=Path(self._folder.name))
        self.url = f"http://127.0.0.1:{self._emulator.port}"

    def __enter__(self) -> Home:
        return self

    def __exit__(self, *_: object) -> None:
        self._emulator.stop()
        self._folder.cleanup()

    @property
    def pids(self) -> list[int]:
        """The emulator's process, if there is one yet."""
        running = self._emulator.find()
        return [running.pid] if running else []

    def begin(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command of the project that is to use this home.

        Args:
            command: and its arguments
            environment: variables beside those of this process and of this home
        """
        own = {"LAKE_HOME": self._folder.name, "LAKE_PORT": str(self._emulator.port)}
        return subprocess.Popen(
            command,
            env={**os.environ, **own, "LAKE_OFFLINE": "1", **environment},
            cwd=support.PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for its end.

        Raises:
            CalledProcessError: it failed
        """
        output, _ = process.communicate(timeout=600)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args, output)

    def command(self, *command: str) -> None:
        """Run a command of the project in this home."""
        self.finish(self.begin(*command))


def program(name: str) -> str:
    """Path of a program of this environment."""
    return str(Path(sys.executable).with_name(name))
