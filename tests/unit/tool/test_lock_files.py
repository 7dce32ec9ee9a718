"""The lock has a file for each platform, as docs/platforms.md says; no index is asked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pyspark
import pytest

from lakestack.java import artifacts
from lakestack.tool.bundle.packages import PLATFORMS
from tests import lock_files
from tests.lock_files import File
from tests.support import PROJECT

PAGE = PROJECT / "docs" / "platforms.md"
TARGETS = [(name, python) for name in PLATFORMS for python in lock_files.PYTHONS]
COMPILED = {"macos-x86_64": {"lazy-object-proxy"}}
"""Packages with C code that have no wheel for a platform."""
CODECS = {"snappy-java": "snappyjava", "lz4-java": "lz4-java", "zstd-jni": "zstd-jni"}
"""Spark's jars with a native library that its files and shuffles need, and the library's name."""
IN_JARS = {
    "linux-x86_64": ("linux", ("amd64", "x86_64")),
    "linux-arm64": ("linux", ("aarch64",)),
    "macos-arm64": ("darwin mac", ("aarch64",)),
    "macos-x86_64": ("darwin mac", ("x86_64",)),
}
"""What the folders of these libraries are called, in lower case."""


def without_wheel(platform: str, python: str) -> Iterator[str]:
    """Names of the packages that a platform has to build."""
    files = lock_files.recorded()
    for package, requirement in lock_files.locked().items():
        if lock_files.wanted(requirement, platform, python):
            file = lock_files.chosen(files.get(package, ()), platform, python)
            assert file is not None, f"{package} has no file for {platform}, Python {python}"
            if not file.is_wheel:
                yield requirement.name


def is_pure(package: str) -> bool:
    """Whether a package, as it was built here, runs on any platform."""
    about = metadata.distribution(package).read_text("WHEEL") or ""
    return all(line.endswith("-none-any") for line in about.splitlines() if "Tag: " in line)


def test_the_record_is_the_locks() -> None:
    """As long as the lock is changed by `make lock` alone."""
    digests = lock_files.hashes()
    wanted = {
        package
        for package, requirement in lock_files.locked().items()
        if any(lock_files.wanted(requirement, *target) for target in TARGETS)
    }
    recorded = lock_files.recorded()
    assert set(recorded) == wanted, "run: make lock"
    for package, files in recorded.items():
        for file in files:
            assert file.sha256 in digests[package], f"{file.name}; run: make lock"


@pytest.mark.parametrize(("platform", "python"), TARGETS)
def test_each_platform_gets_a_wheel_or_pure_source(platform: str, python: str) -> None:
    built = set(without_wheel(platform, python))
    compiled = COMPILED.get(platform, set())
    assert compiled <= built
    assert [name for name in sorted(built - compiled) if not is_pure(name)] == []


def test_the_page_names_what_is_compiled() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    for platform in PLATFORMS:
        assert f"| `{platform}` |" in text
        for package in COMPILED.get(platform, ()):
            assert f"`{package}`" in text


def test_dynamodb_locals_native_library_is_there_for_all_but_one() -> None:
    natives = {name for name in artifacts.names() if name.startswith("sqlite4java-")}
    assert {f"sqlite4java-{name}" for name in PLATFORMS} - natives == {"sqlite4java-linux-arm64"}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("jar", CODECS)
def test_sparks_codecs_have_their_native_library(jar: str, platform: str) -> None:
    (file,) = (Path(pyspark.__file__).parent / "jars").glob(f"{jar}-[0-9]*.jar")
    systems, machines = IN_JARS[platform]
    with zipfile.ZipFile(file) as archive:
        folders = [
            name.lower().split("/")[:-1] for name in archive.namelist() if CODECS[jar] in name
        ]
    assert any(
        folder[-1] in machines and folder[-2] in systems.split()
        for folder in folders
        if len(folder) > 1
    ), folders


def test_the_best_wheel_is_chosen_before_the_source() -> None:
    names = (
        "x-1.tar.gz",
        "x-1-cp311-cp311-manylinux2014_aarch64.whl",
        "x-1-cp311-cp311-manylinux_2_28_aarch64.whl",
        "x-1-py3-none-any.whl",
        "x-1-cp311-cp311-musllinux_1_2_x86_64.whl",
    )
    files = [File("0", "x==1", name) for name in names]

    def name(*target: str, held: list[File] = files) -> str | None:
        file = lock_files.chosen(held, *target)
        return file.name if file else None

    assert name("linux-arm64", "3.11") == names[2]
    assert name("linux-x86_64", "3.11") == names[3]
    assert name("linux-x86_64", "3.12", held=files[:3]) == names[0]
    assert name("macos-arm64", "3.11", held=files[1:3]) is None


def test_markers_are_those_of_the_platform() -> None:
    text = (
        "a==1 ; sys_platform == 'win32' \\\n    --hash=sha256:aa\n"
        "b==2 ; platform_machine == 'aarch64' \\\n    --hash=sha256:bb\n"
    )
    a, b = lock_files.locked(text).values()
    assert not lock_files.wanted(a, "macos-arm64", "3.12")
    assert lock_files.wanted(b, "linux-arm64", "3.12")
    assert not lock_files.wanted(b, "macos-arm64", "3.12")
    assert lock_files.hashes(text) == {"a==1": frozenset({"aa"}), "b==2": frozenset({"bb"})}
