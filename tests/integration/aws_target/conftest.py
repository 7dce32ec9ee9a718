"""An account of each test's own, and the data that its lake is filled with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.aws_target.account import Account, opened
from tests.integration.aws_target.recorded import Recorded, record
from tests.integration.pipeline import movielens_data


@pytest.fixture(scope="session")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of MovieLens files, the same for all tests."""
    folder = tmp_path_factory.mktemp("movielens")
    with pytest.MonkeyPatch.context() as patch:  # a run takes as long as its rows
        for name, number in {"LOADED": 600, "STREAMED": 150, "TAGS": 40}.items():
            patch.setattr(movielens_data, name, number)
        movielens_data.write_folder(folder)
    return folder


@pytest.fixture
def account(tmp_path: Path, ratings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account."""
    with opened(tmp_path, ratings, monkeypatch) as account:
        yield account


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, ratings: Path) -> Recorded:
    """One whole run and destroy, for all tests that look at it."""
    return record(tmp_path_factory.mktemp("account"), ratings)
