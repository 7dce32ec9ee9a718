"""Disk and memory for a lake of some size: said before it is filled, with what lowers the need."""

from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace

import pytest

from lakestack.host import room
from lakestack.host.checks import GIB

usage = namedtuple("usage", "total used free")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine with disk and memory as the test sets them, in GiB."""
    has = SimpleNamespace(disk=100.0, memory=16.0)
    monkeypatch.delenv("LAKE_DOCKER", raising=False)
    monkeypatch.delenv("LAKE_SPARK_MEMORY", raising=False)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(0, 0, int(has.disk * GIB)))
    monkeypatch.setattr(
        "psutil.virtual_memory", lambda: SimpleNamespace(available=int(has.memory * GIB))
    )
    return has


def bad(source_bytes: int, ratings: int) -> dict[str, tuple[str, str]]:
    found = room.findings(source_bytes, ratings)
    return {check.name: (check.detail, check.fix) for check in found if not check.ok}


def test_a_laptop_has_the_room_for_a_million(machine: SimpleNamespace) -> None:
    machine.disk, machine.memory = 5, 4
    assert bad(27_000_000, 1_000_000) == {}


def test_what_is_too_large_is_said_with_the_setting(machine: SimpleNamespace) -> None:
    machine.disk, machine.memory = 1, 4
    found = bad(278_000_000, 10_000_000)
    detail, fix = found["disk"]
    assert detail.startswith("10,000,000 ratings need about 1.3 GiB of space at ")
    assert "LAKE_HOME" in fix
    detail, fix = found["memory"]
    assert detail.startswith("10,000,000 ratings need about ")
    assert detail.endswith("4.0 GiB are available")
    assert "LAKE_SPARK_MEMORY lowers it" in fix


def test_a_smaller_heap_lowers_the_need(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.memory = (room.BYTES_A_RATING * 1_000_000 + room.MEMORY_BESIDE) / GIB + 0.6
    assert "memory" in bad(0, 1_000_000)
    monkeypatch.setenv("LAKE_SPARK_MEMORY", "512m")
    assert bad(0, 1_000_000) == {}


def test_a_container_has_limits_of_its_own(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.disk = machine.memory = 0
    monkeypatch.setenv("LAKE_DOCKER", "1")
    assert room.findings(1 << 40, 10**9) == []
