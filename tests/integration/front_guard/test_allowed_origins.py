"""LAKE_ALLOWED_ORIGINS: these pages may ask and read, with preflights; all others still may not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakestack.errors import SettingError
from lakestack.host.process import Emulator
from tests import support
from tests.contract.front_guard.guard_helpers import FORM, SIGNATURE, send

PAGE = "http://localhost:3000"
OTHERS = ["http://localhost:3001", "https://localhost:3000", "https://app.localstack.cloud", "null"]
SIGNED = {"Authorization": SIGNATURE.format(service="sts"), "Content-Type": FORM}
IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_ALLOWED_ORIGINS", f"https://lab.example, {PAGE}/")
        with support.emulator() as running:
            yield running.url


def test_an_allowed_page_asks_and_reads(url: str) -> None:
    marks = {"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}
    reply = send(url, "POST", "/", {**marks, **SIGNED}, IDENTITY)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, PAGE)
    unsigned = send(url, "POST", "/", {**marks, "Content-Type": FORM}, IDENTITY)
    assert (unsigned.status, "MissingAuthenticationToken" in unsigned.text) == (403, True)
    assert unsigned.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("path", ["/", "/some-bucket/key", "/_localstack/health"])
def test_its_preflight_is_answered(url: str, path: str) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,x-amz-meta-colour",
    }
    reply = send(url, "OPTIONS", path, asked)
    assert reply.status in (200, 204)
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert "PUT" in reply.headers["access-control-allow-methods"]
    assert "x-amz-meta-colour" in reply.headers["access-control-allow-headers"]


@pytest.mark.parametrize("origin", OTHERS)
def test_every_other_page_is_refused(url: str, origin: str) -> None:
    for method, headers in (
        ("POST", SIGNED),
        ("OPTIONS", {"Access-Control-Request-Method": "PUT"}),
    ):
        reply = send(url, method, "/", {"Origin": origin, **headers}, IDENTITY)
        assert (reply.status, reply.readable_by_pages) == (403, False)


def test_a_wrong_value_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("LAKE_ALLOWED_ORIGINS", "*")
    emulator = Emulator(support.free_port(), home=tmp_path_factory.mktemp("home"))
    with pytest.raises(SettingError, match=r"LAKE_ALLOWED_ORIGINS: received '\*', valid are"):
        emulator.start()
    assert emulator.find() is None
