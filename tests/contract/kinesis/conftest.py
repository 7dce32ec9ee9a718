"""A client of Kinesis and a stream of one shard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.kinesis.helpers import Aws, make


@pytest.fixture
def kinesis(aws: Aws) -> Any:
    return aws("kinesis")


@pytest.fixture
def stream(kinesis: Any, name: str) -> str:
    make(kinesis, name)
    return name
