"""The folder of saved states: complete, damaged, newer."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from lakestack.errors import SettingError, SnapshotError
from lakestack.host import saved_states
from lakestack.services.saved_state import bodies, folder
from lakestack.services.saved_state.bodies import Kept, Stored


def written(
    place: Path, number: int, contents: list[bytes], former: folder.Snapshot | None = None
) -> folder.Snapshot:
    path = folder.numbered(place, number)
    path.mkdir(parents=True)
    kept = Kept(path, number, former)
    for content in contents:
        kept.keep(content)
    files = kept.finish()
    with folder.private(path / bodies.INDEX) as file:
        file.write(json.dumps(kept.index).encode())
    index = path / bodies.INDEX
    files[bodies.INDEX] = {"size": index.stat().st_size, "sha256": folder.sha256(index)}
    manifest = {"format": folder.FORMAT, "emulator": "1", "saved": "2026", "files": files}
    folder.write_manifest(path, manifest)
    return folder.Snapshot(path, manifest)


def test_the_newest_complete_snapshot_is_the_state(tmp_path: Path) -> None:
    assert folder.latest(tmp_path / "s") is None
    written(tmp_path / "s", 1, [b"a"])
    second = written(tmp_path / "s", 2, [b"b"])
    folder.numbered(tmp_path / "s", 3).mkdir()  # as kill -9 leaves it
    found = folder.checked(tmp_path / "s")
    assert found == second
    folder.forget_former(tmp_path / "s", 3)
    assert folder.numbers(tmp_path / "s") == [3]


def test_what_is_there_already_is_linked(tmp_path: Path) -> None:
    one = written(tmp_path / "s", 1, [b"a" * 100, b"b" * 100])
    two = written(tmp_path / "s", 2, [b"a" * 100, b"b" * 100, b"c"], one)
    pack = "bodies-00000001.pack"
    assert (one.path / pack).stat().st_ino == (two.path / pack).stat().st_ino
    folder.forget_former(tmp_path / "s", 2)
    two.verify()
    stored = Stored(two)
    assert {stored.read(digest) for digest in stored.places} == {b"a" * 100, b"b" * 100, b"c"}


def test_a_pack_that_is_hardly_used_is_written_anew(tmp_path: Path) -> None:
    former = written(tmp_path / "s", 1, [b"a" * 1000, b"b" * 10])
    after = written(tmp_path / "s", 2, [b"b" * 10], former)
    assert list(after.files) == ["bodies-00000002.pack", "bodies.json"]
    assert after.files["bodies-00000002.pack"]["size"] == 10


def test_many_small_packs_become_one(tmp_path: Path) -> None:
    former, contents = None, []
    for number in range(1, 2 * bodies.MOST_PACKS):
        contents.append(b"%d" % number)
        former = written(tmp_path / "s", number, contents, former)
        assert len(former.files) <= bodies.MOST_PACKS + 2
    assert former is not None
    stored = Stored(former)
    assert {stored.read(digest) for digest in stored.places} == set(contents)


@pytest.mark.parametrize("how", ["changed", "shorter", "gone", "manifest", "no-json"])
def test_a_damaged_snapshot_is_kept_aside(tmp_path: Path, how: str) -> None:
    found = written(tmp_path / "s", 7, [b"content"])
    pack = found.path / "bodies-00000007.pack"
    match how:
        case "changed":
            pack.write_bytes(b"Content")
        case "shorter":
            os.truncate(pack, 2)
        case "gone":
            pack.unlink()
        case "manifest":
            (found.path / folder.MANIFEST).write_text('{"format": 1}')
        case "no-json":
            (found.path / folder.MANIFEST).write_text("{")
    with pytest.raises(SnapshotError, match="00000007 is refused") as caught:
        folder.checked(tmp_path / "s")
    aside = tmp_path / "s" / "00000007.damaged-1"
    assert str(aside) in caught.value.message
    assert aside.is_dir()
    assert caught.value.hint == "the next start is without it"
    assert folder.checked(tmp_path / "s") is None


def test_a_newer_snapshot_is_kept_aside(tmp_path: Path) -> None:
    found = written(tmp_path / "s", 1, [b"a"])
    manifest = {**found.manifest, "format": folder.FORMAT + 1, "emulator": "9.9"}
    (found.path / folder.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match=r"lakestack 9\.9, format 2; this version") as caught:
        folder.checked(tmp_path / "s")
    assert (tmp_path / "s" / "00000001.newer-1").is_dir()
    assert "start that version" in str(caught.value.hint)


@pytest.mark.parametrize(
    "files", [{"../x": {"sha256": "a", "size": 1}}, {"/etc/passwd": {"sha256": "a", "size": 1}}]
)
def test_a_manifest_names_no_file_elsewhere(tmp_path: Path, files: dict[str, Any]) -> None:
    found = written(tmp_path / "s", 1, [b"a"])
    (found.path / folder.MANIFEST).write_text(json.dumps({**found.manifest, "files": files}))
    with pytest.raises(SnapshotError, match="is not one"):
        folder.checked(tmp_path / "s")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/etc", "a.b", "A", "x" * 64, "-a", "a\n", 1, None]
)
def test_names_are_names(tmp_path: Path, name: object) -> None:
    with pytest.raises(SnapshotError, match="is none"):
        folder.check_name(name)
    assert list(tmp_path.iterdir()) == []


def test_a_state_is_listed_and_removed(tmp_path: Path) -> None:
    written(tmp_path / "seeded", 1, [b"abc"])
    (tmp_path / "half").mkdir()
    (listed,) = folder.listed(tmp_path)
    assert (listed["name"], listed["saved"]) == ("seeded", "2026")
    assert folder.remove(tmp_path, "seeded")
    assert not folder.remove(tmp_path, "seeded")
    assert folder.listed(tmp_path) == []


@pytest.mark.parametrize(
    ("value", "kept"), [("1", True), ("TRUE", True), ("", False), ("no", False)]
)
def test_persist_says_whether_the_state_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, kept: bool
) -> None:
    monkeypatch.setenv("PERSIST", value)
    monkeypatch.delenv("LAKE_STATE", raising=False)
    found = saved_states.variables(tmp_path, None)
    assert found["LAKE_STATE"] == str(tmp_path / "state")
    assert ("LAKE_KEPT" in found) == kept
    assert "LAKE_KEPT" in saved_states.variables(tmp_path, tmp_path / "other")


def test_another_value_of_persist_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSIST", "perhaps")
    with pytest.raises(SettingError, match="PERSIST is 'perhaps'"):
        saved_states.variables(tmp_path, None)


def test_a_look_at_states_tells_what_a_load_would_refuse_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKE_STATE", raising=False)
    monkeypatch.delenv("PERSIST", raising=False)
    assert saved_states.examined(tmp_path) == ("", "")
    monkeypatch.setenv("PERSIST", "1")
    assert saved_states.examined(tmp_path)[0] == ""
    place = tmp_path / "state"
    one = written(place / "seeded", 3, [b"content"])
    assert saved_states.examined(tmp_path) == ("", f"{place}: seeded; kept by itself")
    manifest = (one.path / folder.MANIFEST).read_text()

    (one.path / folder.MANIFEST).write_text(json.dumps({**one.manifest, "format": 99}))
    fix, detail = saved_states.examined(tmp_path)
    assert fix.startswith("move it away, or start the version that wrote it")
    assert f"{one.path}: it is of lakestack 1, format 99" in detail

    (one.path / folder.MANIFEST).write_text(manifest)
    (one.path / "bodies-00000003.pack").write_bytes(b"changed")
    assert "is not what was written" in saved_states.examined(tmp_path)[1]
    assert folder.numbers(place / "seeded") == [3]


def test_a_folder_of_states_that_takes_nothing_is_seen_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSIST", "1")
    monkeypatch.setenv("LAKE_STATE", str(tmp_path / "file" / "states"))
    (tmp_path / "file").touch()
    assert saved_states.examined(tmp_path)[1] == f"{tmp_path / 'file'} is no folder"
    monkeypatch.setenv("LAKE_STATE", str(tmp_path / "states"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)  # as of a read-only volume
        assert "cannot be written to" in saved_states.examined(tmp_path)[1]
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 5 << 20))  # type: ignore[attr-defined]
        fix, detail = saved_states.examined(tmp_path)
    assert fix.startswith("make room there (df -h)")
    assert detail.startswith("5 MiB free at ")


def test_a_full_disk_names_the_file_and_leaves_the_former_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = written(tmp_path / "s", 1, [b"content"])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as error:
        written(tmp_path / "s", 2, [b"more"], one)
    assert error.value.filename == str(tmp_path / "s" / "00000002" / "bodies-00000002.pack")
    with pytest.raises(OSError, match="No space") as error:
        folder.write_manifest(folder.numbered(tmp_path / "s", 2), {})
    assert error.value.filename.endswith("manifest.json.new")
    assert folder.checked(tmp_path / "s") == one
