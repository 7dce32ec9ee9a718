"""Which databases of DynamoDB a save writes, and which it links to the former snapshot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakestack.services.dynamodb import engine
from lakestack.services.saved_state import folder, tables

ACCOUNT, REGION = "000000000000", "us-east-1"
FILE = f"dynamodb-{ACCOUNT}-{REGION}.db"


class FakeDatabases:
    """One database, of one life of the engine."""

    def __init__(self) -> None:
        self.life, self.state, self.content = object(), (1, 1), b"first"

    def look(self, *_: str) -> tuple[int, int]:
        return self.state

    def copy_out(self, account: str, region: str, file: Path) -> tuple[int, int]:
        del account, region
        file.write_bytes(self.content)
        return self.state

    def change(self, content: bytes) -> None:
        self.content, self.state = content, (self.state[0] + 1, 1)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> FakeDatabases:
    made = FakeDatabases()

    @contextlib.contextmanager
    def databases() -> Iterator[FakeDatabases]:
        yield made

    live = SimpleNamespace(snapshot=lambda: {"live": [(ACCOUNT, REGION, "t")]})
    monkeypatch.setattr(tables, "databases", databases)
    monkeypatch.setattr(engine, "tables", live)
    monkeypatch.setattr(engine, "engine", object)
    monkeypatch.setattr(tables, "_copied", {})
    return made


def saved(place: Path, number: int, former: folder.Snapshot | None) -> folder.Snapshot:
    path = folder.numbered(place, number)
    path.mkdir(parents=True)
    _, files = tables.save(path, former)
    manifest: dict[str, Any] = {"files": {file.name: {} for file in files}}
    return folder.Snapshot(path, manifest)


def content(snapshot: folder.Snapshot) -> bytes:
    return (snapshot.path / FILE).read_bytes()


def test_what_has_not_changed_is_linked(tmp_path: Path, database: FakeDatabases) -> None:
    one = saved(tmp_path, 1, None)
    two = saved(tmp_path, 2, one)
    three = saved(tmp_path, 3, two)
    assert (three.path / FILE).stat().st_ino == (one.path / FILE).stat().st_ino
    database.change(b"second")
    assert content(saved(tmp_path, 4, three)) == b"second"


def test_what_a_failed_save_had_written_is_written_again(
    tmp_path: Path, database: FakeDatabases
) -> None:
    one = saved(tmp_path, 1, None)
    database.change(b"second")
    saved(tmp_path, 2, one)  # the disk is full after this: it never becomes complete
    assert content(saved(tmp_path, 3, one)) == b"second"


def test_counts_of_another_life_of_the_engine_say_nothing(
    tmp_path: Path, database: FakeDatabases
) -> None:
    one = saved(tmp_path, 1, None)
    database.life, database.content = object(), b"as many changes, but others"
    assert content(saved(tmp_path, 2, one)) == b"as many changes, but others"
