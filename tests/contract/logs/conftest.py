"""A log group of a test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.contract.lambda_.helpers import Aws


@pytest.fixture
def group(aws: Aws, name: str) -> Iterator[str]:
    """A log group with one stream of the same name."""
    logs = aws("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName=name)
    yield name
    with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName=name)
