"""Modules are imported, and their sources read, by several threads beside each other."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lakestack.patches.sources import definition_text

FILE = "botocore/client.py"


@pytest.fixture
def interrupted() -> Iterator[None]:
    """Other threads get the interpreter also within the parser, whenever garbage is collected."""

    def yields(_phase: str, _info: dict[str, Any]) -> None:
        time.sleep(0.0001)

    thresholds = gc.get_threshold()
    gc.set_threshold(1000)
    gc.callbacks.append(yields)
    yield
    gc.callbacks.remove(yields)
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("interrupted")
def test_definitions_are_read_beside_each_other() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: definition_text(FILE, "BaseClient._make_api_call"), range(8))
        )
    assert len(set(found)) == 1
    assert found[0]
