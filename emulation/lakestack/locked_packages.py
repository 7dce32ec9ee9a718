"""Packages of a lock of their own, pinned by hash, fetched when something first needs them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lakestack.errors import ArtifactError

TIMEOUT_SECONDS = 600


def install(
    lock: str, target: Path, environment: Mapping[str, str], what: str, command: str
) -> None:
    """Install what a lock names, wheels only, and move it to its place when it is whole.

    Args:
        lock: requirements as pip takes them, each with its hashes
        target: a folder that is not there yet
        environment: of pip
        what: they are, for the messages
        command: that fetches them by hand

    Raises:
        ArtifactError: they cannot be had
    """
    with tempfile.TemporaryDirectory(prefix="packages-", dir=target.parent) as name:
        place = Path(name)
        (place / "lock.txt").write_text(lock)
        arguments = [
            *(*_pip(place), "install", "--quiet", "--disable-pip-version-check", "--no-input"),
            *("--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-compile"),
            *("--target", str(place / "site"), "--requirement", str(place / "lock.txt")),
        ]
        try:
            run = subprocess.run(
                arguments,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
                env={**environment, "TMPDIR": str(place), "PIP_USER": "0"},
            )
        except subprocess.TimeoutExpired as e:
            raise ArtifactError(f"{what} did not arrive within {TIMEOUT_SECONDS} s", command) from e
        if run.returncode:
            said = (run.stderr.strip() or run.stdout.strip()).splitlines()
            raise ArtifactError(
                f"{what} could not be fetched: {said[-1] if said else 'pip failed'}",
                f"check the network connection, then: {command}",
            )
        shutil.move(place / "site", target)


def _pip(place: Path) -> list[str]:
    """The command of pip: this environment's, or one made for it, which need not have it."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    import venv

    venv.EnvBuilder(symlinks=True, with_pip=True).create(place / "environment")
    return [str(place / "environment" / "bin" / "python"), "-m", "pip"]
