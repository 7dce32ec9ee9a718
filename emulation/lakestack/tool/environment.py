"""The environment that the emulator runs in: this one where it can, else one of its own.

Its own is below the cache folder, one for each lock: made once, by whoever is first, and used by
all. `lakestack` itself is not in it but where it is installed; a second, empty environment for each
such place, which needs no more than a few links, has both on its path.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from lakestack import paths
from lakestack.errors import InstallError
from lakestack.exclusive import alone
from lakestack.tool import lock

Notice = Callable[[str], None]

PYTHONS = ((3, 12), (3, 11))
"""Versions of Python that the lock has been made for and LocalStack runs on."""

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(?:==([^;,\s]+))?")
_PACKAGE = Path(__file__).resolve().parents[1]
KEPT_LINES = 12
READY = ".ready"
"""A file that says that an environment is complete."""
_CLEAN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PYTHON", "PIP_TARGET", "PIP_PREFIX")
"""Variables that lead an interpreter, or what installs packages, to somebody else's."""


@functools.cache
def missing_here() -> tuple[str, ...]:
    """Packages of the extra ``emulator`` that this environment has not got, or in another version.

    Other versions count where the metadata name exactly one.
    """
    if sys.version_info[:2] not in PYTHONS:
        return (f"Python {' or '.join(_dotted(version) for version in sorted(PYTHONS))}",)
    lacking = []
    for text in metadata.requires("lakestack") or ():
        requirement, _, marker = text.partition(";")
        if "emulator" not in marker:
            continue
        if found := _REQUIREMENT.match(requirement.strip()):
            with contextlib.suppress(metadata.PackageNotFoundError):
                if found[2] in (None, metadata.version(found[1])):
                    continue
            lacking.append(found[1])
    return tuple(lacking)


def is_here() -> bool:
    """Whether the emulator can run in this very environment."""
    return not missing_here()


def python(notice: Notice) -> Path:
    """The interpreter that runs the emulator; its environment is made if there is none yet.

    Args:
        notice: is told what is going on while an environment is made

    Raises:
        InstallError: it cannot be made
    """
    return Path(sys.executable) if is_here() else _client(_base(notice))


def variables() -> dict[str, str]:
    """The environment variables of what runs there: of another Python's settings none."""
    if is_here():
        return dict(os.environ)
    return {name: value for name, value in os.environ.items() if name not in _CLEAN}


def folder() -> Path:
    """Where the environment of its own is, or would be."""
    version = _dotted(_interpreter_version(_interpreter()))
    digest = hashlib.sha256(lock.LOCK.read_bytes()).hexdigest()
    return paths.cache() / "environments" / f"{digest[:12]}-python{version}"


def _base(notice: Notice) -> Path:
    where = folder()
    _once(where, notice, lambda: _make(where, notice))
    return where


def _once(where: Path, notice: Notice, make: Callable[[], None]) -> None:
    """Have a folder made, unless it is complete, by one process at a time."""
    if (where / READY).is_file():
        return
    with _alone(where, notice):
        if not (where / READY).is_file():  # nobody has made it in the meantime
            shutil.rmtree(where, ignore_errors=True)  # what an interrupted one has left
            make()
            (where / READY).touch()


def _make(where: Path, notice: Notice) -> None:
    notice(f"making the emulator's environment in {where} (once; minutes, some 1.1 GB)")
    _run([str(_interpreter()), "-m", "venv", str(where)], notice)
    inside = str(where / "bin" / "python")
    installer = where / "uv.lock"
    installer.write_text(lock.pinned(lock.LOCK.read_text(encoding="utf-8"), "uv"))
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--no-deps", "--require-hashes", "-r", str(installer)], notice)
    uv = [str(where / "bin" / "uv"), "pip", "sync", "--python", inside, "--require-hashes"]
    _run([*uv, "--build-constraints", str(lock.LOCK), str(lock.LOCK)], notice)


def _client(base: Path) -> Path:
    """Interpreter of the environment that adds the `lakestack` of this process to a base."""
    files = metadata.distribution("lakestack").files or ()
    found = next((Path(str(f.locate())).parent for f in files if f.name == "METADATA"), None)
    if found is None:
        raise InstallError("lakestack has no metadata here", "install it with pip or uv")
    links = {_PACKAGE.name: _PACKAGE, found.name: found}
    named = hashlib.sha256(repr(sorted(map(str, links.values()))).encode()).hexdigest()[:12]
    where = base / "clients" / named

    def make() -> None:
        _run([str(base / "bin" / "python"), "-m", "venv", "--without-pip", str(where)], None)
        (packages,) = where.glob("lib/python*/site-packages")
        for name, target in links.items():
            (packages / name).symlink_to(target)
        (theirs,) = base.glob("lib/python*/site-packages")
        # Not a plain line: the base has .pth files of its own.
        (packages / "base.pth").write_text(f"import site; site.addsitedir({str(theirs)!r})\n")

    _once(where, lambda _: None, make)
    return where / "bin" / "python"


@contextlib.contextmanager
def _alone(where: Path, notice: Notice) -> Iterator[None]:
    """One process at a time makes a folder.

    Raises:
        InstallError: the cache folder cannot be written to
    """
    wait = functools.partial(
        notice, "another process is making the emulator's environment; waiting for it"
    )
    try:
        with alone(where.with_name(f"{where.name}.lock"), wait, 2.0):
            yield
    except OSError as e:
        raise InstallError(
            f"cannot write to {where.parent}: {e.strerror or e}",
            "make room (df -h), or set LAKE_CACHE to a folder of yours",
        ) from e


def _run(command: list[str], notice: Notice | None) -> None:
    """Run a step and tell what it says, but for the list of packages.

    Raises:
        InstallError: it failed; with the end of what it said
    """
    process = subprocess.Popen(
        command,
        env=_indexed(variables()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    said: list[str] = []
    with process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            if notice and line.strip() and not line.startswith(" + "):
                notice(line.strip())
    if process.returncode:
        told = "; ".join(line.strip() for line in said[-KEPT_LINES:] if line.strip())
        name = Path(command[0]).name
        if "ensurepip" in told:
            raise InstallError(
                f"{command[0]} cannot make environments: {told}",
                "install its package for that (python3-venv on Debian)",
            )
        raise InstallError(
            f"the emulator's environment was not made: {name} ended with code "
            f"{process.returncode}: {told}",
            "check the network connection and pip's settings, then again",
        )


def _indexed(environment: Mapping[str, str]) -> dict[str, str]:
    """Uv reads none of pip's variables; whoever has set a mirror for pip means it for both."""
    given = dict(environment)
    for pips, uvs in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_FIND_LINKS", "UV_FIND_LINKS")):
        if pips in given:
            given.setdefault(uvs, ",".join(given[pips].split()))
    return given


@functools.cache
def _interpreter() -> Path:
    """A Python that LocalStack runs on.

    Raises:
        InstallError: there is none
    """
    if sys.version_info[:2] in PYTHONS:
        return Path(sys.executable)
    for version in PYTHONS:
        if found := shutil.which(f"python{_dotted(version)}"):
            return Path(found)
    needed = " or ".join(_dotted(version) for version in sorted(PYTHONS))
    raise InstallError(
        f"this is Python {_dotted(sys.version_info[:2])} and the emulator needs {needed}; "
        "there is none in PATH",
        f"install Python {needed}, or use the container",
    )


def _interpreter_version(interpreter: Path) -> tuple[int, int]:
    if interpreter == Path(sys.executable):
        return sys.version_info[:2]
    return next(v for v in PYTHONS if interpreter.name == f"python{_dotted(v)}")


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
