"""Fixtures of the pipeline's unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pipeline.data_sources import make_source


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of MovieLens files of its own per test, to spoil."""
    return make_source(tmp_path / "movielens")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that is not there yet."""
    return tmp_path / "cache"
