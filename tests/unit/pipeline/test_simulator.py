"""The simulator: batches, retries of single records, deadline, resuming, rejects."""

from __future__ import annotations

import io
import json
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lambdas import simulator
from tests.own_sleep import replace_sleep

EVENT = {"bucket": "b", "key": "k", "stream": "s"}
HEADER = "userId,movieId,rating,timestamp\n"


class Context:
    """Time that is left, one value for each time it is asked; the last one stays."""

    def __init__(self, *milliseconds: int) -> None:
        self.left = list(milliseconds) or [480_000]

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    stub = Stubber(client)
    stub.activate()
    return client, stub


def body_of(rows: list[str]) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def source(rows: list[str]) -> tuple[Any, Stubber]:
    body = body_of(rows)
    client, stub = stubbed("s3")
    stub.add_response(
        "get_object",
        {"Body": StreamingBody(io.BytesIO(body), len(body))},
        {"Bucket": "b", "Key": "k"},
    )
    return client, stub


def answers(*codes: str) -> dict[str, Any]:
    records = [
        {"ErrorCode": code, "ErrorMessage": "slow down"}
        if code
        else {"SequenceNumber": "1", "ShardId": "shardId-000000000000"}
        for code in codes
    ]
    # Wrong on purpose: FailedRecordCount is not what decides.
    return {"FailedRecordCount": 1, "Records": records}


def record(user: int, movie: int, rating: float, at: int) -> dict[str, Any]:
    event = {"userId": user, "movieId": movie, "rating": rating, "timestamp": at}
    return {"Data": json.dumps(event).encode() + b"\n", "PartitionKey": str(user)}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    replace_sleep(monkeypatch, simulator, made.append)
    return made


def test_sends_all_rows_in_batches_of_500() -> None:
    rows = [f"{n},31,2.5,1260759144" for n in range(1, 1003)]
    s3, _ = source(rows)
    kinesis, stub = stubbed("kinesis")
    for size in (500, 500, 2):
        stub.add_response("put_records", answers(*[""] * size), {"StreamName": "s", "Records": ANY})
    answer = simulator.handler(EVENT, Context(), s3=s3, kinesis=kinesis)
    stub.assert_no_pending_responses()
    assert answer == {
        "sent": 1002,
        "next": 1002,
        "done": True,
        "rejected": [],
        "rejected_count": 0,
        "place": {"row": 1002, "line": 1003, "byte": len(body_of(rows))},
    }


def test_retries_only_the_records_that_failed(pauses: list[float]) -> None:
    s3, _ = source(["1,31,2.5,10", "2,32,3.0,11", "3,33,5.0,12"])
    first, second, third = record(1, 31, 2.5, 10), record(2, 32, 3.0, 11), record(3, 33, 5.0, 12)
    kinesis, stub = stubbed("kinesis")
    throttled = "ProvisionedThroughputExceededException"
    for sent, codes in (
        ([first, second, third], ("", throttled, "InternalFailure")),
        ([second, third], ("", throttled)),
        ([third], ("",)),
    ):
        stub.add_response("put_records", answers(*codes), {"StreamName": "s", "Records": sent})
    answer = simulator.handler(EVENT, Context(), s3=s3, kinesis=kinesis)
    stub.assert_no_pending_responses()
    assert answer["sent"] == 3
    assert answer["done"]
    assert len(pauses) == 2
    assert 0 < pauses[0] <= simulator.FIRST_PAUSE < pauses[1] * 2


def test_gives_up_after_bounded_attempts_and_says_where(pauses: list[float]) -> None:
    s3, _ = source(["1,31,2.5,10"])
    kinesis, stub = stubbed("kinesis")
    for _ in range(simulator.ATTEMPTS):
        stub.add_response(
            "put_records", answers("InternalFailure"), {"StreamName": "s", "Records": ANY}
        )
    with pytest.raises(simulator.RecordsRejectedError) as raised:
        simulator.handler(EVENT, Context(), s3=s3, kinesis=kinesis)
    stub.assert_no_pending_responses()
    assert str(raised.value) == (
        "s refused 1 records 10 times (InternalFailure); go on with offset 0"
    )
    assert max(pauses) <= simulator.LONGEST_PAUSE


