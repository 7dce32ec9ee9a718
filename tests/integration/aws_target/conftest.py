"""An account of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.aws_target.account import Account, opened


@pytest.fixture
def account(tmp_path: Path, ratings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account."""
    with opened(tmp_path, ratings, monkeypatch) as account:
        yield account
