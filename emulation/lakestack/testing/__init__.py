"""The emulator in a test suite: a lake that is there, empty, for each test.

    def test_titles(lake):                       # pytest; see docs/testing.md
        lake.seed(csv="films.csv", table="films.titles")
        lake.run_job("jobs/titles.py", {"database": "films"})

`Lake` runs on this machine, `LakeContainer` in a container, `RunningLake` is one that somebody else
has started; all are a `DataLake`. Nothing is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakestack.errors import (
        ContainerError,
        EmulationError,
        JobFailedError,
        LakeError,
        SnapshotError,
    )
    from lakestack.testing.container import LakeContainer
    from lakestack.testing.host import Lake
    from lakestack.testing.interface import DataLake
    from lakestack.testing.results import JobRun, Seeded
    from lakestack.testing.running import RunningLake

__all__ = [
    "ContainerError",
    "DataLake",
    "EmulationError",
    "JobFailedError",
    "JobRun",
    "Lake",
    "LakeContainer",
    "LakeError",
    "RunningLake",
    "Seeded",
    "SnapshotError",
]

_PLACES = {
    "DataLake": "testing.interface",
    "JobRun": "testing.results",
    "Lake": "testing.host",
    "LakeContainer": "testing.container",
    "RunningLake": "testing.running",
    "Seeded": "testing.results",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"lakestack.{_PLACES.get(name, 'errors')}"), name)
