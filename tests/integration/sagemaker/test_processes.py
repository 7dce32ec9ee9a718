"""No SageMaker process outlives its emulator, stopped or killed."""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from lakestack.host.process import Emulator
from tests.contract.sagemaker.helpers import Hosting
from tests.contract.sagemaker.test_training import WAITS, start
from tests.support import free_port, unique, wait_until


def children(pid: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(pid).children(recursive=True) if "java" not in p.name()]


@pytest.mark.emulator
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_jobs_and_endpoints_end_with_the_emulator(tmp_path: Path, how: str) -> None:
    emulator = Emulator(free_port(), home=tmp_path)
    running, _ = emulator.start()
    try:
        session = boto3.Session("000000000000", "test", region_name="us-east-1")

        @cache
        def aws(service: str) -> Any:
            return session.client(service, endpoint_url=running.url)

        bucket = unique("bucket")
        aws("s3").create_bucket(Bucket=bucket)
        aws("s3").put_object(Bucket=bucket, Key="data/a.csv", Body=b"x")
        start(aws, bucket, WAITS)
        hosting = Hosting(aws, bucket)
        endpoint = hosting.serving()
        served_by = hosting.invoke(endpoint, {})["pid"]

        def script() -> list[psutil.Process]:
            return [p for p in children(running.pid) if "train.py" in p.cmdline()]

        wait_until(script)
        started = children(running.pid)
        assert served_by in {p.pid for p in started}
        if how == "stop":
            emulator.stop()
        else:
            os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: not any(p.is_running() for p in started), timeout=20)
    finally:
        emulator.stop()
