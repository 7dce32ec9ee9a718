"""How many files the emulator may have open: as many as the system lets it.

Connections, log files and object bodies of many processes meet in one. macOS starts programs with
256, and its hard limit "unlimited" is refused above OPEN_MAX (10,240; `getrlimit(2)`, section
"COMPATIBILITY").
"""

from __future__ import annotations

import resource
import sys

from lakestack.errors import StartError

NEEDED = 1024
MACOS_OPEN_MAX = 10_240
ENOUGH = 65_536


def raise_open_files() -> int:
    """Raise the soft limit of open files of this process and its children; return it.

    Raises:
        StartError: even the hard limit is too small for the emulator
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = target(soft, hard, sys.platform)
    if wanted != soft:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            wanted = soft
    if 0 <= wanted < NEEDED:
        raise StartError(
            f"at most {wanted} files may be open at once (hard limit {hard}); the emulator needs "
            f"{NEEDED}",
            f"allow more in your system's settings, then in a new shell: ulimit -Hn {NEEDED}",
        )
    return wanted


def target(soft: int, hard: int, platform: str) -> int:
    """The soft limit to set, never below the present one."""
    if soft == resource.RLIM_INFINITY:
        return soft
    largest = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if platform == "darwin":
        largest = min(largest, MACOS_OPEN_MAX)
    return max(soft, largest)
