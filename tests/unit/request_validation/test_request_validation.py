"""Reading and checking of single values, without an emulator."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from localstack.aws.spec import load_service

from lakestack.services.glue.worker_types import WORKER_TYPES
from lakestack.services.request_validation.constraints import (
    FULL,
    GLUE,
    REQUIRED_ONLY,
    SIZES_NO_NULL,
    faults_of,
)
from lakestack.services.request_validation.faults import NullMemberError, WireError
from lakestack.services.request_validation.json_body import (
    CBOR,
    IN_PROCESS,
    JSON,
    Source,
    decoder,
    read_json,
)


def shape(service: str, operation: str) -> Any:
    return load_service(service).operation_model(operation).input_shape


def decoded(service: str, operation: str, value: Any, source: Source = JSON) -> Any:
    return decoder(shape(service, operation), source)(value, ())


def test_values_are_converted_and_unknown_or_null_members_left_out() -> None:
    given = {"Data": "YWJj", "PartitionKey": "k", "StreamName": None, "Other": 1}
    assert decoded("kinesis", "PutRecord", given) == {"Data": b"abc", "PartitionKey": "k"}
    at = decoded("kinesis", "GetShardIterator", {"Timestamp": 1.5})
    assert at == {"Timestamp": datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)}
    raw = decoded("kinesis", "PutRecord", {"Data": b"abc"}, CBOR)
    assert raw == {"Data": b"abc"}
    assert decoded("kinesis", "ListStreams", {"Limit": 5.0}) == {"Limit": 5}


def test_only_calls_in_process_may_write_numbers_as_text() -> None:
    given = {"StreamName": 5, "ShardCount": "2"}
    assert decoded("kinesis", "CreateStream", given, IN_PROCESS) == {
        "StreamName": "5",
        "ShardCount": 2,
    }
    for wrong in ({"StreamName": 5}, {"ShardCount": "2"}):
        with pytest.raises(WireError, match="can not be converted"):
            decoded("kinesis", "CreateStream", wrong)


def test_items_of_dynamodb_may_be_nested_but_not_without_bound() -> None:
    value: Any = {"S": "a"}
    for _ in range(30):
        value = {"L": [value]}
    item = {"TableName": "t", "Item": {"k": value}}
    assert decoded("dynamodb", "PutItem", item) == item


def test_lists_and_maps_have_no_null() -> None:
    with pytest.raises(NullMemberError, match=r"'jobNames\.2\.member'"):
        decoded("glue", "BatchGetJobs", {"JobNames": ["a", None]})


@pytest.mark.parametrize("body", [b"{", b"NaN", b'"\\ud800"', b"\xff", b"[" * 99_999, b"1" * 5000])
def test_bodies_that_are_no_json(body: bytes) -> None:
    with pytest.raises(WireError):
        read_json(body)
    assert read_json('"\\ud83d\\ude00é"'.encode()) == "😀é"


def test_faults_name_the_member_and_are_bounded() -> None:
    put = shape("kinesis", "PutRecords")
    records = [{"Data": b"a", "PartitionKey": ""}] * 500
    faults = faults_of(put, {"StreamName": "a b", "Records": records}, FULL)
    assert len(faults) <= 10
    assert faults[0].startswith("Value ''") or "streamName" in faults[0]
    assert any("'records.1.member.partitionKey'" in fault for fault in faults)
    assert faults_of(put, {"Records": []}, REQUIRED_ONLY) == []
    assert faults_of(put, {}, REQUIRED_ONLY) == [
        "Value null at 'records' failed to satisfy constraint: Member must not be null"
    ]


def test_the_pattern_of_a_text_comes_before_its_length() -> None:
    """As EventBridge has been recorded."""
    given = {"Name": "a b" * 30, "AuthorizationType": "NONE", "AuthParameters": {}}
    first, second, third = faults_of(shape("events", "CreateConnection"), given, FULL)
    assert "regular expression pattern" in first
    assert "length less than or equal to 64" in second
    assert "enum value set" in third


def test_too_many_events_are_all_shown() -> None:
    """As EventBridge has been recorded: each entry with what it has and has not, and none cut."""
    detail = json.dumps({"text": "x" * 200, "n": 1})
    entry = {"Source": "a", "DetailType": "b", "Detail": detail, "Resources": ["r", "s"]}
    (said,) = faults_of(shape("events", "PutEvents"), {"Entries": [entry] * 11}, FULL)
    one = (
        "PutEventsRequestEntry(time=null, source=a, resources=[r, s], detailType=b, "
        f"detail={detail}, eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, "
        "internalMetadata=null)"
    )
    assert said == (
        f"Value '[{', '.join([one] * 11)}]' at 'entries' failed to satisfy constraint: "
        "Member must have length less than or equal to 10"
    )


def test_secrets_are_not_shown() -> None:
    function = shape("lambda", "CreateFunction")
    request = {
        "FunctionName": "a",
        "Role": "arn:aws:iam::000000000000:role/a",
        "Code": {},
        "Environment": {"Variables": {"1secret": "x"}},
    }
    (fault,) = faults_of(function, request, FULL)
    assert "1secret" not in fault
    assert fault == (
        "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy "
        "constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
    )


def test_what_members_must_be_is_said_once() -> None:
    """As the Lambda and ACM services write it."""
    alias = {
        "FunctionName": "f",
        "Name": "a",
        "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 2.0, "3": 3.0}},
    }
    assert faults_of(shape("lambda", "CreateAlias"), alias, SIZES_NO_NULL) == [
        "Value '{2=2.0, 3=3.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
        "constraint: Map value must satisfy constraint: [Member must have value less than or equal "
        "to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]"
    ]
    (said,) = faults_of(shape("glue", "BatchGetJobs"), {"JobNames": ["a", ""]}, FULL)
    assert said.startswith(
        "Value '[a, ]' at 'jobNames' failed to satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 255, Member must have length greater than "
        "or equal to 1, "
    )


def test_an_enumeration_has_what_the_guide_has_and_the_model_not_yet() -> None:
    operation = shape("glue", "CreateJob")

    def faults(worker_type: str) -> list[str]:
        command = {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"}
        given = {"Name": "j", "Role": "r", "Command": command, "WorkerType": worker_type}
        return faults_of(operation, given, GLUE)

    assert faults("G.1X") == faults("G.12X") == faults("R.8X") == []
    assert [fault for each in WORKER_TYPES for fault in faults(each)] == []
    (fault,) = faults("R.3X")
    assert "satisfy enum value set: [Standard" in fault
    assert "R.1X" in fault
