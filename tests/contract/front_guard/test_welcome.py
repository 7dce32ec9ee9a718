"""What this port is: said at ``/`` to whoever looks, and to no client of AWS's."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest


def ask(url: str, path: str = "/", **headers: str) -> tuple[int, str, str]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read().decode()
    finally:
        connection.close()


def test_a_terminal_and_a_browser_are_told(emulator: str) -> None:
    status, kind, text = ask(emulator, Accept="*/*")
    assert (status, kind) == (200, "text/plain")
    assert 'eval "$(lake env)"' in text
    status, kind, page = ask(emulator, Accept="text/html,*/*")
    assert (status, kind) == (200, "text/html")
    health = f"{emulator}/_localstack/lake/health"
    assert f'<a href="{health}">' in page.replace("localhost", "127.0.0.1")
    assert ask(emulator, urlsplit(health).path)[0] == 200


@pytest.mark.parametrize(
    "host", ["my.s3.localhost.localstack.cloud:4566", "s3.amazonaws.com", "sts.amazonaws.com"]
)
def test_a_name_of_aws_is_a_services(emulator: str, host: str) -> None:
    assert "emulated data lake" not in ask(emulator, Host=host)[2]


def test_signed_requests_and_pages_of_other_places_see_no_page(
    emulator: str, aws: Callable[[str], Any]
) -> None:
    assert "Buckets" in aws("s3").list_buckets()
    status, _, text = ask(emulator, Origin="http://evil.example", Accept="text/html")
    assert (status, "emulated data lake" in text) == (403, False)


def test_the_health_says_whose_emulator_it_is(emulator: str) -> None:
    text = ask(emulator, "/_localstack/lake/health")[2]
    assert '"folder": "' in text
    assert '"process": ' in text
