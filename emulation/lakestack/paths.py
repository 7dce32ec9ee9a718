"""Where the emulator keeps its files: state below LAKE_HOME, downloads below LAKE_CACHE."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import platformdirs

from lakestack.errors import SettingError

CONTAINER = "LAKE_CONTAINER"
"""Set in the emulator's image: what listens there is reached through the container's ports only."""

DOCKER = "LAKE_DOCKER"

_ROOT = Path(__file__).resolve().parents[2]


def checkout() -> Path | None:
    """The clone of the project that this code runs from; None where it is installed."""
    return _ROOT if (_ROOT / "emulation" / "pyproject.toml").is_file() else None


def in_container() -> bool:
    """Whether this runs in the emulator's image."""
    return CONTAINER in os.environ


def docker_is_chosen() -> bool:
    """Whether the user wants the emulator in a container (``LAKE_DOCKER``, ``make … DOCKER=1``)."""
    return os.environ.get(DOCKER, "").strip().lower() in ("1", "true", "yes", "on")


def own_home() -> Path:
    """Folder of running state that nobody chose: `.lake` in a clone, else the user's state."""
    clone = checkout()
    return clone / ".lake" if clone else platformdirs.user_state_path("lakestack")


def home() -> Path:
    """Folder of running state (`$LAKE_HOME`, else `own_home`)."""
    return Path(os.environ.get("LAKE_HOME") or own_home()).absolute()


def cache() -> Path:
    """Folder of checked downloads that outlive a clone (`$LAKE_CACHE`, else the user's cache)."""
    chosen = os.environ.get("LAKE_CACHE")
    return Path(chosen or platformdirs.user_cache_path("emulated-data-lake")).absolute()


def absolute(given: str | os.PathLike[str] | None) -> Path | None:
    """A state's folder that a caller has named; the emulator has another working folder.

    Raises:
        SettingError: it is no path
    """
    if given is None:
        return None
    if not isinstance(given, str | os.PathLike) or not os.fspath(given):
        raise SettingError(f"state is {given!r}", 'valid: a folder, such as state="tests/state"')
    return Path(given).absolute()


def private(folder: Path) -> Path:
    """Make a folder and what is missing above it, for its owner only; close one that is open.

    Raises:
        PermissionError: it belongs to somebody else, or is a link
        OSError: it cannot be made
    """
    for missing in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(errno.EACCES, "it is not a folder of yours", str(folder))
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder
