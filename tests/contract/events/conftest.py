"""Endpoints that a test of events makes, and deletes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.events.endpoint import Endpoint, served
from tests.contract.sagemaker.conftest import hosting

__all__ = ["endpoint", "hosting"]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An HTTP endpoint of this machine."""
    with served() as made:
        yield made
