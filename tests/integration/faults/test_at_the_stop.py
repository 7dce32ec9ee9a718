"""The emulator ends by itself when told to, whatever it has been used for, and is not killed."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

from lakestack.host.process import STOP_SECONDS
from tests.integration.faults.lake_runs import ACCOUNT, Machine
from tests.support import wait_until


def test_a_function_that_waits_for_the_next_call_does_not_hold_the_stop(tmp_path: Path) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    with Machine(tmp_path) as machine:
        lambda_ = machine.client("lambda")
        lambda_.create_function(
            FunctionName="echo",
            Runtime="python3.11",
            Role=f"arn:aws:iam::{ACCOUNT}:role/echo",
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
        )
        wait_until(
            lambda: lambda_.get_function(FunctionName="echo")["Configuration"]["State"] == "Active"
        )
        answer = lambda_.invoke(FunctionName="echo", Payload=b'{"n": 1}')
        assert json.loads(answer["Payload"].read()) == {"n": 1}

        began = time.monotonic()
        stopped = machine.stop()

        assert stopped.code == 0, stopped.stderr
        assert time.monotonic() - began < STOP_SECONDS, "it had to be killed"
        assert not machine.processes()
