"""The AWS services on this machine: LocalStack, and what its free version lacks.

What stands in ``__all__`` is the public interface; it keeps its meaning within a minor version.
Everything below is the emulator's own and may change. Nothing is imported before it is used, so
that a test suite pays for the emulator only when it starts one.

    >>> import boto3, lakestack
    >>> with lakestack.running() as emulator:
    ...     boto3.client("s3", **emulator.client_options()).list_buckets()["Buckets"]
    []
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakestack.emulator import find, install, running, start, stop
    from lakestack.errors import (
        AgentError,
        ArtifactError,
        ContainerError,
        EmulationError,
        FrozenError,
        InstallError,
        JavaError,
        JobFailedError,
        LakeError,
        NotRunningError,
        PortError,
        PortInUseError,
        SettingError,
        SnapshotError,
        StartError,
        UnhealthyError,
    )
    from lakestack.instance import Running

    __version__: str

__all__ = [
    "AgentError",
    "ArtifactError",
    "ContainerError",
    "EmulationError",
    "FrozenError",
    "InstallError",
    "JavaError",
    "JobFailedError",
    "LakeError",
    "NotRunningError",
    "PortError",
    "PortInUseError",
    "Running",
    "SettingError",
    "SnapshotError",
    "StartError",
    "UnhealthyError",
    "__version__",
    "find",
    "install",
    "running",
    "start",
    "stop",
]

_FUNCTIONS = ("find", "install", "running", "start", "stop")


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562)."""
    if name == "__version__":
        return import_module("importlib.metadata").version("lakestack")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = "instance" if name == "Running" else "errors"
    if name in _FUNCTIONS:
        here = import_module(f"{__name__}.tool.environment").is_here()
        place = "emulator" if here else "tool.client"
    return getattr(import_module(f"{__name__}.{place}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
