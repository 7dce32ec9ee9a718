"""``emulator.lock``: of the clone's requirements.lock what the emulator needs, all extras included.

    python -m lakestack.tool.lock            write it
    python -m lakestack.tool.lock --check    fail when it is out of date

Which packages those are is read from the lock's own ``# via`` comments, so that versions, hashes
and markers are the tested ones and no index is asked.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestack import generated

COMMAND = "python -m lakestack.tool.lock"
LOCK = Path(__file__).with_name("emulator.lock")
CLONE = Path(__file__).resolve().parents[3]
"""There in a clone only."""

EXTRAS = ("emulator", "glue", "sagemaker")
INSTALLERS = ("uv", "setuptools")
"""What makes the environment, and what builds the packages that come as source."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HEAD = (
    f"# Made from requirements.lock by: {COMMAND}\n"
    "# What the emulator needs, for the environment of its own; requirements.lock says why.\n"
)


@dataclass(frozen=True)
class Entry:
    """One package of a lock.

    Attributes:
        name: normalised (PyPA, "Names and normalization")
        text: its requirement with hashes, without comments
        via: names of the packages that need it
    """

    name: str
    text: str
    via: frozenset[str]


def entries(text: str) -> list[Entry]:
    """The packages of a lock that uv has written, in order."""
    found = []
    for part in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        requirement = "".join(f"{line}\n" for line in lines if not line.lstrip().startswith("#"))
        comments = [line.lstrip(" #") for line in lines if line.lstrip().startswith("#")]
        via = {_normalised(line.removeprefix("via ")) for line in comments if line.strip() != "via"}
        found.append(Entry(_normalised(part), requirement.rstrip() + "\n", frozenset(via)))
    return found


def pinned(text: str, name: str) -> str:
    """One package's requirement with its hashes.

    Raises:
        KeyError: the lock has no such package
    """
    return {entry.name: entry.text for entry in entries(text)}[name]


def subset(text: str, wanted: Iterable[str]) -> str:
    """A lock of packages and of all that they need.

    Args:
        text: the whole lock
        wanted: names of packages

    Raises:
        ValueError: the lock has not got one of them
    """
    known = entries(text)
    names = {_normalised(name) for name in wanted}
    if missing := names - {entry.name for entry in known}:
        raise ValueError(f"requirements.lock has no {', '.join(sorted(missing))}; run: make lock")
    while more := {entry.name for entry in known if entry.via & names} - names:
        names |= more
    return _HEAD + "".join(entry.text for entry in known if entry.name in names)


def declared(project: dict[str, Any]) -> set[str]:
    """Names of the packages that a pyproject.toml declares for the emulator, itself left out."""
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *(text for extra in EXTRAS for text in extras[extra])]
    return {_normalised(text) for text in texts} - {_normalised(project["name"])}


def updated(_: str) -> str:
    """What the file has to say."""
    project = tomllib.loads((CLONE / "emulation" / "pyproject.toml").read_text())["project"]
    whole = (CLONE / "requirements.lock").read_text(encoding="utf-8")
    return subset(whole, {*declared(project), *INSTALLERS})


def main(arguments: list[str] | None = None) -> int:
    """Write or check the lock; returns the exit code."""
    check = generated.is_check(COMMAND, __doc__, arguments)
    if not (CLONE / "requirements.lock").is_file():
        print(f"{COMMAND} works in a clone: there is no requirements.lock here", file=sys.stderr)
        return 1
    LOCK.touch()
    return generated.write(LOCK, updated, COMMAND, check=check)


def _normalised(text: str) -> str:
    found = _NAME.match(text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


if __name__ == "__main__":
    sys.exit(main())
