"""What the tests of pipes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.events.conftest import endpoint
from tests.contract.events.helpers import Aws
from tests.contract.pipes.helpers import Pipes

__all__ = ["endpoint", "pipes"]


@pytest.fixture
def pipes(aws: Aws) -> Iterator[Pipes]:
    """Makes pipes, and deletes them after the test."""
    made = Pipes(aws)
    yield made
    made.clean()
