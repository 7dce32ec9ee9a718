"""Log groups and streams, in AWS's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.refusals import refusal


def test_what_is_there_already_is_named(aws: Callable[[str], Any], name: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    said = "The specified log {} already exists"
    assert refusal(lambda: logs.create_log_group(logGroupName=name)) == (
        "ResourceAlreadyExistsException",
        said.format("group"),
    )
    assert refusal(lambda: logs.create_log_stream(logGroupName=name, logStreamName="s")) == (
        "ResourceAlreadyExistsException",
        said.format("stream"),
    )
