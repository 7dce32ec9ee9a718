"""What the engine needs beside the emulator's environment, fetched when a query first asks for it.

``packages.lock`` beside this module pins each by SHA-256; they are some 75 MB when installed, which
nobody has to have who asks Athena nothing. Only wheels are taken.

    python -m lakestack.services.athena.packages        fetch them now
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from lakestack import locked_packages, paths, pip_settings
from lakestack.disk import OTHER_CACHE, explained
from lakestack.errors import ArtifactError
from lakestack.exclusive import alone

LOCK = Path(__file__).with_name("packages.lock")
COMMAND = "python -m lakestack.services.athena.packages"


def folder() -> Path:
    """Where they are; the name changes with the lock and with Python's version."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return paths.cache() / "athena-engine" / f"{digest[:12]}-{version}"


def fetched(notice: Callable[[str], None], environment: dict[str, str] | None = None) -> Path:
    """The folder for the engine's path, with the packages in it.

    Args:
        notice: is told what is going on
        environment: of pip

    Raises:
        ArtifactError: they cannot be had
    """
    made = folder()
    with explained(paths.cache(), OTHER_CACHE, ArtifactError):
        if made.is_dir():
            return made
        with alone(made.with_suffix(".lock"), lambda: notice("waiting for Athena's engine"), 2.0):
            if not made.is_dir():
                _fetch(made, notice, environment)
    return made


def _fetch(made: Path, notice: Callable[[str], None], environment: dict[str, str] | None) -> None:
    if environment is None and pip_settings.offline():
        raise ArtifactError(
            f"Athena's engine is not installed, and {pip_settings.OFFLINE} forbids downloads",
            f"unset {pip_settings.OFFLINE}, then: {COMMAND}",
        )
    notice("fetching Athena's engine (once; some 25 MB)")
    given = pip_settings.environment() if environment is None else environment
    locked_packages.install(LOCK.read_text(), made, given, "Athena's engine", COMMAND)
    notice("fetched Athena's engine")


def main() -> int:
    """Fetch them for this user; returns the exit code."""
    import os

    try:
        print(fetched(lambda text: print(text, file=sys.stderr), dict(os.environ)))
    except ArtifactError as e:
        print(f"{e.message}; {e.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
