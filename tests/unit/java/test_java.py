"""Finding Java: absent, too old, good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestack.errors import JavaError
from lakestack.java.interpreter import find_java


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    find_java.cache_clear()
    yield
    find_java.cache_clear()


def fake_java(folder: Path, version_line: str) -> None:
    (folder / "bin").mkdir()
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{version_line}' >&2\n")
    java.chmod(0o755)


@pytest.mark.parametrize(
    ("line", "expected"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('openjdk version "21" 2023-09-19', 21)],
)
def test_a_new_enough_java_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, expected: int
) -> None:
    fake_java(tmp_path, line)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    java = find_java()

    assert (java.version, java.path) == (expected, tmp_path / "bin" / "java")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('java version "1.8.0_392"', 8),
        ('openjdk version "11.0.2" 2019-01-15', 11),
        ('openjdk version "22.0.1" 2024-04-16', 22),
        ('openjdk version "25" 2025-09-16 LTS', 25),
    ],
)
def test_a_java_out_of_the_range_is_named_with_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, expected: int
) -> None:
    fake_java(tmp_path, line)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(JavaError, match=f"is Java {expected}; the emulator needs Java 17 to 21"):
        find_java()


def test_no_java_at_all_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(JavaError) as error:
        find_java()

    assert error.value.message == "no Java in PATH; the emulator needs Java 17 to 21"
    assert "install Java 17 (" in (error.value.hint or "")
