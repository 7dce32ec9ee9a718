"""Data transformation by a function: what it is given, and what becomes of what it returns."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.contract.firehose.helpers import (
    NEVER,
    SOON,
    Aws,
    direct,
    failed_records,
    from_kinesis,
    objects,
    processing,
    put,
    transformation,
    wait_gone,
)
from tests.contract.lambda_.helpers import create
from tests.support import wait_until

ECHO = """
import base64, json
def handler(event, context):
    shown = json.dumps({**event, "records": [{**r, "data": base64.b64decode(r["data"]).decode()}
                                            for r in event["records"]]}) + "\\n"
    first, *rest = event["records"]
    return {"records": [
        {"recordId": first["recordId"], "result": "Ok",
         "data": base64.b64encode(shown.encode()).decode()},
        *({"recordId": r["recordId"], "result": "Dropped", "data": r["data"]} for r in rest),
    ]}
"""

BY_WORD = """
import base64
def handler(event, context):
    found = []
    for record in event["records"]:
        text = base64.b64decode(record["data"]).decode()
        item = {"recordId": record["recordId"], "result": "Ok"}
        if text.startswith("ok"):
            item["data"] = base64.b64encode(text.upper().encode()).decode()
        elif text.startswith("failed"):
            item["result"] = "ProcessingFailed"
        elif text.startswith("dropped"):
            item["result"] = "Dropped"
        elif text.startswith("nonsense"):
            item["result"] = "Perhaps"
        elif text.startswith("unreadable"):
            item["data"] = "%%%"
        found.append(item)
    return {"records": found}
