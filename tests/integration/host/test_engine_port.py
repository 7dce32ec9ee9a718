"""DynamoDB Local's own port: of no use without this start's secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import support
from tests.contract.front_guard.guard_helpers import SIGNATURE, Reply, engine_port, send
from tests.support import unique

IDS = ["000000000000useast1", "000000000000", "test", "000000000000us-east-1", "injectedaccesskey"]
TABLE = unique("table")


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """URL of the engine of an emulator with one table."""
    with support.emulator() as running:
        support.clients(running.url)("dynamodb").create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        port = engine_port(running.pid)
        if port is None:
            pytest.skip("no DynamoDB Local on this machine")
        yield f"http://127.0.0.1:{port}"


def tables(engine: str, access_key_id: str | None, host: str | None = None) -> Reply:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Origin": "http://evil.example"}
    headers["Content-Type"] = "application/x-amz-json-1.0"
    if access_key_id:
        signature = SIGNATURE.format(service="dynamodb")
        headers["Authorization"] = signature.replace("000000000000", access_key_id)
    return send(engine, "POST", "/", headers, "{}", host=host)


@pytest.mark.parametrize("access_key_id", [None, *IDS])
def test_no_known_access_key_finds_the_tables(engine: str, access_key_id: str | None) -> None:
    reply = tables(engine, access_key_id)
    assert TABLE not in reply.text
    assert not reply.readable_by_pages


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1.nip.io:{port}"])
def test_no_other_name_is_answered(engine: str, host: str) -> None:
    assert tables(engine, IDS[0]).status == 200
    assert tables(engine, IDS[0], host).status == 404


def test_no_page_passes_a_preflight(engine: str) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    reply = send(engine, "OPTIONS", "/", asked)
    assert "access-control-allow-origin" not in reply.headers
