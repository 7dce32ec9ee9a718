"""Records of a table come to its streams in the order of the writes."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakestack.services.dynamodb.stream_records import Forwarder, InTurn
from tests.support import wait_until


@pytest.fixture
def in_turn() -> Iterator[InTurn]:
    with ThreadPoolExecutor(4) as executor:
        yield InTurn(executor)


def test_work_of_one_key_is_done_in_order_and_another_key_does_not_wait(in_turn: InTurn) -> None:
    done: list[Any] = []
    held, other = threading.Event(), threading.Event()
    in_turn.submit("a", held.wait)
    for number in range(100):
        in_turn.submit("a", functools.partial(done.append, number))

    in_turn.submit("b", other.set)

    assert other.wait(60)
    assert done == []
    held.set()
    wait_until(lambda: len(done) == 100, what="all work")
    assert done == list(range(100))


def test_work_that_fails_does_not_end_what_comes_after_it(
    in_turn: InTurn, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    in_turn.submit("a", lambda: int("bad"))
    in_turn.submit("a", done.set)

    assert done.wait(60)
    assert "work for a failed" in caplog.text


def test_a_key_can_be_used_again(in_turn: InTurn) -> None:
    for _ in range(200):
        done = threading.Event()
        in_turn.submit("a", done.set)
        assert done.wait(60)


def records(count: int) -> dict[str, Any]:
    return {"records": [{"dynamodb": {}, "userIdentity": None} for _ in range(count)]}


class Streams(Forwarder):
    """A forwarder whose streams fail as told."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.error, self.came = error, list[Any]()

    def forward_to_kinesis_stream(  # type: ignore[override]
        self, _account: str, _region: str, _records: Any
    ) -> None:
        if self.error:
            raise self.error

    def forward_to_ddb_stream(  # type: ignore[override]
        self, account: str, region: str, records_map: Any
    ) -> None:
        self.came += [(account, region, table) for table in records_map]


def test_each_table_of_a_write_gets_its_records() -> None:
    streams = Streams()

    streams.forward_to_targets("1", "eu-west-1", {"a": records(1), "b": records(2)})

    wait_until(lambda: len(streams.came) == 2, what="both")
    assert sorted(streams.came) == [("1", "eu-west-1", "a"), ("1", "eu-west-1", "b")]
    streams.shutdown()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ProvisionedThroughputExceededException", True),
        ("ResourceNotFoundException", False),  # it was deleted meanwhile
    ],
)
def test_what_a_stream_does_not_take_is_counted(
    code: str, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    streams = Streams(ClientError({"Error": {"Code": code}}, "PutRecords"))

    with caplog.at_level(logging.ERROR):
        streams.forward_to_targets("1", "eu-west-1", {"a": records(3)}, background=False)

    assert ("3 records of table a are lost to its stream" in caplog.text) is said
    assert streams.came == [("1", "eu-west-1", "a")]
    streams.shutdown()
