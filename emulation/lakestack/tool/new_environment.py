"""Make the clone's environment: a venv of an interpreter that the lock is for, with uv in it.

Usage: ``python3 new_environment.py [--check] [--managed] [--no-packages] VENV``. The Makefile runs
this file before anything is installed, with whatever Python the machine has, so it needs the
standard library only and is written for old versions, too. ``--check`` says nothing and answers
with the exit code; ``--no-packages`` only says what to do without a network.

Where the interpreter is none that `requires-python` takes, uv can fetch one of its own (uv's
documentation, "Python versions": managed and system Python installations). It is asked to after a
yes on a terminal, or with ``--managed``, which is ``make setup PYTHON=uv``.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CLONE = Path(__file__).resolve().parents[3]
MANAGED = "3.12"
"""The version that uv fetches."""
SIZE = "some 30 MB to download"
"""Our guess; it depends on the system."""
MAKES_NO_VENV = 3
NO_PACKAGES = """\
The packages could not be fetched. Without a network, set up from a bundle:
  → make setup BUNDLE=file   (made by `make bundle` on a machine with a network: docs/labs/host.md)
"""


def required(clone: Path = CLONE) -> str:
    """What `requires-python` of the emulator's metadata says, such as ``>=3.11.4,<3.13``."""
    text = (clone / "emulation" / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^requires-python = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        raise ValueError("emulation/pyproject.toml has no requires-python")
    return found.group(1)


def fits(version: "tuple[int, ...]", wanted: str) -> bool:
    """Whether a version is in a range of the form ``>=A,<B``."""
    low, high = (_numbers(part) for part in wanted.split(","))
    return low <= tuple(version[:3]) < high


def in_words(wanted: str) -> str:
    """The range for people: ``3.11 (from 3.11.4) or 3.12``."""
    low, high = (_numbers(part) for part in wanted.split(","))
    names = ["{}.{}".format(low[0], minor) for minor in range(low[1], high[1])]  # noqa: UP032
    if len(low) > 2:
        names[0] += " (from {})".format(".".join(map(str, low)))
    return " or ".join(names)


def refusal(executable: str, version: "tuple[int, ...]", wanted: str) -> str:
    """The message for an interpreter that is not in the range, with the next command."""
    return (
        "{} is Python {}; needed is Python {}.\n"
        "  → make setup PYTHON=uv   (uv fetches Python {}: {}, for this project alone)\n"
        "  → make setup PYTHON=/path/to/python{}"
    ).format(executable, ".".join(map(str, version[:3])), in_words(wanted), MANAGED, SIZE, MANAGED)


def _numbers(part: str) -> "tuple[int, ...]":
    return tuple(int(number) for number in part.strip().lstrip("<>=").split("."))


def _with_uv(pip: "list[str]", environment: "dict[str, str]") -> None:
    """Install the uv that the lock pins, checked by its hash."""
    text = (CLONE / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^uv==.*?(?=^    # via)", text, re.MULTILINE | re.DOTALL)
    if pinned is None:
        raise ValueError("requirements.lock has no uv")
    folder = tempfile.mkdtemp()
    try:
        lock = Path(folder) / "uv.lock"
        lock.write_text(pinned.group(0), encoding="utf-8")
        options = ["--quiet", "--no-deps", "--require-hashes", "-r", str(lock)]
        subprocess.check_call([*pip, *options], env=environment)
    finally:
        shutil.rmtree(folder)


def _pip(venv: str) -> "list[str]":
    python = str(Path(venv) / "bin" / "python")
    # One retry is made at once; five take seconds to say that there is no network.
    quick = ["--retries", "1", "--quiet"]
    return [python, "-m", "pip", "install", "--disable-pip-version-check", *quick]


def make(venv: str, managed: bool) -> None:
    """Make the environment, of this interpreter or of one that uv fetches."""
    environment = dict(os.environ)
    if not managed:
        subprocess.check_call([sys.executable, "-m", "venv", "--clear", venv])
        _with_uv(_pip(venv), environment)
        return
    folder = tempfile.mkdtemp()
    try:
        subprocess.check_call([sys.executable, "-m", "venv", folder])
        _with_uv(_pip(folder), environment)
        uv = str(Path(folder) / "bin" / "uv")
        chosen = ["--managed-python", "--python", MANAGED]
        subprocess.check_call([uv, "venv", "--quiet", "--clear", *chosen, venv], env=environment)
        python = str(Path(venv) / "bin" / "python")
        _with_uv([uv, "pip", "install", "--python", python], environment)
    finally:
        shutil.rmtree(folder)


def agreed() -> bool:
    """Ask on a terminal whether uv may fetch an interpreter; elsewhere nobody is asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(
        "Fetch Python {} with uv ({}, for this project alone)? [y/N] ".format(  # noqa: UP032
            MANAGED, SIZE
        )
    )
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def main(arguments: "list[str]") -> int:
    """Make the environment, or check the interpreter; returns the exit code."""
    wanted = required()
    good = fits(sys.version_info[:3], wanted)
    if "--no-packages" in arguments:  # said by the Makefile when uv has failed
        sys.stderr.write("" if "UV_NO_INDEX" in os.environ else NO_PACKAGES)
        return 1
    if "--check" in arguments:
        return 0 if good else 1
    managed = "--managed" in arguments
    if not good and not managed:
        sys.stderr.write(refusal(sys.executable, sys.version_info[:3], wanted) + "\n")
        if not agreed():
            return MAKES_NO_VENV
        managed = True
    try:
        make(arguments[-1], managed)
    except subprocess.CalledProcessError as error:
        sys.stderr.write("{} ended with code {}\n".format(error.cmd[0], error.returncode))  # noqa: UP032
        sys.stderr.write("" if "PIP_NO_INDEX" in os.environ else NO_PACKAGES)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
