"""The emulator for programs and test suites: what `lakestack` offers by its own name."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lakestack import disk, extras, paths
from lakestack.errors import ArtifactError
from lakestack.exclusive import alone
from lakestack.host import service_catalog
from lakestack.host.process import START_SECONDS, Emulator
from lakestack.instance import Running
from lakestack.java import artifacts
from lakestack.ports import DEFAULT_PORT, free_port
from lakestack.services.glue.spark import class_archive

__all__ = ["Running", "find", "install", "running", "start", "stop"]


def _silent(_: str) -> None:
    """Tell nobody."""


def install(notice: Callable[[str], None] = _silent) -> None:
    """Fetch and prepare what the emulator needs beside its packages.

    It does nothing when all is there.

    Args:
        notice: is told what is going on

    Raises:
        ArtifactError: a download failed, or is not what this version was tested with, or
            LAKE_CACHE cannot be written to
        JavaError: there is no usable Java
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # what cannot be written to is complete, or fails below
            wait = functools.partial(notice, "another process is installing; waiting for it")
            stack.enter_context(alone(paths.cache() / "install.lock", wait, 2.0))
        stack.enter_context(disk.explained(paths.cache(), disk.OTHER_CACHE, ArtifactError))
        artifacts.install(notice)
        service_catalog.install(notice)
    # Outside the lock: it is of this environment alone, and takes long on a busy machine.
    if extras.missing(extras.GLUE):
        command = extras.install_command(extras.GLUE)
        notice(f"without Glue and DynamoDB Local; for them: {command}")
    else:
        class_archive.install(notice)


def start(
    port: int = DEFAULT_PORT,
    *,
    home: Path | None = None,
    state: Path | None = None,
    timeout: float = START_SECONDS,
) -> Running:
    """Start an emulator and wait until it answers; return the one that runs already.

    It starts empty, unless its state is kept.

    Args:
        port: on 127.0.0.1
        home: folder of its running state; None: `LAKE_HOME`, else the user's
        state: folder of a state to begin with, which is kept there (`lake emulator start --state`);
            None: as `PERSIST` says
        timeout: seconds until it must answer

    Raises:
        PortInUseError: another program listens on the port
        ArtifactError: `install` has not been called
        JavaError: no usable Java
        SettingError: an environment variable has a value that it does not take
        StartError: it ended or stayed silent
        FrozenError: it runs already and does not answer
        SnapshotError: the state is refused, and kept aside; or another emulator keeps it
    """
    return Emulator(port, home, paths.absolute(state)).start(timeout)[0]


def find(port: int = DEFAULT_PORT, *, home: Path | None = None) -> Running | None:
    """The emulator of this home that runs at a port, or None."""
    return Emulator(port, home).find()


def stop(port: int = DEFAULT_PORT, *, home: Path | None = None) -> bool:
    """End the emulator of a port and all that it started; return whether anything was running."""
    return Emulator(port, home).stop()


@contextlib.contextmanager
def running(port: int | None = None, *, state: Path | None = None) -> Iterator[Running]:
    """An emulator of the caller's own, in a folder of its own, which ends with the block.

    It ends with the caller's process, too, by whatever that is ended, and so does its folder.

    Args:
        port: None: one that is free
        state: as of `start`; it stays when the block ends

    Raises:
        EmulationError: as `start`
    """
    with tempfile.TemporaryDirectory(prefix="lakestack-") as home:
        emulator = Emulator(
            free_port() if port is None else port, Path(home), paths.absolute(state)
        )
        try:
            yield emulator.start(temporary=True)[0]
        finally:
            emulator.stop()
