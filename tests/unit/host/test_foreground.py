"""Where the emulator may listen, its other names, and the container's health check."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lakestack import hostnames, paths
from lakestack.errors import SettingError, StartError
from lakestack.host import foreground, probe
from lakestack.host.environment import localstack_environment
from lakestack.host.process import Emulator
from lakestack.services.front_guard.hosts import parse_host
from lakestack.services.front_guard.rules import Head, Way, decide
from tests.support import free_port

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what it is about


def test_it_listens_on_loopback_unless_it_is_in_a_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert foreground.address("127.0.0.1") == "127.0.0.1"
    with pytest.raises(SettingError, match="lets other machines run code as you"):
        foreground.address(EVERYWHERE)
    monkeypatch.setenv(paths.CONTAINER, "1")
    assert foreground.address(EVERYWHERE) == EVERYWHERE
    with pytest.raises(SettingError, match="needs --foreground"):
        foreground.address(EVERYWHERE, stays=False)


@pytest.mark.parametrize("given", ["", "::", "localhost", "192.168.0.1", "0.0.0.0:4566"])
def test_an_address_that_is_none(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.CONTAINER, "1")
    with pytest.raises(SettingError, match="is no address of the emulator"):
        foreground.address(given)


def test_the_address_reaches_localstack(tmp_path: Path) -> None:
    assert localstack_environment(tmp_path, 4566)["GATEWAY_LISTEN"] == "127.0.0.1:4566"
    made = localstack_environment(tmp_path, 4567, foreground.EVERYWHERE)
    assert made["GATEWAY_LISTEN"] == "0.0.0.0:4567"


def test_names_that_are_added() -> None:
    names = hostnames.hostnames(" emulator, Lake.Example.,172.17.0.2 ,")
    assert names == {"emulator", "lake.example", "172.17.0.2"}
    assert hostnames.hostnames("") == frozenset()
    for header in ("emulator:4566", "EMULATOR", "172.17.0.2:4566", "lake.example.:1"):
        assert parse_host(header, names) is not None
    for header in ("x.emulator", "172.17.0.3:4566", "emulators"):
        assert parse_host(header, names) is None


@pytest.mark.parametrize(
    "given", ["*", "emulator:4566", "http://emulator", "a b", "-a", "ä", "[::1]"]
)
def test_names_that_are_none(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hostnames.VARIABLE, given)
    with pytest.raises(SettingError, match="LAKE_HOSTNAMES: received"):
        localstack_environment(tmp_path, 4566)  # before anything is started


def test_a_containers_own_addresses_are_names_of_it(tmp_path: Path) -> None:
    routes = tmp_path / "route"
    gateway = f"{struct.unpack('=I', bytes((172, 17, 0, 1)))[0]:08X}"
    routes.write_text(
        "Iface\tDestination\tGateway\tFlags\n"
        f"eth0\t00000000\t{gateway}\t0003\neth0\t000011AC\t00000000\t0001\n"
    )
    found = hostnames.own_addresses(routes)
    assert {"127.0.0.1", "172.17.0.1"} <= found
    assert hostnames.own_addresses(tmp_path / "none") <= found
    assert all(parse_host(f"{address}:4566", found) is not None for address in found)


def test_a_page_at_an_added_name_is_a_foreign_one() -> None:
    names = frozenset({"emulator"})
    head = Head("GET", "/", "/", (), ("emulator:4566",), "http", 4566)
    assert decide(head, (), names).way is not Way.REFUSED
    marks = SimpleNamespace(
        origin="http://emulator:4566", referer=None, site="same-origin", agent=None
    )
    page = Head("POST", "/", "/", (), ("emulator:4566",), "http", 4566, _marks(marks))
    assert decide(page, (), names).way is Way.REFUSED


def _marks(given: Any) -> Any:
    from lakestack.services.front_guard.pages import Marks

    return Marks(given.origin, given.referer, given.site, given.agent)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("memory.max", "4294967296\n", 2**32),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", "4294967296\n", 2**32),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
        ("other", "1", None),
    ],
)
def test_a_containers_memory(name: str, text: str, expected: int | None, tmp_path: Path) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    assert foreground.memory_limit(tmp_path) == expected


def test_a_container_with_too_little_memory_is_told_before_java_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.CONTAINER, "1")
    monkeypatch.setenv("LAKE_HOME", str(tmp_path))
    monkeypatch.setattr(foreground, "memory_limit", lambda: 512 * 2**20)
    with pytest.raises(StartError) as raised:
        foreground.serve(Emulator(4566), "127.0.0.1", lambda _: None, lambda _: None)
    assert raised.value.message.startswith("the container may use 512 MiB of memory; the emulator")
    assert "LAKE_SPARK_MEMORY lowers it" in str(raised.value.hint)


def test_the_probe_finds_a_good_folder_and_nobody_on_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAKE_HOME", str(tmp_path))
    port = free_port()
    monkeypatch.setenv("LAKE_PORT", str(port))
    assert probe.main(["--volume"]) == 0
    assert capsys.readouterr().out == "ok\n"
    assert probe.main([]) == 1
    assert capsys.readouterr().out.startswith(f"no answer on port {port}: ")


def test_the_probe_says_what_is_wrong_with_a_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is no folder" in probe.volume(str(tmp_path / "absent"))
    real = os.statvfs(tmp_path)

    def looks(**changed: int) -> None:
        values = {n: getattr(real, n) for n in ("f_flag", "f_bavail", "f_frsize")}
        found = SimpleNamespace(**{**values, **changed})
        monkeypatch.setattr(os, "statvfs", lambda _: found)

    looks(f_flag=os.ST_RDONLY)
    assert probe.volume(str(tmp_path)).endswith("is read-only: mount the volume without :ro")
    looks(f_flag=0, f_bavail=3 * 2**20, f_frsize=1)
    assert " is full: 3 MiB free, 64 wanted" in probe.volume(str(tmp_path))
    looks(f_flag=0)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert f"cannot be written to by user {os.geteuid()}" in probe.volume(str(tmp_path))
