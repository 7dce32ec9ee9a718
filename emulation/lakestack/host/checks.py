"""What ``lake doctor`` asks of the machine for the emulator's sake."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import metadata

import psutil
from packaging.specifiers import SpecifierSet

from lakestack import commands, paths, ports, spark_master
from lakestack.errors import (
    EmulationError,
    FrozenError,
    PortError,
    PortInUseError,
    StartError,
)
from lakestack.health import problem
from lakestack.host import saved_states
from lakestack.host.process import Emulator, require_free
from lakestack.java import artifacts, heaps
from lakestack.java.interpreter import find_java

GIB = 2**30
MEMORY = 4 * GIB  # peak of all processes in a whole run
DISK = 3 * GIB  # environment, Java artefacts and the lake itself


@dataclass(frozen=True)
class HostCheck:
    """One finding: `fix` is the command or step that fixes it."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def checks() -> list[HostCheck]:
    """Look at Python, Java, artefacts, port, emulator and its states, cluster, memory and disk."""
    return [
        *(python(), _java(), _artifacts(), *_emulator(), *_states(), *_cluster()),
        *(_memory(), _disk()),
    ]


def python() -> HostCheck:
    """The interpreter's version, by what the package's metadata ask for (`Requires-Python`)."""
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = metadata("lakestack")["Requires-Python"]
    good = version in SpecifierSet(wanted)
    fix = "make setup PYTHON=uv" if paths.checkout() else f"install Python {wanted}"
    detail = version if good else f"{version}, needed is {wanted}"
    return HostCheck("Python", good, detail, "" if good else fix)


def _java() -> HostCheck:
    try:
        java = find_java()
    except EmulationError as e:
        return HostCheck("Java", False, e.message, e.hint or "")
    return HostCheck("Java", True, f"{java.version} ({java.path})")


def _artifacts() -> HostCheck:
    faults = artifacts.faults()
    if faults:
        return HostCheck("Java artefacts", False, "; ".join(faults.values()), commands.setup())
    note = "" if artifacts.native_set() else "; no DynamoDB Local for this machine: moto instead"
    return HostCheck("Java artefacts", True, f"{paths.cache() / 'java'}{note}")


def _emulator() -> list[HostCheck]:
    """The port, and if an emulator is there whether it answers and has lost nothing."""
    try:
        port = ports.from_environment()
    except PortError as e:
        return [HostCheck("port", False, e.message, e.hint or "")]
    try:
        found = Emulator(port).look()
    except FrozenError as e:
        return [HostCheck("emulator", False, e.message, e.hint or "")]
    if found is None:
        return [_free(port)]
    running, health = found
    place = HostCheck("port", True, f"{port}: the emulator (process {running.pid})")
    if wrong := problem(health):
        return [place, HostCheck("emulator", False, wrong.message, wrong.command(port))]
    return [place, HostCheck("emulator", True, "answers; its engines run, no table is lost")]


def _free(port: int) -> HostCheck:
    try:
        require_free(port)
    except PortInUseError as e:
        return HostCheck("port", False, e.message, e.hint or "")
    return HostCheck("port", True, f"{port} is free")


def _states() -> list[HostCheck]:
    """The saved states of the port's emulator, if it has any or is to keep one."""
    try:
        folder = Emulator(ports.from_environment()).folder
        wrong, detail = saved_states.examined(folder)
    except PortError:  # told by `_emulator`
        return []
    except EmulationError as e:
        return [HostCheck("saved states", False, e.message, e.hint or "")]
    if not detail:
        return []
    return [HostCheck("saved states", not wrong, detail, wrong)]


def _cluster() -> list[HostCheck]:
    """The master that SPARK_MASTER names, if it is set."""
    try:
        found = spark_master.from_environment()
        if found is None:
            return []
        workers = found.workers()
        found.secret()
    except EmulationError as e:
        return [HostCheck("Spark cluster", False, e.message, e.hint or "")]
    size = spark_master.described(workers) if workers is not None else "how large, it does not tell"
    return [HostCheck("Spark cluster", True, f"{found.url}: {size}")]


def _memory() -> HostCheck:
    free = psutil.virtual_memory().available
    good = free >= MEMORY
    text = f"{free / GIB:.1f} GiB available, {MEMORY / GIB:.0f} GiB wanted"
    return HostCheck("memory", good, text, "" if good else _less_memory())


def _less_memory() -> str:
    try:
        users = "; ".join(heap.hint() for heap in (heaps.DYNAMODB, heaps.SPARK))
    except StartError as e:
        return f"{e.message}: {e.hint}"
    return f"close other programs, or let the emulator's take less: {users}"


def _disk() -> HostCheck:
    place = paths.home()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    good = free >= DISK
    text = f"{free / GIB:.1f} GiB free at {place}, {DISK / GIB:.0f} GiB wanted"
    return HostCheck("disk", good, text, "" if good else f"{commands.clean()}, or free some space")