"""

WHOLE_ANSWERS = {
    "return 7": "Lambda.JsonProcessingException",
    "return {'records': 'many'}": "Lambda.JsonProcessingException",
    "return {'records': [None]}": "Lambda.JsonProcessingException",
    "return {'records': []}": "Lambda.MissingRecordId",
    "return {'records': [{'recordId': r['recordId'], 'result': 'Dropped'}"
    " for r in event['records']] * 2}": "Lambda.DuplicatedRecordId",
    "return {'records': [{'recordId': r['recordId'], 'result': 'Dropped'}"
    " for r in event['records']] + [{'recordId': 'mine'}]}": "Lambda.JsonProcessingException",
}


def test_the_event_of_a_kinesis_stream(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    function = create(aws, name, ECHO)
    from_kinesis(
        firehose,
        name,
        stream,
        bucket,
        BufferingHints=SOON,
        ProcessingConfiguration=transformation(function, BufferIntervalInSeconds="1"),
    )
    answer = aws("kinesis").put_record(StreamARN=stream, Data=b"hello", PartitionKey="key")
    (body,) = wait_until(lambda: list(objects(aws, bucket).values()), 60)
    event = json.loads(body)
    assert event["sourceKinesisStreamArn"] == stream
    assert event["deliveryStreamArn"].endswith(f":deliverystream/{name}")
    assert event["region"] == "us-east-1"
    assert len(event["invocationId"]) == 36
    (record,) = event["records"]
    assert record["data"] == "hello"
    assert record["recordId"].startswith(answer["SequenceNumber"])
    origin = record["kinesisRecordMetadata"]
    assert origin["shardId"] == answer["ShardId"]
    assert origin["sequenceNumber"] == answer["SequenceNumber"]
    assert (origin["partitionKey"], origin["subsequenceNumber"]) == ("key", 0)
    assert origin["approximateArrivalTimestamp"] == record["approximateArrivalTimestamp"] > 1.7e12


def test_each_result_goes_its_way_and_the_counts_reconcile(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    function = create(aws, name, BY_WORD)
    direct(
        firehose,
        name,
        bucket,
        Prefix="good/",
        BufferingHints=NEVER,
        ProcessingConfiguration=transformation(function),
    )
    words = ["ok 1\n", "failed", "dropped", "nonsense", "unreadable", "ok 2\n", "without"]
    firehose.put_record_batch(
        DeliveryStreamName=name, Records=[{"Data": word.encode()} for word in words]
    )
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    good = b"".join(v for k, v in objects(aws, bucket).items() if "processing-failed" not in k)
    assert good == b"OK 1\nOK 2\n"
    failed = failed_records(aws, bucket, "good/processing-failed/")
    codes = {base64.b64decode(each["rawData"]).decode(): each["errorCode"] for each in failed}
    assert codes == {
        "failed": "Lambda.ProcessingFailedStatus",
        "nonsense": "Lambda.JsonProcessingException",
        "unreadable": "Lambda.JsonProcessingException",
        "without": "Lambda.JsonProcessingException",
    }
    for each in failed:
        assert each["lambdaArn"] == function
        assert each["attemptsMade"] == 1
        assert 1.7e12 < each["arrivalTimestamp"] <= each["attemptEndingTimestamp"]
        assert each["errorMessage"]


@pytest.mark.parametrize(("statement", "code"), WHOLE_ANSWERS.items(), ids=range(6))
def test_an_answer_of_nonsense_fails_the_whole_batch_without_retries(
    aws: Aws, firehose: Any, name: str, bucket: str, statement: str, code: str
) -> None:
    function = create(aws, name, f"def handler(event, context):\n    {statement}\n")
    direct(firehose, name, bucket, ProcessingConfiguration=transformation(function))
    firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"a"}, {"Data": b"b"}])
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    failed = failed_records(aws, bucket)
    assert [(each["errorCode"], each["attemptsMade"]) for each in failed] == [(code, 1)] * 2
    assert len(objects(aws, bucket)) == 1


def test_a_function_that_fails_is_tried_again_as_often_as_configured(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    function = create(aws, name, "def handler(event, context):\n    raise ValueError('no')\n")
    direct(
        firehose,
        name,
        bucket,
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        BufferingHints=SOON,
        ProcessingConfiguration=transformation(
            function, NumberOfRetries="2", BufferIntervalInSeconds="0"
        ),
    )
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    (failed,) = wait_until(lambda: failed_records(aws, bucket, "bad/processing-failed/"), 60)
    assert failed["errorCode"] == "Lambda.FunctionError"
    assert failed["attemptsMade"] == 3
    assert base64.b64decode(failed["rawData"]) == b"a"


def test_a_function_that_is_not_there_loses_nothing(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    direct(
        firehose,
        name,
        bucket,
        ProcessingConfiguration=transformation(function, NumberOfRetries="0"),
    )
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    (failed,) = failed_records(aws, bucket)
    assert failed["errorCode"] == "Lambda.ResourceNotFound"


def test_more_than_one_payload_is_split(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    """Small records take more room in an event than in the buffer: 6 MB are the limit."""
    source = """
    import base64, json
    def handler(event, context):
        assert len(json.dumps(event)) <= 6_291_556
        return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]}
                            for r in event["records"]]}
    """
    function = create(aws, name, source, Timeout=60)
    direct(
        firehose,
        name,
        bucket,
        ProcessingConfiguration=transformation(function, BufferSizeInMBs="3"),
    )
    expected = 0
    for start in range(0, 40_000, 500):
        records = [{"Data": b"%d\n" % i} for i in range(start, start + 500)]
        answer = firehose.put_record_batch(DeliveryStreamName=name, Records=records)
        expected += 500 - answer["FailedPutCount"]
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    found = sorted(int(x) for body in objects(aws, bucket).values() for x in body.split())
    assert found == list(range(40_000))
    assert expected == 40_000


def test_source_records_are_backed_up_as_they_came(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    function = create(aws, name, BY_WORD)
    direct(
        firehose,
        name,
        bucket,
        Prefix="good/",
        ProcessingConfiguration=transformation(function),
        S3BackupMode="Enabled",
        S3BackupConfiguration={
            "RoleARN": "arn:aws:iam::000000000000:role/firehose",
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": "source/",
        },
    )
    for word in (b"ok", b"failed", b"dropped"):
        firehose.put_record(DeliveryStreamName=name, Record={"Data": word})
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)
    (there,) = described["DeliveryStreamDescription"]["Destinations"]
    extended = there["ExtendedS3DestinationDescription"]
    assert extended["S3BackupMode"] == "Enabled"
    assert extended["S3BackupDescription"]["Prefix"] == "source/"
    assert extended["ProcessingConfiguration"] == transformation(function)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    found = objects(aws, bucket)
    assert b"".join(v for k, v in found.items() if k.startswith("source/")) == b"okfaileddropped"
    assert b"OK" in found.values()


def test_delimiter_without_partitioning(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    direct(
        firehose, name, bucket, ProcessingConfiguration=processing(("AppendDelimiterToRecord", {}))
    )
    firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"a"}, {"Data": b"b"}])
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert list(objects(aws, bucket).values()) == [b"a\nb\n"]


def test_kinesis_records_through_a_function_reconcile(
    aws: Aws, firehose: Any, name: str, stream: str, bucket: str
) -> None:
    source = """
    def handler(event, context):
        return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]}
                            for r in event["records"]]}
    """
    function = create(aws, name, source)
    from_kinesis(
        firehose,
        name,
        stream,
        bucket,
        BufferingHints=NEVER,
        ProcessingConfiguration=transformation(function, BufferIntervalInSeconds="1"),
    )
    put(aws, stream, 0, 5000)
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    found = [int(x) for body in objects(aws, bucket).values() for x in body.split()]
    assert sorted(found) == list(range(5000))
