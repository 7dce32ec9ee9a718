"""Log groups can be listed while others are being made."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.api.logs import InvalidParameterException
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.logs.provider import LogsProvider
from moto.logs.models import LogsBackend

from lakestack.services.logs import reads as log_reads

GROUPS = 600


@pytest.fixture
def backend() -> Iterator[LogsBackend]:
    """The backend of an account that no other test uses."""
    log_reads.install()
    backend = get_moto_logs_backend("109876543210", "us-east-1")
    yield backend
    backend.reset()


def described(backend: LogsBackend, **request: str) -> list[dict[str, Any]]:
    """What LocalStack's DescribeLogGroups answers."""
    context = SimpleNamespace(account_id=backend.account_id, region=backend.region_name)
    answer = LogsProvider.describe_log_groups(None, context, request)
    groups: list[dict[str, Any]] = answer["logGroups"]
    return groups


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


@pytest.mark.parametrize("by", ["moto", "localstack"])
def test_groups_are_listed_while_others_are_made(backend: LogsBackend, by: str) -> None:
    done = threading.Event()

    def make() -> None:
        for i in range(GROUPS):
            backend.create_log_group(f"/group/{i}", {})
            backend.create_log_stream(f"/group/{i}", "stream")
        done.set()

    maker = threading.Thread(target=make)
    maker.start()
    while not done.is_set():
        if by == "moto":
            backend.describe_log_groups(log_group_name_prefix="/group", limit=50, next_token=None)
        else:
            described(backend, logGroupNamePrefix="/group")
    maker.join()

    assert len(backend.groups) == GROUPS
    assert len(described(backend)) == GROUPS


def test_groups_are_found_by_prefix_or_pattern(backend: LogsBackend) -> None:
    for name in ("/b/two", "/a/one", "/a/two"):
        backend.create_log_group(name, {})

    def names(**request: str) -> list[str]:
        return [group["logGroupName"] for group in described(backend, **request)]

    assert names() == ["/a/one", "/a/two", "/b/two"]
    assert names(logGroupNamePrefix="/a") == ["/a/one", "/a/two"]
    assert names(logGroupNamePattern="two") == ["/a/two", "/b/two"]
    with pytest.raises(InvalidParameterException, match="mutually exclusive"):
        described(backend, logGroupNamePrefix="/a", logGroupNamePattern="two")


def test_a_group_is_described_without_its_events(backend: LogsBackend) -> None:
    backend.create_log_group("/g", {})
    backend.create_log_stream("/g", "s")
    backend.put_log_events("/g", "s", [{"timestamp": now(), "message": "12345"}])
    backend.put_retention_policy("/g", "7")
    (group,) = described(backend)
    arn = f"arn:aws:logs:us-east-1:{backend.account_id}:log-group:/g"
    assert group.pop("creationTime") <= now()
    assert group == {
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "logGroupName": "/g",
        "logGroupClass": "STANDARD",
        "metricFilterCount": 0,
        "retentionInDays": "7",
        "storedBytes": 5,
    }


def test_events_of_several_streams_come_in_the_order_of_time(backend: LogsBackend) -> None:
    backend.create_log_group("/g", {})
    begin = now() - 1000
    for stream, times in {"a": (1, 4), "b": (2, 3)}.items():
        backend.create_log_stream("/g", stream)
        events = [{"timestamp": begin + t, "message": str(t)} for t in times]
        backend.put_log_events("/g", stream, events)

    def page(token: str | None) -> tuple[list[str], str | None]:
        arguments: dict[str, Any] = dict.fromkeys(("start_time", "end_time", "filter_pattern"))
        found, following, _ = backend.filter_log_events(
            "/g", [], limit=3, next_token=token, interleaved=False, **arguments
        )
        return [event["message"] for event in found], following

    first, token = page(None)
    assert (first, page(token)) == (["1", "2", "3"], (["4"], None))