def test_stops_before_the_deadline_and_goes_on_from_there() -> None:
    rows = [f"{n},31,2.5,1260759144" for n in range(1, 701)]
    kinesis, stub = stubbed("kinesis")
    stub.add_response("put_records", answers(*[""] * 500), {"StreamName": "s", "Records": ANY})
    answer = simulator.handler(EVENT, Context(4_000), s3=source(rows)[0], kinesis=kinesis)
    assert (answer["sent"], answer["next"], answer["done"]) == (500, 500, False)
    stub.add_response("put_records", answers(*[""] * 200), {"StreamName": "s", "Records": ANY})
    answer = simulator.handler(
        {**EVENT, "offset": answer["next"]}, Context(), s3=source(rows)[0], kinesis=kinesis
    )
    assert (answer["sent"], answer["next"], answer["done"]) == (200, 700, True)


def test_ends_after_the_seconds_it_is_given() -> None:
    rows = [f"{n},31,2.5,1260759144" for n in range(1, 701)]
    kinesis, stub = stubbed("kinesis")
    stub.add_response("put_records", answers(*[""] * 500), {"StreamName": "s", "Records": ANY})
    answer = simulator.handler(
        {**EVENT, "seconds": 0}, Context(), s3=source(rows)[0], kinesis=kinesis
    )
    assert (answer["sent"], answer["next"], answer["done"]) == (500, 500, False)


def test_a_batch_cut_off_by_the_deadline_is_sent_again() -> None:
    s3, _ = source(["1,31,2.5,10"])
    kinesis, stub = stubbed("kinesis")
    stub.add_response(
        "put_records", answers("InternalFailure"), {"StreamName": "s", "Records": ANY}
    )
    answer = simulator.handler(EVENT, Context(1_000), s3=s3, kinesis=kinesis)
    assert (answer["sent"], answer["next"], answer["done"]) == (0, 0, False)


def test_rows_that_are_no_ratings_are_rejected_with_line_and_reason() -> None:
    s3, _ = source(["1,31,2.5,10", "x,31,2.5,10", "1,31,nan,10", "1,31", "2,31,4.0,10"])
    kinesis, stub = stubbed("kinesis")
    stub.add_response(
        "put_records",
        answers("", ""),
        {"StreamName": "s", "Records": [record(1, 31, 2.5, 10), record(2, 31, 4.0, 10)]},
    )
    answer = simulator.handler(EVENT, Context(), s3=s3, kinesis=kinesis)
    assert (answer["sent"], answer["next"], answer["rejected_count"]) == (2, 5, 3)
    assert [(r["line"], r["reason"]) for r in answer["rejected"]] == [
        (3, "invalid literal for int() with base 10: 'x'"),
        (4, "rating 'nan' is not a number"),
        (5, "2 fields instead of 4"),
    ]


def test_a_header_alone_is_an_empty_stream() -> None:
    answer = simulator.handler(EVENT, Context(), s3=source([])[0], kinesis=stubbed("kinesis")[0])
    assert (answer["sent"], answer["done"]) == (0, True)


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="the header is"):
        list(simulator.read_rows(["movieId,title,genres\n"]))


def test_an_incomplete_event_is_refused() -> None:
    with pytest.raises(ValueError, match="the event has no key, stream"):
        simulator.handler({"bucket": "b"}, Context(), s3=object(), kinesis=object())


@given(
    st.integers(1, 2**31),
    st.integers(1, 2**31),
    st.sampled_from([n / 2 for n in range(1, 11)]),
    st.integers(0, 2**40),
)
def test_an_event_keeps_every_field(user: int, movie: int, rating: float, at: int) -> None:
    data = simulator.encode([str(user), str(movie), str(rating), str(at)])
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 1
    assert json.loads(data) == {
        "userId": user,
        "movieId": movie,
        "rating": rating,
        "timestamp": at,
    }


def test_a_call_that_is_throttled_as_a_whole_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replace_sleep(monkeypatch, simulator, lambda _: None)
    s3, _ = source(["1,2,3.5,4"])
    kinesis, stub = stubbed("kinesis")
    for _ in range(3):
        stub.add_client_error("put_records", "ProvisionedThroughputExceededException")
    stub.add_response("put_records", answers(""), {"StreamName": "s", "Records": ANY})
    answer = simulator.handler(EVENT, Context(), s3=s3, kinesis=kinesis)
    assert (answer["sent"], answer["done"]) == (1, True)
    stub.assert_no_pending_responses()


