"""How much memory this process may take."""

from __future__ import annotations

import os
from pathlib import Path

_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Of a container, in versions 2 and 1 of Linux' control groups."""


def physical_bytes(limits: tuple[Path, ...] = _LIMITS) -> int:
    """The machine's memory, or the container's limit where that is less."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in limits:
        try:
            text = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():  # "max": no limit
            found.append(int(text))
    return min(found)
