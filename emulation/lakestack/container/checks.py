"""What ``lake doctor`` asks for the emulator's sake, on the host or of the container engine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from lakestack import commands, paths, ports
from lakestack.container import engine
from lakestack.container.emulator import (
    REBUILD,
    ContainerEmulator,
    image_name,
    volume_name,
    wrong_architecture,
)
from lakestack.errors import EmulationError, PortInUseError
from lakestack.health import problem
from lakestack.host import checks as host
from lakestack.host.checks import GIB, HostCheck
from lakestack.host.process import require_free
from lakestack.instance import Running

MEMORY = 3.5 * GIB
"""What an engine with "4 GB" in its settings has: its own kernel takes some."""
PROBE = ("python", "-I", "-S", "/opt/lakestack/code/lakestack/host/probe.py", "--volume")


def checks() -> list[HostCheck]:
    """The machine's for the emulator on the host, the engine's for the one in a container."""
    if paths.docker_is_chosen():
        return list(_container())
    return [_of_container(check) for check in host.checks()]


def _of_container(check: HostCheck) -> HostCheck:
    """A port that the emulator's own container has is not taken by a stranger."""
    if check.ok or check.name != "port":
        return check
    with contextlib.suppress(EmulationError):
        port = ports.from_environment()
        if found := ContainerEmulator(port).find():
            return HostCheck("port", True, f"{port}: the emulator ({found.where})")
    return check


def _container() -> Iterator[HostCheck]:
    yield host.python()
    try:
        information = engine.information()
    except EmulationError as e:
        yield HostCheck("engine", False, e.message, e.hint or "")
        return
    here = engine.architecture(str(information.get("Architecture", "")))
    yield HostCheck("engine", True, f"{information.get('ServerVersion')}, {here}")
    yield _compose()
    yield (image := _image(here))
    yield _memory(information)
    try:
        port = ports.from_environment()
    except EmulationError as e:
        yield HostCheck("port", False, e.message, e.hint or "")
        return
    emulator = ContainerEmulator(port)
    try:
        running = emulator.find()
        yield from _emulator(emulator, running)
        if image.ok:
            yield _volume(port, running)
    except EmulationError as e:
        yield HostCheck("emulator", False, e.message, e.hint or "")


def _compose() -> HostCheck:
    try:
        return HostCheck("compose", True, engine.compose_version())
    except EmulationError as e:
        return HostCheck("compose", False, e.message, e.hint or "")


def _image(here: str) -> HostCheck:
    name = image_name()
    try:
        found = engine.image(name)
    except EmulationError as e:
        return HostCheck("image", False, e.message, e.hint or "")
    if found is None:
        return HostCheck("image", False, f"{name} is not there", "docker compose build")
    if here and found["Architecture"] != here:
        return HostCheck(
            "image", False, wrong_architecture(name, found["Architecture"], here), REBUILD
        )
    return HostCheck("image", True, f"{name}, {found['Size'] / 10**9:.2f} GB")


def _memory(information: dict[str, Any]) -> HostCheck:
    total = int(information.get("MemTotal") or 0)
    good = total >= MEMORY
    text = f"the engine has {total / GIB:.1f} GiB, 4 GB wanted"
    fix = "give it more (Docker Desktop: Settings, Resources)"
    return HostCheck("memory", good, text, "" if good else fix)


def _emulator(emulator: ContainerEmulator, running: Running | None) -> Iterator[HostCheck]:
    port = emulator.port
    if running is None:
        try:
            require_free(port)
            yield HostCheck("port", True, f"{port} is free")
        except PortInUseError as e:
            yield HostCheck("port", False, e.message, e.hint or "")
        return
    yield HostCheck("port", True, f"{port}: the emulator ({running.where})")
    found = emulator.look()
    if found is None:
        return
    if wrong := problem(found[1]):
        yield HostCheck("emulator", False, wrong.message, wrong.command(port))
    else:
        yield HostCheck("emulator", True, "answers; its engines run, no table is lost")


def _volume(port: int, running: Running | None) -> HostCheck:
    """Look from inside, as the emulator's user: where it runs, else in a short container."""
    name = volume_name(port)
    try:
        if running and running.container:
            said = engine.docker("exec", running.container, *PROBE)
        elif not engine.docker("volume", "ls", "--quiet", f"--filter=name=^{name}$").strip():
            return HostCheck("volume", True, f"{name}: made at the first start")
        else:
            mount = f"--volume={name}:/var/lib/lakestack"
            alone = ("--rm", "--network=none", mount, f"--entrypoint={PROBE[0]}")
            said = engine.docker("run", *alone, image_name(), *PROBE[1:])
    except EmulationError as e:
        detail = e.message.partition("failed: ")[2] or e.message
        return HostCheck("volume", False, f"{name}: {detail}", e.hint or commands.end(port))
    return HostCheck("volume", True, f"{name}: {said.strip()}")