def test_another_error_of_a_whole_call_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_sleep(monkeypatch, simulator, lambda _: None)
    s3, _ = source(["1,2,3.5,4"])
    kinesis, stub = stubbed("kinesis")
    stub.add_client_error("put_records", "ResourceNotFoundException")
    with pytest.raises(kinesis.exceptions.ClientError, match="ResourceNotFoundException"):
        simulator.handler(EVENT, Context(), s3=s3, kinesis=kinesis)


class Ranges:
    """An S3 of one object, which answers ranges; bodies break off after some bytes."""

    exceptions = boto3.client("s3", region_name="us-east-1").exceptions

    def __init__(self, body: bytes, breaks_after: int = 1 << 30) -> None:
        self.body, self.breaks_after = body, breaks_after
        self.read = 0

    def get_object(self, *, Range: str = "bytes=0-", **_: str) -> dict[str, Any]:  # noqa: N803
        start = int(Range.removeprefix("bytes=").removesuffix("-"))
        if start >= len(self.body):
            raise self.exceptions.ClientError({"Error": {"Code": "InvalidRange"}}, "GetObject")
        rest = self.body[start:]
        self.read += len(rest)
        whole = StreamingBody(io.BytesIO(rest[: self.breaks_after]), len(rest))
        return {"Body": whole, "ETag": '"x"'}


class Sink:
    """A stream that keeps what it is sent."""

    exceptions = boto3.client("kinesis", region_name="us-east-1").exceptions

    def __init__(self) -> None:
        self.records: list[bytes] = []

    def put_records(self, *, Records: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        self.records += [record["Data"] for record in Records]
        return {"Records": [{} for _ in Records]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("chunk", [7, 64, 1 << 20])
def test_calls_that_go_on_read_each_byte_about_once(
    monkeypatch: pytest.MonkeyPatch, end: str, chunk: int
) -> None:
    """From the beginning each time, a file ten times larger would take a hundred times as long."""
    monkeypatch.setattr(simulator, "CHUNK", chunk)
    rows = [f"{n},31,2.5,1260759144" for n in range(1, 2001)]
    rows[700] = '"701","31",x,1260759144'
    body = "".join(f"{row}{end}" for row in [HEADER.strip(), *rows]).encode()
    s3, sink = Ranges(body), Sink()
    event: dict[str, Any] = {**EVENT, "seconds": 0}
    calls, rejected = 0, list[dict[str, Any]]()
    while True:
        answer = simulator.handler(event, Context(), s3=s3, kinesis=sink)
        event |= {"offset": answer["next"], "place": json.loads(json.dumps(answer["place"]))}
        calls, rejected = calls + 1, rejected + answer["rejected"]
        if answer["done"]:
            break
    assert calls == 5  # four full batches, and one look at the end
    assert [json.loads(data)["userId"] for data in sink.records] == [
        n for n in range(1, 2001) if n != 701
    ]
    assert [(r["line"], r["row"][0]) for r in rejected] == [(702, "701")]
    # What a body holds that nobody reads is not sent; each call asks for the rest of the object.
    assert event["place"]["byte"] == len(body)


def test_a_place_of_another_row_is_not_used() -> None:
    rows = [f"{n},31,2.5,1260759144" for n in range(1, 11)]
    sink = Sink()
    event = {**EVENT, "offset": 4, "place": {"row": 3, "line": 1, "byte": 40}}
    answer = simulator.handler(event, Context(), s3=Ranges(body_of(rows)), kinesis=sink)
    assert (answer["sent"], answer["next"], answer["done"]) == (6, 10, True)
    assert json.loads(sink.records[0])["userId"] == 5


def test_a_transfer_that_breaks_off_is_gone_on_with() -> None:
    rows = [f"{n},31,2.5,1260759144" for n in range(1, 1001)]
    sink = Sink()
    s3 = Ranges(body_of(rows), breaks_after=5_000)
    answer = simulator.handler(EVENT, Context(), s3=s3, kinesis=sink)
    assert (answer["sent"], answer["done"]) == (1000, True)
    assert [json.loads(data)["userId"] for data in sink.records] == [*range(1, 1001)]
