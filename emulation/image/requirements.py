"""Print what the image's environment has to have, one requirement a line, with the lock's version.

The emulator's own with its extras, and what the application's recommender, a training job inside
it, imports.

Usage: ``python requirements.py``, in a folder laid out as the clone is. Standard library only.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

EXTRAS = ("emulator", "glue", "sagemaker")
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(\[[^\]]*\])?")
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def requirements(root: Path) -> list[str]:
    """Without duplicates, in order, so that equal ones give equal text.

    Raises:
        KeyError: the lock has not got one of them
    """
    emulator = _project(root / "emulation")
    extras = emulator["optional-dependencies"]
    wanted = [*emulator["dependencies"], *(each for name in EXTRAS for each in extras[name])]
    wanted += _project(root / "pipeline")["dependencies"]
    locked = dict(LOCKED.findall((root / "requirements.lock").read_text(encoding="utf-8")))
    found = {REQUIREMENT.match(each) for each in wanted}
    named = {(m[1], m[2] or "") for m in found if m and m[1] != emulator["name"]}
    return sorted(f"{name}{extra}=={locked[_normal(name)]}" for name, extra in named)


def _project(folder: Path) -> dict[str, Any]:
    read = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = read["project"]
    return found


def _normal(name: str) -> str:
    """As locks spell a name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    print("\n".join(requirements(Path.cwd())))
