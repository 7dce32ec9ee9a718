"""The stream's second consumer: items, conditions, redelivery, failures named by their record."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lambdas import consumer
from tests.own_sleep import replace_sleep

Rating = tuple[int, int, float, int]


class CancelledError(ClientError):  # type: ignore[misc]
    """TransactionCanceledException as botocore raises it."""


class Table:
    """A table that heeds the condition of each write, and refuses what it is told to refuse."""

    class exceptions:  # noqa: N801 - botocore's name
        TransactionCanceledException = CancelledError
        ClientError = ClientError

    def __init__(self, *refusals: str) -> None:
        self.items: dict[tuple[str, str], Any] = {}
        self.refusals = list(refusals)
        self.calls: list[int] = []

    def transact_write_items(self, *, TransactItems: list[Any]) -> None:  # noqa: N803
        self.calls.append(len(TransactItems))
        assert len(TransactItems) <= 100
        if self.refusals:
            code = self.refusals.pop(0)
            if code.startswith("cancel "):
                raise cancelled(
                    [code.removeprefix("cancel ")] + ["None"] * (len(TransactItems) - 1)
                )
            raise ClientError({"Error": {"Code": code, "Message": code}}, "TransactWriteItems")
        items = [write["Put"]["Item"] for write in TransactItems]
        keys = [(item["userId"]["S"], item["movieId"]["S"]) for item in items]
        assert len(set(keys)) == len(keys)
        codes = [
            "ConditionalCheckFailed"
            if key in self.items
            and int(self.items[key]["timestamp"]["N"]) >= int(item["timestamp"]["N"])
            else "None"
            for key, item in zip(keys, items, strict=True)
        ]
        if set(codes) != {"None"}:
            raise cancelled(codes)
        self.items.update(zip(keys, items, strict=True))

    def ratings(self) -> dict[tuple[int, int], float]:
        return {(int(u), int(m)): float(i["rating"]["N"]) for (u, m), i in self.items.items()}


def cancelled(codes: list[str]) -> CancelledError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ", ".join(codes)},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return CancelledError(answer, "TransactWriteItems")


def data(*ratings: Rating, between: str = "\n") -> bytes:
    names = ("userId", "movieId", "rating", "timestamp")
    return between.join(json.dumps(dict(zip(names, r, strict=True))) for r in ratings).encode()


def deliver(table: Table, *records: bytes) -> list[str]:
    """Sequence numbers of the failures; records are numbered from 0."""
    event = {
        "Records": [
            {"kinesis": {"sequenceNumber": str(n), "data": base64.b64encode(body).decode()}}
            for n, body in enumerate(records)
        ]
    }
    answer = consumer.handler(event, None, dynamodb=table)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setenv("TABLE", "ratings_stream_t")
    made: list[float] = []
    replace_sleep(monkeypatch, consumer, made.append)
    return made


def test_every_rating_becomes_an_item_and_comes_again_without_effect() -> None:
    table = Table()
    records = [data((n, 31, 2.5, 10)) for n in range(250)]
    for _ in range(2):
        assert deliver(table, *records) == []
        assert table.ratings() == {(n, 31): 2.5 for n in range(250)}
    assert table.calls == [100, 100, 50] * 2
    assert table.items["7", "31"] == {
        "userId": {"S": "7"},
        "movieId": {"S": "31"},
        "rating": {"N": "2.5"},
        "timestamp": {"N": "10"},
    }


@given(st.permutations([(1, 1, 1.0, 10), (1, 1, 2.0, 20), (1, 1, 3.0, 30), (1, 2, 4.0, 5)]))
def test_the_latest_wins_in_any_order_and_any_batches(ratings: list[Rating]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TABLE", "t")
        together, alone = Table(), Table()
        deliver(together, *(data(rating) for rating in ratings))
        for rating in ratings:
            deliver(alone, data(rating))
    assert together.ratings() == alone.ratings() == {(1, 1): 3.0, (1, 2): 4.0}


def test_only_those_that_are_not_there_are_written_when_a_batch_comes_again_in_part() -> None:
    table = Table()
    deliver(table, data((1, 1, 1.0, 10)))
    assert deliver(table, data((1, 1, 1.0, 10)), data((2, 1, 1.0, 10))) == []
    assert table.ratings() == {(1, 1): 1.0, (2, 1): 1.0}
    assert table.calls == [1, 2, 1]


@pytest.mark.parametrize("between", ["\n", "", " \n"])
def test_a_record_may_hold_several_events(between: str) -> None:
    table = Table()
    assert deliver(table, data((1, 1, 1.0, 10), (2, 1, 1.5, 10), between=between)) == []
    assert table.ratings() == {(1, 1): 1.0, (2, 1): 1.5}


@pytest.mark.parametrize(
    "strange", [b"{", b"[1]", b'{"userId": 1}', b"\xff", b'{"userId": "x", "movieId": 1}']
)
def test_a_record_that_is_no_rating_is_named_and_those_before_it_are_written(
    strange: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table()
    assert deliver(table, data((1, 1, 1.0, 10)), strange, data((2, 1, 1.0, 10))) == ["1"]
    assert table.ratings() == {(1, 1): 1.0}
    assert "record 1 is no rating" in capsys.readouterr().out


@pytest.mark.parametrize("refusal", ["ThrottlingException", "cancel TransactionConflict"])
def test_what_passes_is_tried_again(refusal: str, pauses: list[float]) -> None:
    table = Table(refusal, refusal)
    assert deliver(table, data((1, 1, 1.0, 10)), data((2, 1, 1.0, 10))) == []
    assert len(table.ratings()) == len(pauses) == 2


def test_refused_for_ever_or_for_good_names_the_first_record_not_written() -> None:
    records = [data((n, 31, 2.5, 10)) for n in range(150)]
    table = Table(*["ThrottlingException"] * consumer.ATTEMPTS)
    assert deliver(table, *records) == ["0"]
    table = Table("ResourceNotFoundException")
    assert deliver(table, *records) == ["0"]
    assert table.calls == [100]
    table = Table("cancel ValidationError")
    assert deliver(table, *records) == ["0"]
    assert deliver(table, *records) == []
    assert len(table.ratings()) == 150
