"""Which file of requirements.lock each platform gets: a wheel, or a source that has to be built.

    python -m tests.lock_files          write files.txt from the package index; part of: make lock

The lock has hashes only. files.txt gives them the names of their files, of which a wheel's says
where it can be installed (PyPA, "Platform compatibility tags"), so that the tests ask no index.
It has one line for each file that some platform takes: SHA-256, package and version, file name.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

from lakestack.tool import lock
from lakestack.tool.bundle.packages import PLATFORMS
from tests.support import PROJECT

RECORD = Path(__file__).with_name("files.txt")
LOCK = PROJECT / "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13")
"""Those that are taken, and the one that most new systems bring."""
_OLDEST_MACOS = (14, 0)
_SYSTEMS = {"linux": ("linux", "Linux", "posix"), "macos": ("darwin", "Darwin", "posix")}


@dataclass(frozen=True)
class File:
    """One file of the index that the lock has the hash of."""

    sha256: str
    package: str
    """As the lock pins it: ``name==version``."""
    name: str

    @property
    def is_wheel(self) -> bool:
        """Whether it is installed as it is, without being built."""
        return self.name.endswith(".whl")


def locked(text: str | None = None) -> dict[str, Requirement]:
    """The lock's packages with their markers, by ``name==version``."""
    whole = LOCK.read_text(encoding="utf-8") if text is None else text
    found = {}
    for entry in lock.entries(whole):
        requirement = Requirement(entry.text.partition("\\")[0].strip())
        found[f"{entry.name}{requirement.specifier}"] = requirement
    return found


def hashes(text: str | None = None) -> dict[str, frozenset[str]]:
    """The SHA-256 digests that the lock takes, by ``name==version``."""
    whole = LOCK.read_text(encoding="utf-8") if text is None else text
    digests = (
        frozenset(
            word.removeprefix("--hash=sha256:")
            for word in entry.text.split()
            if word.startswith("--hash=")
        )
        for entry in lock.entries(whole)
    )
    return dict(zip(locked(whole), digests, strict=True))


def wanted(requirement: Requirement, platform: str, python: str) -> bool:
    """Whether a platform's environment has a package at all."""
    marker: Marker | None = requirement.marker
    system, _, machine = platform.partition("-")
    names = dict(zip(("sys_platform", "platform_system", "os_name"), _SYSTEMS[system], strict=True))
    machine = "aarch64" if (system, machine) == ("linux", "arm64") else machine
    there = {**names, "platform_machine": machine, "python_full_version": f"{python}.9"}
    cpython = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    return marker is None or marker.evaluate({**there, **cpython, "python_version": python})


def tags(platform: str, python: str) -> list[Tag]:
    """The tags of wheels that a platform takes, best first."""
    version = tuple(int(number) for number in python.split("."))
    machine = platform.partition("-")[2]
    names = list(PLATFORMS[platform])
    if platform.startswith("macos"):
        names = list(mac_platforms(_OLDEST_MACOS, machine))
    interpreter = f"cp{version[0]}{version[1]}"
    return list(
        chain(
            cpython_tags(version, platforms=names),
            compatible_tags(version, interpreter, names),
        )
    )


def chosen(files: Iterable[File], platform: str, python: str) -> File | None:
    """Of one package's files the one that a platform gets; None when there is none.

    The best wheel, else the source.
    """
    held = list(files)
    order = {tag: rank for rank, tag in enumerate(tags(platform, python))}
    ranked = [
        (min(order[tag] for tag in fitting), file.name, file)
        for file in held
        if file.is_wheel and (fitting := parse_wheel_filename(file.name)[3] & order.keys())
    ]
    if ranked:
        return min(ranked)[2]
    return next((file for file in held if not file.is_wheel), None)


def recorded() -> dict[str, list[File]]:
    """The files of files.txt by package."""
    found: dict[str, list[File]] = {}
    for line in RECORD.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            file = File(*line.split(" "))
            found.setdefault(file.package, []).append(file)
    return found


def to_record(pylock: dict[str, Any]) -> Iterator[File]:
    """What files.txt has to hold: of each package, whatever a platform gets.

    Args:
        pylock: of the lock's packages (PyPA, "pylock.toml Specification")
    """
    digests, requirements = hashes(), locked()
    for entry in pylock["packages"]:
        package = f"{entry['name']}=={entry['version']}"
        given = [*entry.get("wheels", []), *filter(None, [entry.get("sdist")])]
        files = [
            File(each["hashes"]["sha256"], package, each["url"].rpartition("/")[2])
            for each in given
            if each["hashes"]["sha256"] in digests[package]
        ]
        taken = {
            chosen(files, platform, python)
            for platform in PLATFORMS
            for python in PYTHONS
            if wanted(requirements[package], platform, python)
        }
        yield from sorted(filter(None, taken), key=lambda file: file.name)


def ask_the_index() -> dict[str, Any]:
    """The index's files of the lock's packages, with their names."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", str(LOCK)]
    command += ["--universal", "--no-deps", "--python-version", PYTHONS[0]]
    done = subprocess.run(
        [*command, "--format", "pylock.toml"], capture_output=True, text=True, check=True
    )
    return tomllib.loads(done.stdout)
