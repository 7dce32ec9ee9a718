"""Wheels of the emulator and environments to install them into, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import PROJECT

UV = str(Path(sys.executable).parent / "uv")


def run(*command: str | Path, **options: str | Path | dict[str, str]) -> str:
    """Run a command to its end; return what it printed, or fail with all that it said."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def copied(folder: Path) -> Path:
    """The emulator's project as it lies in the clone, without what builds left in it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", ".*")
    return Path(shutil.copytree(PROJECT / "emulation", folder / "emulation", ignore=ignored))


def build(project: Path, out: Path, *kinds: str) -> None:
    """Build ``--wheel``, ``--sdist`` with the setuptools of this environment, the lock's."""
    options = ("--quiet", "--offline", "--no-build-isolation", "--python", sys.executable)
    run(UV, "build", *options, *kinds, "--out-dir", out, project)


def closure(*requirements: str) -> set[str]:
    """Names of all packages that these need, as this environment's metadata say (PEP 508)."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        found.add(name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                needed = metadata.requires(name) or ()
                waiting += [(Requirement(text), wanted) for text in needed]
    return found


def place(name: str, packages: Path) -> None:
    """Put a distribution of this environment into another one, by hard links where they can be.

    So the versions are the lock's, and neither a network nor a tool's cache has a say.
    """
    for file in metadata.distribution(name).files or ():
        if file.parts[-2:-1] == ("bin",):  # a script, which would start this environment's Python
            continue
        source = Path(str(file.locate())).resolve()
        compiled = Path(cache_from_source(str(source))) if source.suffix == ".py" else source
        for found in {source, compiled}:
            below = packages / file.parent / found.relative_to(source.parent)
            target = Path(os.path.normpath(below))  # data files lie beside the packages' folder
            if found.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(found, target)
                except OSError:  # another file system
                    shutil.copy2(found, target)


class Environment:
    """An environment of its own, with the packages of this one, as the lock has them.

    Args:
        folder: where it is made
        requirements: as pip takes them, of distributions that this environment has as well; what
            they declare is installed, the emulator itself only by `install`
    """

    def __init__(self, folder: Path, *requirements: str) -> None:
        self.bin, self._state = folder / "bin", folder / "state"
        run(UV, "venv", "--quiet", "--python", sys.executable, folder)
        (packages,) = folder.glob("lib/python*/site-packages")
        for name in sorted(closure(*requirements) - {"lakestack"}):
            place(name, packages)

    def install(self, wheel: Path) -> Environment:
        """Add the emulator, all of whose requirements must be there."""
        python = ("--python", self.bin / "python")
        run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", *python, wheel)
        run(UV, "pip", "check", "--quiet", *python)
        return self

    def variables(self, **more: str) -> dict[str, str]:
        """A user's shell: no settings of the clone, the user's state below this environment."""
        kept = ("PATH", "HOME", "JAVA_HOME", "LAKE_CACHE", "LANG")
        mine = {name: os.environ[name] for name in kept if name in os.environ}
        return {**mine, "XDG_STATE_HOME": str(self._state), **more}

    @property
    def state(self) -> Path:
        """The user's folder of running state, on Linux."""
        return self._state / "lakestack"

    def python(self, *arguments: str | Path, **variables: str) -> str:
        """Run its Python; return what that printed."""
        return run(self.bin / "python", *arguments, env=self.variables(**variables), cwd=self.bin)

    def lakestack(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the console script."""
        return subprocess.run(
            [str(self.bin / "lakestack"), *arguments],
            env=self.variables(),
            cwd=self.bin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
