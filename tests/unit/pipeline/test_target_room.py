"""What a target's plug-in says of its room is said before a lake is filled."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.data import DataFile, Dataset
from pipeline.errors import DataError
from pipeline.target_room import require_target_room


def dataset(folder: Path) -> Dataset:
    files = {}
    for name, rows in (("movies", 2), ("ratings", 8), ("ratings-partial-load", 2)):
        path = folder / f"{name}.csv"
        path.write_bytes(b"x" * 100)
        files[name] = DataFile(path, rows, [], "0")
    return Dataset(files, "a folder", "folder", 10)


def test_the_first_that_is_short_is_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def findings(size: int, ratings: int) -> list[SimpleNamespace]:
        asked.append((size, ratings))
        return [
            SimpleNamespace(ok=True, detail="fine", fix=""),
            SimpleNamespace(ok=False, detail="10 ratings need 9 GiB", fix="set LESS"),
        ]

    point = SimpleNamespace(name="x", load=lambda: findings)
    monkeypatch.setattr(
        "pipeline.target_room.entry_points",
        lambda group: [point] if group == "lake.room.local" else [],
    )
    require_target_room("aws", dataset(tmp_path))
    with pytest.raises(DataError) as error:
        require_target_room("local", dataset(tmp_path))
    assert asked == [(300, 10)]
    assert error.value.message == "10 ratings need 9 GiB."
    assert error.value.hint == "Set LESS: lake generate --ratings 1m"


def test_the_emulator_is_asked() -> None:
    [point] = entry_points(group="lake.room.local")
    assert point.load().__module__ == "lakestack.host.room"
