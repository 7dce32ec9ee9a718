"""What the tests of functions, custom resources and mappings share."""

from __future__ import annotations

import base64
import io
import json
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from tests.support import wait_until

ROLE = "arn:aws:iam::000000000000:role/lambda-execution-role"
Aws = Callable[[str], Any]


# Says "begun", and ends once the bucket it is given holds the object "go on".
UNTIL_TOLD = """
import boto3
def handler(event, context):
    print("begun")
    go_on = boto3.client("s3").get_waiter("object_exists")
    go_on.wait(Bucket=event, Key="go on", WaiterConfig={"Delay": 1})
    return "done"
"""


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def create(aws: Aws, name: str, source: str | bytes, **settings: Any) -> str:
    """Create a function of one module ``index`` (or of an archive) and wait; its ARN."""
    archive = source if isinstance(source, bytes) else packed({"index.py": textwrap.dedent(source)})
    request = {
        "FunctionName": name,
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": ROLE,
        "Code": {"ZipFile": archive},
        "Timeout": 20,
        **settings,
    }
    arn: str = aws("lambda").create_function(**request)["FunctionArn"]
    wait_until(
        lambda: aws("lambda").get_function(FunctionName=name)["Configuration"]["State"] == "Active",
        what=f"{name} active",
    )
    return arn


@dataclass
class Invoked:
    """What came back from an invocation."""

    payload: Any
    error: str | None
    tail: str
    version: str | None


def invoke(aws: Aws, name: str, event: Any = None, **settings: Any) -> Invoked:
    """Invoke and wait for the answer."""
    response = aws("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event), LogType="Tail", **settings
    )
    return Invoked(
        json.loads(response["Payload"].read() or b"null"),
        response.get("FunctionError"),
        base64.b64decode(response.get("LogResult", "")).decode(),
        response.get("ExecutedVersion"),
    )


def log_of(aws: Aws, name: str) -> list[str]:
    """Return the lines of a function's log group by time, none if it has none yet."""
    logs = aws("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        return [event["message"].rstrip("\n") for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def runs(pid: int) -> bool:
    """Say whether a process is still there."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
