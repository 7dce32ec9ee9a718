"""A jar that was cut short or removed since it was fetched: named, refused and fetched again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lakestack.errors import ArtifactError
from lakestack.host import checks
from lakestack.host.process import Emulator
from lakestack.java import artifacts, verification
from lakestack.java.artifacts import Artifact

BODIES = {"one": b"first" * 100, "two": b"second" * 100}


def _artifact(name: str) -> Artifact:
    return Artifact("g", name, "1.0", "jar", hashlib.sha256(BODIES[name]).hexdigest())


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the one set that this machine needs, installed and used once."""
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(artifacts, "_lock", lambda: {"spark-s3a": [*map(_artifact, BODIES)]})
    monkeypatch.setattr(artifacts, "sets", lambda: ["spark-s3a"])
    monkeypatch.setattr(artifacts, "_retrieve", _retrieve)
    artifacts.install(lambda _: None)
    assert [file.name for file in artifacts.spark_jars()] == ["one-1.0.jar", "two-1.0.jar"]
    return artifacts.folder("spark-s3a")


def _retrieve(wanted: list[Artifact], work: Path, _: Path) -> None:
    for artifact in wanted:
        (work / f"{artifact.name}-1.0.jar").write_bytes(BODIES[artifact.name])


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:50])


def _alter_in_secret(file: Path) -> None:
    before = file.stat()
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(_cut, "damaged (50 bytes"), (Path.unlink, "missing"), (_alter_in_secret, "damaged (500 byt")],
)
def test_what_has_become_of_a_jar_is_told_and_mended(
    cached: Path, spoil: object, said: str, tmp_path: Path
) -> None:
    file = cached / "one-1.0.jar"
    assert callable(spoil)
    spoil(file)

    found = checks._artifacts()
    assert (found.ok, found.fix) == (False, "make setup")
    assert f"{file} is {said}" in found.detail
    with pytest.raises(ArtifactError, match=r"one-1\.0\.jar is"):
        artifacts.spark_jars()
    with pytest.raises(ArtifactError, match=r"one-1\.0\.jar is") as start:
        Emulator(4566, home=tmp_path / "home").start()
    assert start.value.hint == "make setup"

    told: list[str] = []
    artifacts.install(told.append)
    assert "one-1.0.jar is" in told[0]
    assert "again" in told[0]
    assert told[1].endswith("MB")
    assert artifacts.faults() == {}
    assert file.read_bytes() == BODIES["one"]


def test_a_good_file_is_hashed_once(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    digest = verification._digest

    def counted(file: Path) -> str:
        hashed.append(file.name)
        return digest(file)

    monkeypatch.setattr(verification, "_digest", counted)
    artifacts.spark_jars()
    assert hashed == []
    os.utime(cached / "two-1.0.jar")
    artifacts.spark_jars()
    artifacts.spark_jars()
    assert hashed == ["two-1.0.jar"]


def test_a_folder_that_takes_no_note_is_hashed_each_time(
    cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cached / verification.NOTE).unlink()

    def refuse(**_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    assert artifacts.faults() == {}
    assert artifacts.faults() == {}
    assert not (cached / verification.NOTE).exists()
