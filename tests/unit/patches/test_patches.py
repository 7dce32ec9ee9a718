"""What we change in other packages: declared, checked by its source, put where it belongs."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lakestack import patches
from lakestack.errors import PatchError
from lakestack.patches import apply, sources
from lakestack.patches.__main__ import main
from lakestack.patches.declaration import Patch
from lakestack.patches.register import BY_NAME, PATCHES

ENDPOINT_SOURCE = '''
import time


class Store:
    """Keeps."""

    def open(self, name):
        return name


if time:

    def read(name):
        # a comment
        return name
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Another package, installed for this test; its module's file."""
    folder = tmp_path / "foreignpackage"
    folder.mkdir()
    (folder / "__init__.py").touch()
    module = folder / "store.py"
    module.write_text(ENDPOINT_SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sources.DISTRIBUTIONS, "foreignpackage", "botocore")
    sources._root.cache_clear()
    importlib.invalidate_caches()
    yield module
    for name in [each for each in sys.modules if each.startswith("foreignpackage")]:
        del sys.modules[name]
    sources._root.cache_clear()


DECLARED = (
    Patch("foreign.open", ("foreignpackage.store:Store.open",), "it opens", "lakestack.a"),
    Patch("foreign.read", ("foreignpackage.store:read",), "it reads", "lakestack.b"),
    Patch("foreign.time", ("foreignpackage.store:time",), "it measures", "lakestack.c"),
)


@pytest.fixture
def lock(package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock of three patches of that package, as `--update` writes it."""
    file = package.parent.parent / "targets.lock"
    monkeypatch.setattr(sources, "PATCHES", DECLARED)
    monkeypatch.setattr(apply, "BY_NAME", {each.name: each for each in DECLARED})
    monkeypatch.setattr(apply, "_originals", {})
    file.write_text(json.dumps(sources.record()))
    sources.verify(DECLARED, file)
    return file


def change(module: Path, old: str, new: str) -> None:
    text = module.read_text()
    assert old in text
    module.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("        return name\n\n\nif", "        return name + '!'\n\n\nif", "foreign.open"),
        ("def read(name)", "def read(name, size)", "foreign.read"),
        ("import time", "import time as clock, time as timer; time = 1", "foreign.time"),
    ],
)
def test_a_changed_target_fails_by_name(
    lock: Path, package: Path, old: str, new: str, name: str
) -> None:
    change(package, old, new)
    with pytest.raises(PatchError) as caught:
        sources.verify(DECLARED, lock)
    declared = {each.name: each for each in DECLARED}[name]
    assert f"{name} ({declared.by}): {declared.targets[0]}" in caught.value.message
    assert "has changed since botocore" in caught.value.message
    assert [each.name for each in DECLARED if f"{each.name} (" in caught.value.message] == [name]
    assert "python -m lakestack.patches --update" in (caught.value.hint or "")


@pytest.mark.parametrize(("old", "new"), [("def open", "def begin"), ("class Store", "class Shop")])
def test_a_target_that_is_gone_fails_by_name(lock: Path, package: Path, old: str, new: str) -> None:
    change(package, old, new)
    with pytest.raises(PatchError, match=r"foreign\.open \(lakestack\.a\).*is gone"):
        sources.verify(DECLARED, lock)


def test_comments_and_neighbours_change_nothing(lock: Path, package: Path) -> None:
    change(package, "# a comment", "# another\n\n")
    package.write_text(f"{package.read_text()}\ndef more():\n    pass\n")
    sources.verify(DECLARED, lock)


def test_a_patch_that_the_lock_does_not_know_fails_by_name(lock: Path) -> None:
    new = Patch("foreign.new", ("foreignpackage.store:Store",), "it is new", "lakestack.d")
    with pytest.raises(PatchError, match=r"foreign\.new.*not in targets\.lock"):
        sources.verify((*DECLARED, new), lock)


def test_a_replacement_wraps_what_was_there_first(lock: Path) -> None:
    store = importlib.import_module("foreignpackage.store")
    for _ in range(2):  # made twice, it wraps once
        first = patches.original("foreign.open")
        patches.replace("foreign.open", lambda self, name, first=first: first(self, name) + "!")
    assert store.Store().open("a") == "a!"


def test_a_module_is_changed_when_it_is_imported(lock: Path) -> None:
    for name in [each for each in sys.modules if each.startswith("foreignpackage")]:
        del sys.modules[name]
    patches.replace_on_import("foreign.read", _twice)
    assert "foreignpackage.store" not in sys.modules
    store: ModuleType = importlib.import_module("foreignpackage.store")
    assert store.read("a") == "aa"


def _twice(original: Any) -> Any:
    return lambda name: original(name) * 2


def test_a_target_that_is_gone_cannot_be_replaced(lock: Path) -> None:
    store: Any = importlib.import_module("foreignpackage.store")
    del store.Store.open
    with pytest.raises(PatchError, match=r"foreign\.open of lakestack\.a has lost its target"):
        patches.replace("foreign.open", None)


def test_what_is_not_declared_cannot_be_replaced() -> None:
    with pytest.raises(PatchError, match="no patch 'nowhere'"):
        patches.replace("nowhere", None)


def test_the_command_names_what_has_changed(
    lock: Path, package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(package, "def read(name)", "def read(name, size)")
    monkeypatch.setattr(sources, "LOCK", lock)
    monkeypatch.setattr(sources.verify, "__defaults__", (DECLARED, lock))
    assert main([]) == 1
    assert "foreign.read" in capsys.readouterr().err
    del sys.modules["foreignpackage.store"]
    assert main(["--update"]) == 0
    assert main([]) == 0


def test_every_installed_target_is_what_it_was() -> None:
    sources.verify()


def test_each_target_has_one_patch_and_each_patch_one_name() -> None:
    targets = [target for patch in PATCHES for target in patch.targets]
    assert len(targets) == len(set(targets))
    assert len(BY_NAME) == len(PATCHES)
    locked = json.loads(sources.LOCK.read_text(encoding="utf-8"))
    assert sorted(locked["targets"]) == sorted(targets)
