"""Packages of a lock of their own, pinned by hash, fetched when something first needs them."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lakestack import paths, pip_settings
from lakestack.disk import OTHER_CACHE, explained
from lakestack.errors import ArtifactError
from lakestack.exclusive import alone

TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Packages:
    """What is fetched together.

    Attributes:
        kind: folder of the cache that holds it
        lock: requirements as pip takes them, each with its hashes
        what: they are, for the messages
        remedy: what to do, or the command that fetches them, where they cannot be had
    """

    kind: str
    lock: str
    what: str
    remedy: str

    @property
    def folder(self) -> Path:
        """Where they are; the name changes with the lock and with Python's version."""
        digest = hashlib.sha256(self.lock.encode()).hexdigest()[:12]
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return paths.cache() / self.kind / f"{digest}-{version}"

    def fetched(
        self, notice: Callable[[str], None], environment: Mapping[str, str] | None = None
    ) -> Path:
        """The folder with the packages in it; one process at a time fetches them.

        Args:
            notice: is told what is going on
            environment: of pip; None: the emulator's, which may have to do without a network

        Raises:
            ArtifactError: they cannot be had
        """
        made = self.folder
        with explained(paths.cache(), OTHER_CACHE, ArtifactError):
            if made.is_dir():
                return made
            with alone(made.with_suffix(".lock"), lambda: notice(f"waiting for {self.what}"), 2.0):
                if not made.is_dir():
                    self._fetch(made, notice, environment)
        return made

    def _fetch(
        self, made: Path, notice: Callable[[str], None], environment: Mapping[str, str] | None
    ) -> None:
        if environment is None and pip_settings.offline():
            raise ArtifactError(
                f"{self.what} is not here, and {pip_settings.OFFLINE} forbids downloads",
                f"unset {pip_settings.OFFLINE}, or {self.remedy}",
            )
        notice(f"fetching {self.what}, once")
        given = pip_settings.environment() if environment is None else environment
        install(self.lock, made, given, self.what, self.remedy)


def install(
    lock: str, target: Path, environment: Mapping[str, str], what: str, remedy: str
) -> None:
    """Install what a lock names, wheels only, and move it to its place when it is whole.

    Args:
        lock: requirements as pip takes them, each with its hashes
        target: a folder that is not there yet
        environment: of pip
        what: they are, for the messages
        remedy: what to do where they cannot be had

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
            raise ArtifactError(f"{what} did not arrive within {TIMEOUT_SECONDS} s", remedy) from e
        if run.returncode:
            said = (run.stderr.strip() or run.stdout.strip()).splitlines()
            raise ArtifactError(
                f"{what} could not be fetched: {said[-1] if said else 'pip failed'}",
                f"check the network connection, or {remedy}",
            )
        shutil.move(place / "site", target)


def _pip(place: Path) -> list[str]:
    """The command of pip: this environment's, or one made for it, which need not have it."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    import venv

    venv.EnvBuilder(symlinks=True, with_pip=True).create(place / "environment")
    return [str(place / "environment" / "bin" / "python"), "-m", "pip"]
