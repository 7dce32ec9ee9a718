"""What the tests of pipes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.events.helpers import Aws
from tests.contract.pipes.helpers import Pipes


@pytest.fixture
def pipes(aws: Aws) -> Iterator[Pipes]:
    """Makes pipes, and deletes them after the test."""
    made = Pipes(aws)
    yield made
    made.clean()
