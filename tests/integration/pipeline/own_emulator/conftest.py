"""An empty emulator for each module: names that AWS fixes, such as dms-vpc-role, exist once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import support


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """URL of an emulator that this module alone uses."""
    with support.emulator() as running:
        yield running.url


@pytest.fixture(scope="module")
def aws(emulator: str) -> Callable[[str], Any]:
    """Factory of boto3 clients at the module's emulator."""
    return support.clients(emulator)
