"""Whether this machine has the disk and memory for so much data, asked before a lake is filled.

The figures are our estimates of what comes on top of an emulator that has started: of each rating
its items in DynamoDB's engine, which holds its tables in memory, and its share of the jobs'
processes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from lakestack import paths
from lakestack.errors import StartError
from lakestack.host.checks import GIB, HostCheck
from lakestack.java import heaps

COPIES = 4
"""Of the source: where it is landed, where DMS reads it, and what streams and jobs write."""
DISK_BESIDE = GIB // 4
BYTES_A_RATING = 600
"""Of memory, all processes together, at the moment when they take most."""
MEMORY_BESIDE = GIB // 2


def findings(source_bytes: int, ratings: int) -> list[HostCheck]:
    """Look at disk and memory for a lake of this size.

    Args:
        source_bytes: of all source files
        ratings: rows of ratings among them

    Returns:
        nothing where the emulator is in a container, whose engine has limits of its own
    """
    if paths.docker_is_chosen():
        return []
    return [_disk(source_bytes, ratings), _memory(ratings)]


def _disk(source_bytes: int, ratings: int) -> HostCheck:
    place = _existing(paths.home())
    needed, free = COPIES * source_bytes + DISK_BESIDE, shutil.disk_usage(place).free
    text = _text(ratings, needed, f"space at {place}", free, "free")
    fix = "free some space, or name a folder on another disk: LAKE_HOME"
    return HostCheck("disk", free >= needed, text, fix)


def _memory(ratings: int) -> HostCheck:
    needed, free = BYTES_A_RATING * ratings + MEMORY_BESIDE, psutil.virtual_memory().available
    try:
        needed += _spark_heap()
        less = heaps.SPARK.hint()
    except StartError as error:  # the start of the emulator has refused it, too
        less = error.message
    text = _text(ratings, needed, "memory", free, "available")
    return HostCheck("memory", free >= needed, text, less)


def _spark_heap() -> int:
    return (heaps.mebibytes(heaps.SPARK.size()) or 0) << 20


def _text(ratings: int, needed: int, what: str, free: int, state: str) -> str:
    return (
        f"{ratings:,} ratings need about {needed / GIB:.1f} GiB of {what}, "
        f"{free / GIB:.1f} GiB are {state}"
    )


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
