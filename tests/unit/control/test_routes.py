"""Requests below ``/_lakestack/`` that there are not: the answer says which there are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack.http import Request, Response, Router
from localstack.services import internal
from rolo.routing import handler_dispatcher

from lakestack.services.control import routes


@pytest.fixture
def router(monkeypatch: pytest.MonkeyPatch) -> Router[Any]:
    made: Router[Any] = Router(dispatcher=handler_dispatcher())
    monkeypatch.setattr(internal, "get_internal_apis", lambda: made)
    routes.install()
    return made


def asked(router: Router[Any], method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    answer: Response = router.dispatch(Request(method, path, body=body))
    return answer.status_code, json.loads(answer.get_data())


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/_lakestack", "/_lakestack/", "/_lakestack/rest", "/_lakestack/state/loads"]
)
def test_a_path_that_there_is_not(router: Router[Any], method: str, path: str) -> None:
    status, document = asked(router, method, path)
    assert (status, document["error"]["message"]) == (404, f"There is no path {path}")
    assert "POST /_lakestack/reset, POST /_lakestack/state/save" in document["error"]["hint"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "reset"), ("POST", "state"), ("PUT", "clock")]
)
def test_a_method_that_a_path_does_not_take(router: Router[Any], method: str, path: str) -> None:
    status, document = asked(router, method, f"/_lakestack/{path}")
    assert (status, document["error"]["message"]) == (405, f"/_lakestack/{path} takes no {method}")
    assert "GET|DELETE /_lakestack/state" in document["error"]["hint"]


def test_those_that_there_are_still_answer(router: Router[Any]) -> None:
    assert asked(router, "GET", "/_lakestack/faults") == (200, {"faults": []})
    status, document = asked(router, "POST", "/_lakestack/reset", b'{"acount": "1"}')
    assert (status, document["error"]["message"]) == (400, "There is no member 'acount'")


@pytest.mark.parametrize("typed", ["getobject", "get-object", "GetObjct", "get_object"])
def test_a_misspelt_operation_is_told_the_one_that_was_meant(
    router: Router[Any], typed: str
) -> None:
    body = json.dumps({"service": "s3", "operation": typed, "error": "SlowDown"}).encode()
    status, document = asked(router, "POST", "/_lakestack/faults", body)
    assert status == 400
    assert document["error"]["message"] == (
        f"s3 has no operation {typed!r}; did you mean GetObject?"
    )
