"""Java artefacts: the lock, and what happens to a file that is not what it should be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakestack.errors import ArtifactError
from lakestack.java import artifacts
from lakestack.java.artifacts import Artifact


def test_every_line_of_the_lock_has_coordinates_and_a_sha256() -> None:
    for name, members in artifacts._lock().items():
        for artifact in members:
            assert re.fullmatch(r"[0-9a-f]{64}", artifact.sha256), (name, artifact)
            assert artifact.extension in ("jar", "so", "dylib")


def test_the_lock_has_each_set_that_a_machine_may_need() -> None:
    native = {"sqlite4java-linux-x86_64", "sqlite4java-macos-arm64", "sqlite4java-macos-x86_64"}

    drivers = {f"jdbc-{engine}" for engine in ("mysql", "oracle", "postgresql", "sqlserver")}
    drivers |= {"connector-kafka", "connector-mongodb"}
    formats = {f"table-{name}" for name in ("delta", "hudi", "iceberg")}
    tests = {"test-kcl-2", "test-kcl-3"}

    found = set(artifacts._lock())
    assert found == {"dynamodb-local", "spark-s3a"} | drivers | formats | native | tests


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "sqlite4java-linux-x86_64"),
        ("Darwin", "arm64", "sqlite4java-macos-arm64"),
        ("Darwin", "x86_64", "sqlite4java-macos-x86_64"),
        ("Linux", "aarch64", None),
    ],
)
def test_the_native_set_follows_the_machine(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, expected: str | None
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)

    assert artifacts.native_set() == expected
    assert ("dynamodb-local" in artifacts.sets()) == (expected is not None)


def test_a_native_library_has_its_plain_name() -> None:
    jar = Artifact("g", "thing", "1.0", "jar", "0" * 64)
    library = Artifact("g", "libthing", "1.0", "so", "0" * 64)

    assert (jar.file_name, library.file_name) == ("thing-1.0.jar", "libthing.so")


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thing-1.0.jar").write_bytes(b"altered")

    with pytest.raises(ArtifactError, match=r"thing-1\.0\.jar has SHA-256 .* expected 0{64}"):
        artifacts._check("some", [Artifact("g", "thing", "1.0", "jar", "0" * 64)], tmp_path)


def test_a_file_that_did_not_arrive_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"thing-1\.0\.jar of some did not arrive"):
        artifacts._check("some", [Artifact("g", "thing", "1.0", "jar", "0" * 64)], tmp_path)


def test_a_set_that_was_never_installed_names_the_next_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path))

    with pytest.raises(ArtifactError) as error:
        artifacts.spark_jars()

    assert error.value.message == "the Java artefacts spark-s3a are not installed"
    assert error.value.hint == "make setup"
