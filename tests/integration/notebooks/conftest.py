"""These tests need what notebook.lock has, which `make test-notebooks` installs.

Elsewhere they are skipped, and there they fail when it is missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.faults.lake_runs import Machine

TIER = bool(os.environ.get("NOTEBOOK_TIER"))
RATINGS = "100k"
"""As many as MovieLens latest-small has; with 20k no model beats popularity beyond noise."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Label them, and leave them out where nobody has asked for the tier."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.notebooks)
            if not TIER:
                item.add_marker(pytest.mark.skip(reason="the notebooks: make test-notebooks"))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """An emulator with a finished lake of generated data."""
    tmp = tmp_path_factory.mktemp("notebooks")
    data = tmp / "movielens"
    with Machine(tmp / "machine") as machine:
        for words in (
            ("generate", "--ratings", RATINGS, "--output", str(data)),
            ("run", "--movielens", str(data)),
        ):
            done = machine.begin(*words).end(timeout=900)
            assert done.code == 0, done.stderr
        yield machine
