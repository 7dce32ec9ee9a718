"""The commands that the emulator's messages tell its user to type.

In a clone of the project they are `make`'s and `lake emulator`'s, elsewhere those of the console
script `lakestack`. Every hint is made here, so that none names what its reader has not got.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lakestack import paths
from lakestack.ports import DEFAULT_PORT


def setup() -> str:
    """What fetches whatever is missing."""
    return "make setup" if _in_clone() else "lakestack install"


def or_bundle() -> str:
    """What sets up without a network, to follow `setup`; only a clone can."""
    return "; without a network: make setup BUNDLE=file" if _in_clone() else ""


def start(port: int) -> str:
    """What starts the emulator of a port, and nothing else."""
    return f"{_emulator()} start --port {port}"


def end(port: int) -> str:
    """What ends the emulator of a port, whatever state it is in."""
    return _make("down", port) if _in_clone() else f"lakestack stop --port {port}"


def end_container(port: int) -> str:
    """What ends the emulator's container of a port, where an emulator on the host was asked for."""
    return _make("down", port, docker=True)


def again(port: int) -> str:
    """What makes an emulator again that was ended, in a clone with the lake in it."""
    return _make("local", port) if _in_clone() else start(port)


def restart() -> str:
    """What ends the emulator and makes it again, for its own messages: it knows no `LAKE_PORT`."""
    if paths.in_container():
        return "fix it, then: docker restart CONTAINER"
    return "make down, then make local" if _in_clone() else "lakestack stop, then lakestack start"


def at_port(port: int) -> str:
    """What starts at another port, which is spelled out even where it is the usual one."""
    return f"LAKE_PORT={port} make local" if _in_clone() else start(port)


def reload(port: int) -> str:
    """What makes tables again that were lost with their engine."""
    if _in_clone():
        return _make("local", port)
    return "create these tables again and load them, or delete them"


def status() -> str:
    """What says how the emulator is."""
    return f"{_emulator()} status"


def examine(port: int) -> str:
    """What says why an emulator does not start."""
    return "make doctor" if _in_clone() else f"lakestack logs --port {port}"


def clean() -> str:
    """What frees disk space."""
    return "make clean" if _in_clone() else f"delete {paths.cache()}"


def start_with(setting: str) -> str:
    """What starts with an environment variable set, such as ``LAKE_HOME=…``."""
    return f"{setting} {_emulator()} start"


def cluster_start(port: int) -> str:
    """What starts a Spark cluster whose master has this port."""
    return f"{_program()} cluster start --port {port}"


def cluster_stop(port: int) -> str:
    """What ends the Spark cluster of a master's port."""
    return f"{_program()} cluster stop --port {port}"


def _program() -> str:
    return "lake" if _in_clone() else "lakestack"


def _in_clone() -> bool:
    """Whether the application's commands are there: an editable install alone has them not."""
    return paths.checkout() is not None and Path(sys.executable).with_name("lake").is_file()


def _emulator() -> str:
    return "lake emulator" if _in_clone() else "lakestack"


def _make(target: str, port: int, docker: bool | None = None) -> str:
    inside = paths.docker_is_chosen() if docker is None else docker
    command = f"make {target} DOCKER=1" if inside else f"make {target}"
    return command if port == DEFAULT_PORT else f"LAKE_PORT={port} {command}"
