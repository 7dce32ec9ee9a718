"""The lines of requests are LocalStack's own, and none is lost or out of turn."""

from __future__ import annotations

import io
import logging
import threading
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.handlers.logging import ResponseLogger
from localstack.logging.format import AddFormattedAttributes, DefaultFormatter

from lakestack.services import request_ids, request_log
from lakestack.services.request_log import RequestLog, Writer

FORM = len("2026-11-27T13:00:00.000")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written, by a log as LocalStack makes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(DefaultFormatter())
    handler.addFilter(AddFormattedAttributes())
    monkeypatch.setattr(logging.root, "handlers", [handler])
    monkeypatch.setattr(request_log, "WRITER", Writer())
    logger = logging.getLogger("localstack.request")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield stream
    logger.setLevel(before)


def context(**changes: Any) -> Any:
    made: dict[str, Any] = {
        "operation": SimpleNamespace(name="PutObject", input_shape=None, output_shape=None),
        "service": SimpleNamespace(service_name="s3"),
        "service_exception": None,
        "service_request": {},
        "service_response": {},
        "is_internal_call": False,
        "account_id": "1",
        "region": "r",
        "request": SimpleNamespace(path="/b/k", method="PUT", headers={}, data=b""),
    }
    return SimpleNamespace(**{**made, **changes})


CASES = {
    "operation": context(),
    "error": context(service_exception=SimpleNamespace(code="NoSuchKey", message="m")),
    "other": context(operation=None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_line_is_localstacks(
    case: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    response: Any = SimpleNamespace(status_code=404, headers={}, is_streamed=True)
    monkeypatch.setattr("localstack.aws.handlers.logging.restore_payload", lambda _request: b"")
    ResponseLogger()(None, CASES[case], response)  # type: ignore[arg-type]
    theirs = log.getvalue()
    log.truncate(0)
    log.seek(0)

    RequestLog(None)(None, CASES[case], response)  # type: ignore[arg-type]
    request_log.WRITER.write()

    assert log.getvalue()[FORM:] == theirs[FORM:]
    assert log.getvalue()[:11] == theirs[:11]


@pytest.mark.parametrize("path", ["/health", "/_localstack/health"])
def test_looks_at_the_health_are_no_news(path: str, log: io.StringIO) -> None:
    asked = context(operation=None, request=SimpleNamespace(path=path, method="GET"))
    RequestLog(None)(None, asked, SimpleNamespace(status_code=200))  # type: ignore[arg-type]
    request_log.WRITER.write()

    assert not log.getvalue()


def test_a_quiet_log_gets_nothing_and_a_loud_one_gets_all(log: io.StringIO) -> None:
    said: list[Any] = []
    logger = RequestLog(lambda *arguments: said.append(arguments))
    level = logging.getLogger("localstack.request")
    for number in (logging.WARNING, logging.DEBUG):
        level.setLevel(number)
        logger(None, context(), SimpleNamespace(status_code=200))  # type: ignore[arg-type]
    request_log.WRITER.write()

    assert (log.getvalue(), len(said)) == ("", 1)


def test_lines_of_many_threads_are_all_written(log: io.StringIO) -> None:
    writer = Writer()

    def work(number: int) -> None:
        for each in range(200):
            writer.add("localstack.request.aws", f"<{number}-{each}>")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.write()

    assert log.getvalue().count("\n") == 1600
    assert all(f"<{number}-{each}>" in log.getvalue() for number in range(8) for each in range(200))


def test_another_line_comes_after_the_requests_before_it(log: io.StringIO) -> None:
    writer = Writer()
    writer.add("localstack.request.aws", "first")
    writer.write()
    writer.add("localstack.request.aws", "second")
    logging.getLogger("localstack.x").error("third")

    told = log.getvalue()
    assert told.index("first") < told.index("second") < told.index("third")


def test_ids_have_the_forms_of_aws() -> None:
    ids = {request_ids.request_id() for _ in range(2000)}

    assert len(ids) == 2000
    assert all(str(uuid.UUID(each, version=4)) == each for each in ids)
    version, seconds, number = request_ids.trace_id().split("-")
    assert (version, len(seconds), len(number)) == ("1", 8, 24)


@pytest.mark.parametrize("sent", [None, "Sampled=1", "Root=1-5759e988-bd862e3fe1be46a994272793"])
def test_a_trace_that_was_sent_is_kept(sent: str | None) -> None:
    asked: Any = SimpleNamespace(
        request=SimpleNamespace(headers={"X-Amzn-Trace-Id": sent} if sent else {}),
        trace_context={},
    )
    request_ids.read_trace(None, asked, None)  # type: ignore[arg-type]
    found = asked.trace_context["aws_trace_header"].to_header_str()

    assert found.startswith(sent if sent and sent.startswith("Root") else "Root=1-")
    assert ("Sampled=1" in found) == (sent == "Sampled=1")
