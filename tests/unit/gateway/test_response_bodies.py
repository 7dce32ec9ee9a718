"""Answers are what LocalStack's serializer makes, value by value."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import cbor2
import pytest
from cbor2 import _decoder as cbor_in_python
from hypothesis import given, strategies
from localstack.aws.protocol.serializer import JSONResponseSerializer, ProtocolSerializerError
from localstack.aws.spec import load_service

from lakestack import patches
from lakestack.services import response_bodies
from lakestack.services.response_bodies import to_json

ORIGINAL = patches.original("response_bodies.make")
SERIALIZER = JSONResponseSerializer()
st: Any = strategies
JSON, CBOR = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
TIME = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)

RECORDS: Any = st.fixed_dictionaries(
    {
        "Records": st.lists(
            st.fixed_dictionaries(
                {"SequenceNumber": st.text(), "Data": st.binary(), "PartitionKey": st.text()},
                optional={
                    "ApproximateArrivalTimestamp": TIME | st.none(),
                    "EncryptionType": st.none() | st.just("KMS"),
                },
            )
            | st.none(),
            max_size=4,
        ),
        "MillisBehindLatest": st.integers(0, 2**62),
    }
)
ATTRIBUTE: Any = st.deferred(
    lambda: st.one_of(
        st.fixed_dictionaries({"S": st.text()}),
        st.fixed_dictionaries({"B": st.binary(), "NULL": st.none()}),
        st.fixed_dictionaries({"SS": st.lists(st.text(), max_size=3)}),
        st.fixed_dictionaries({"BS": st.lists(st.binary(), max_size=3)}),
        st.fixed_dictionaries({"BOOL": st.booleans()}),
        st.fixed_dictionaries({"L": st.lists(ATTRIBUTE, max_size=2)}),
        st.fixed_dictionaries({"M": st.dictionaries(st.text(), ATTRIBUTE, max_size=2)}),
    )
)


def made(make: Any, service: str, operation: str, answer: Any, mime: str) -> Any:
    """What is read out of the body."""
    model = load_service(service).operation_model(operation)
    body = make(SERIALIZER, answer, model.output_shape, model, mime, "id")
    if mime == JSON:
        return json.loads(body)
    # LocalStack writes seconds until it has started; ours are the milliseconds that AWS writes.
    return cbor2.loads(body) if make is ORIGINAL else in_milliseconds(body)


def in_milliseconds(body: bytes) -> Any:
    """Read CBOR as AWS's SDKs do."""

    def time(decoder: Any) -> datetime:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=decoder._decode())

    with mock.patch.dict(cbor_in_python.semantic_decoders, {1: time}):
        return cbor_in_python.loads(body)


def both(service: str, operation: str, answer: Any, mime: str) -> None:
    ours = made(response_bodies._body, service, operation, answer, mime)
    assert ours == made(ORIGINAL, service, operation, answer, mime)


@given(answer=RECORDS, mime=st.sampled_from([JSON, CBOR]))
def test_a_page_of_records(answer: Any, mime: str) -> None:
    both("kinesis", "GetRecords", answer, mime)


@given(answer=st.dictionaries(st.text(), ATTRIBUTE, max_size=3))
def test_an_item_within_items(answer: Any) -> None:
    both("dynamodb", "GetItem", {"Item": answer}, JSON)


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("kinesis", "GetRecords", {"Unknown": 1, "MillisBehindLatest": 3}),
        ("kinesis", "PutRecords", None),
        ("kinesis", "PutRecords", {}),
        (
            "lambda",
            "GetFunctionConfiguration",
            {"Environment": {"Variables": {"a": "b", "c": None}}},
        ),
        ("glue", "GetTables", {"TableList": [{"Name": "t", "CreateTime": datetime(2026, 1, 1)}]}),
        ("glue", "GetTables", {"TableList": [{"Name": "t", "CreateTime": "2026-01-01T00:00:00Z"}]}),
        ("glue", "GetTables", {"TableList": [{"Name": "t", "CreateTime": 1.5}]}),
        ("sagemaker", "DescribeEndpoint", {"CreationTime": 5, "EndpointName": "é\U0001f600"}),
        ("lambda", "GetFunctionConfiguration", {"LastModified": "2026"}),
        ("glue", "GetJobRun", {"JobRun": {"MaxCapacity": float("inf"), "ExecutionTime": 2**80}}),
    ],
)
def test_what_handlers_give(service: str, operation: str, answer: Any) -> None:
    both(service, operation, answer, JSON)


@pytest.mark.parametrize("wrong", [{"Records": 5}, {"Records": [7]}, {"Records": [{"Data": 7}]}])
def test_what_is_of_the_wrong_type_is_named(wrong: Any) -> None:
    with pytest.raises(ProtocolSerializerError, match="GetRecordsOutput"):
        made(response_bodies._body, "kinesis", "GetRecords", wrong, JSON)


@pytest.mark.parametrize("value", [{"a": {1: 2}}, [float(2)], "\ud800", {"x": (1, 2)}, 2**70])
def test_what_orjson_refuses_is_left_to_json(value: Any) -> None:
    assert json.loads(to_json(value)) == json.loads(json.dumps(value))


def test_times_in_cbor_are_tagged_milliseconds() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
    record = {"Data": b"", "PartitionKey": "a", "ApproximateArrivalTimestamp": when}
    model = load_service("kinesis").operation_model("GetRecords")
    for time in (when, when.timestamp()):
        answer = {"Records": [{**record, "ApproximateArrivalTimestamp": time}]}
        body = response_bodies._body(SERIALIZER, answer, model.output_shape, model, CBOR, "id")
        assert b"\xc1\x1b" + (1_767_323_045_678).to_bytes(8, "big") in body
