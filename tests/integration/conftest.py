"""What tests of several folders look at, made once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.pipeline import movielens_data

if TYPE_CHECKING:
    from tests.integration.aws_target.recorded import Recorded


@pytest.fixture(scope="session")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of MovieLens files, the same for all tests."""
    folder = tmp_path_factory.mktemp("movielens")
    with pytest.MonkeyPatch.context() as patch:  # a run takes as long as its rows
        for name, number in {"LOADED": 600, "STREAMED": 150, "TAGS": 40}.items():
            patch.setattr(movielens_data, name, number)
        movielens_data.write_folder(folder)
    return folder


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, ratings: Path) -> Recorded:
    """The whole life of a lake on the aws target, in an account in this process."""
    from tests.integration.aws_target.recorded import record

    return record(tmp_path_factory.mktemp("account"), ratings)
