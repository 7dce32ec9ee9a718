"""The emulator as a container's one command: in the foreground, with its log on standard output.

It listens on loopback unless it is told otherwise, and it can be told otherwise in a container
alone, where what may reach it is decided by how the container's port is published.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lakestack import commands, paths
from lakestack.errors import EmulationError, PortInUseError, SettingError, StartError
from lakestack.host import probe
from lakestack.host.process import Emulator
from lakestack.instance import Running
from lakestack.java import heaps

MIB = 2**20
BESIDE_MIB = 768
"""Memory of LocalStack, Python processes and Java outside its heaps, in a whole run."""
UNLIMITED = 2**60
"""Version 1 says "no limit" by a number near 2**63."""
LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container's, see `address`


def address(given: str, stays: bool = True) -> str:
    """The address to listen on.

    Args:
        stays: whether the emulator is to run in the foreground

    Raises:
        SettingError: it is none of the two, or this is no container
    """
    if given != LOOPBACK and not stays:
        raise SettingError(f"--listen {given[:100]} needs --foreground", "add --foreground")
    if given == LOOPBACK or (given == EVERYWHERE and paths.in_container()):
        return given
    if given == EVERYWHERE:
        raise SettingError(
            f"--listen {EVERYWHERE} lets other machines run code as you; it is for containers "
            f"({paths.CONTAINER} is not set), where the published port decides",
            f"leave --listen out: {LOOPBACK}",
        )
    raise SettingError(
        f"--listen {given[:100]!r} is no address of the emulator; valid are {LOOPBACK} and, in a "
        f"container, {EVERYWHERE}",
        f"leave --listen out: {LOOPBACK}",
    )


def serve(
    emulator: Emulator,
    listen: str,
    ready: Callable[[Running], None],
    follow: Callable[[Emulator], None],
) -> NoReturn:
    """Start an emulator and stay until SIGTERM or SIGINT ends it; then this process exits with 0.

    Args:
        listen: as `address` returned it
        ready: is called when it answers
        follow: shows its log and returns when the emulator is gone

    Raises:
        PortInUseError: another emulator, or program, has the port
        EmulationError: the folder of its state cannot be written to, or as `Emulator.start`; it has
            ended by itself
    """
    if wrong := probe.volume(str(paths.home())) if paths.in_container() else "":
        raise EmulationError(f"no place for the emulator's state: {wrong}", commands.restart())
    _require_memory()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    try:
        running, new = emulator.start(owned=True, listen=listen)
        if not new:
            raise PortInUseError(
                f"port {emulator.port} is taken by an emulator that runs already (process "
                f"{running.pid})",
                commands.end(emulator.port),
            )
        try:
            ready(running)
            follow(emulator)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            emulator.stop()
    except BrokenPipeError:  # whoever read the log is gone, and so is the emulator
        os._exit(0)
    raise StartError("the emulator has ended by itself; its log is above", commands.restart())


def _require_memory() -> None:
    """Raise StartError where the container may use less than the Java processes are allowed."""
    limit = memory_limit() if paths.in_container() else None
    heap = sum(heaps.mebibytes(each.size()) or 0 for each in (heaps.DYNAMODB, heaps.SPARK))
    needed = heap + BESIDE_MIB
    if limit is not None and limit < needed * MIB:
        raise StartError(
            f"the container may use {limit // MIB} MiB of memory; the emulator needs {needed}, of "
            f"which {heap} are Java heaps",
            f"allow more (--memory 4g; mem_limit in docker-compose.yml), or less to Java: "
            f"{heaps.DYNAMODB.hint()}; {heaps.SPARK.hint()}",
        )


def memory_limit(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes that this control group may use (cgroups(7), version 2, then 1); None without limit."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            found = int((root / name).read_text())
        except (OSError, ValueError):  # "max"
            continue
        return found if found < UNLIMITED else None
    return None


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)
