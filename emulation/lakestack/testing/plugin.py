"""The pytest plugin: fixtures `lake` and `lake_session`; see docs/testing.md.

Each worker of pytest-xdist is a process with a lake of its own. What a suite does not use costs it
nothing: this module imports pytest alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lakestack.testing.interface import DataLake

MODES = ("host", "container", "running")
OPTIONS = {
    "mode": f"where the lake is: {', '.join(MODES)}; host is the default",
    "port": "port, plus the worker's number; by default a free one, for running 4566",
    "image": "image of the container; by default lakestack:<version>",
    "url": "address of a lake that runs, instead of its port",
    "account": "account of the clients, plus the worker's number where all use one running lake",
}
_DIRTY = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--lake-…`` and the same as ``lake_…`` in the configuration file."""
    group = parser.getgroup("lake", "emulated data lake")
    for name, text in OPTIONS.items():
        group.addoption(f"--lake-{name}", metavar=name.upper(), help=text)
        parser.addini(f"lake_{name}", text)


@pytest.fixture(scope="session")
def lake_session(request: pytest.FixtureRequest) -> Iterator[DataLake]:
    """A lake for the whole session; it is empty at the start only."""
    with _told():
        lake = _made(request.config)
        lake.start()
    try:
        yield lake
    finally:
        lake.stop()


@pytest.fixture
def lake(lake_session: DataLake, request: pytest.FixtureRequest) -> DataLake:
    """The session's lake, emptied before each test but the first, for which it is new."""
    stash = request.config.stash
    if stash.get(_DIRTY, True):
        with _told():
            lake_session.reset()
    stash[_DIRTY] = True
    return lake_session


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A block whose errors are told as they are meant, without the way to them."""
    from lakestack.errors import EmulationError

    try:
        yield
    except EmulationError as e:
        text = f"{e.message}\n  → {e.hint}" if e.hint else e.message
        raise pytest.fail.Exception(text, pytrace=False) from None


def _made(config: pytest.Config) -> Any:
    from lakestack import ports
    from lakestack.errors import LakeError
    from lakestack.testing.operations import ACCOUNT

    given = {name: _option(config, name) for name in OPTIONS}
    mode = given["mode"] or ("running" if given["url"] else "host")
    account = given["account"] or ACCOUNT
    worker = _worker()
    if mode == "host":
        from lakestack.testing.host import Lake

        config.stash[_DIRTY] = False
        port = ports.parse(given["port"]) + worker if given["port"] else None
        return Lake(port, account=account, notice=_teller(config))
    if mode == "container":
        from lakestack.testing.container import LakeContainer

        config.stash[_DIRTY] = False
        port = ports.parse(given["port"]) + worker if given["port"] else None
        return LakeContainer(given["image"], port=port, account=account)
    if mode == "running":
        from lakestack.testing.running import RunningLake

        url = given["url"] or f"http://127.0.0.1:{ports.parse(given['port'] or ports.DEFAULT_PORT)}"
        if account.isdecimal():
            account = f"{int(account) + worker:012d}"
        return RunningLake(url, account=account)
    raise LakeError(f"the lake's mode is {mode!r}", f"--lake-mode {'|'.join(MODES)}")


def _option(config: pytest.Config, name: str) -> str:
    return str(config.getoption(f"--lake-{name}") or config.getini(f"lake_{name}") or "")


def _worker() -> int:
    """Number of this worker of pytest-xdist, 0 without it."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return int(name.removeprefix("gw")) if name.removeprefix("gw").isdecimal() else 0


def _teller(config: pytest.Config) -> Any:
    """Writes past pytest's capture, so that a first use does not look like a standstill."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def tell(text: str) -> None:
        if capture is None:
            print(f"lakestack: {text}", file=sys.stderr, flush=True)
            return
        with capture.global_and_fixture_disabled():
            print(f"\nlakestack: {text}", end="", file=sys.stderr, flush=True)

    return tell
