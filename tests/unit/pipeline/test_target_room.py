"""What a target's plug-in says of its room is said before a lake is filled."""

from __future__ import annotations

from dataclasses import replace
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
    assert error.value.hint == "Set LESS"


@pytest.mark.parametrize(
    ("given", "space", "hint"),
    [
        (10_000_000, 2_500_000, "Set LESS; or take fewer ratings: lake generate --ratings 1000000"),
        (1_000_000, 999_999, "Set LESS; or take fewer ratings: lake generate --ratings 100000"),
        (20_000, 10_000, "Set LESS; or take fewer ratings: lake generate --ratings 10000"),
        (20_000, 9_000, "Set LESS"),
    ],
)
def test_only_as_many_ratings_are_suggested_as_there_is_space_for(
    given: int, space: int, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def findings(size: int, ratings: int) -> list[SimpleNamespace]:
        assert size * given == pytest.approx(300 * ratings, abs=given)
        return [SimpleNamespace(ok=ratings <= space, detail="too many", fix="set LESS")]

    point = SimpleNamespace(name="x", load=lambda: findings)
    monkeypatch.setattr("pipeline.target_room.entry_points", lambda _: [point])
    data = dataset(tmp_path)
    data.files["ratings"] = replace(data.files["ratings"], rows=given - 2)
    with pytest.raises(DataError) as error:
        require_target_room("local", data)
    assert error.value.hint == hint


def test_the_emulator_is_asked() -> None:
    [point] = entry_points(group="lake.room.local")
    assert point.load().__module__ == "lakestack.host.room"
