"""Targets of every kind get any JSON value that Input, InputPath or InputTransformer makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.events.endpoint import Endpoint
from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.contract.events.test_api_destinations import API_KEY, destination
from tests.contract.events.test_rule_targets import put, rule
from tests.contract.firehose.helpers import SOON, direct
from tests.contract.lambda_.helpers import create
from tests.support import unique, wait_until

Documents = Callable[[], list[Any]]

DETAIL = {"n": 7, "text": "a\nb", "list": [1, "x"], "zero": 0, "key": 5}
PATHS = {"n": "$.detail.n", "zero": "$.detail.zero", "list": "$.detail.list"}
FORMS: list[tuple[dict[str, Any], Any]] = [
    ({"Input": "{}"}, {}),
    ({"Input": '"text"'}, "text"),
    ({"Input": "0"}, 0),
    ({"Input": '[1, {"a": null}]'}, [1, {"a": None}]),
    ({"InputPath": "$.detail"}, DETAIL),
    ({"InputPath": "$.detail.text"}, "a\nb"),
    ({"InputPath": "$.detail.n"}, 7),
    ({"InputPath": "$.detail.list"}, [1, "x"]),
    ({"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": '{"n": <n>}'}}, {"n": 7}),
    ({"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": '"number <n>"'}}, "number 7"),
    ({"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": "<zero>"}}, 0),
    ({"InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": "[<n>, <n>]"}}, [7, 7]),
]
MOST_TARGETS = 5


def _queue(aws: Aws, *_given: Any) -> tuple[str, Documents]:
    queue = Queue(aws)
    return queue.arn, lambda: [json.loads(body) for body in queue.bodies()]


def _topic(aws: Aws, *_given: Any) -> tuple[str, Documents]:
    queue, documents = _queue(aws)
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue,
        Attributes={"RawMessageDelivery": "true"},
    )
    return topic, documents


def _function(aws: Aws, *_given: Any) -> tuple[str, Documents]:
    queue = Queue(aws)
    source = f"""
        import boto3, json
        def handler(event, context):
            boto3.client("sqs").send_message(QueueUrl={queue.url!r}, MessageBody=json.dumps(event))
    """
    arn = create(aws, unique("function"), source)
    return arn, lambda: [json.loads(body) for body in queue.bodies()]


def _log_group(aws: Aws, *_given: Any) -> tuple[str, Documents]:
    name = unique("group")
    aws("logs").create_log_group(logGroupName=name)

    def documents() -> list[Any]:
        found = aws("logs").filter_log_events(logGroupName=name)["events"]
        return [json.loads(event["message"]) for event in found]

    return f"arn:aws:logs:us-east-1:000000000000:log-group:{name}", documents


def _delivery_stream(aws: Aws, bucket: str, *_given: Any) -> tuple[str, Documents]:
    name, s3 = unique("delivery"), aws("s3")
    direct(aws("firehose"), name, bucket, BufferingHints=SOON)

    def documents() -> list[Any]:
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        text = "".join(s3.get_object(Bucket=bucket, Key=k)["Body"].read().decode() for k in keys)
        found, decoder = [], json.JSONDecoder()
        while text:  # Firehose puts nothing between records
            document, end = decoder.raw_decode(text)
            found.append(document)
            text = text[end:]
        return found

    return f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}", documents


def _stream(aws: Aws, *_given: Any) -> tuple[str, Documents]:
    kinesis, name = aws("kinesis"), unique("stream")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def documents() -> list[Any]:
        at = kinesis.get_shard_iterator(
            StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return [
            json.loads(each["Data"]) for each in kinesis.get_records(ShardIterator=at)["Records"]
        ]

    return arn, documents


def _state_machine(aws: Aws, *_given: Any) -> tuple[str, Documents]:
    states = aws("stepfunctions")
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    arn = states.create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]

    def documents() -> list[Any]:
        found = states.list_executions(stateMachineArn=arn)["executions"]
        inputs = [states.describe_execution(executionArn=e["executionArn"])["input"] for e in found]
        return [json.loads(text) for text in inputs]

    return arn, documents


def _api_destination(aws: Aws, _bucket: str, endpoint: Endpoint) -> tuple[str, Documents]:
    arn = destination(aws, endpoint.url, "API_KEY", API_KEY)
    return arn, lambda: [asked.json() for asked in endpoint.asked]


def _stage(aws: Aws, _bucket: str, endpoint: Endpoint) -> tuple[str, Documents]:
    gateway = aws("apigateway")
    api = gateway.create_rest_api(name=unique("api"))
    where = {
        "restApiId": api["id"],
        "resourceId": api["rootResourceId"],
        "httpMethod": "POST",
    }
    gateway.put_method(**where, authorizationType="NONE")
    gateway.put_integration(
        **where, type="HTTP_PROXY", integrationHttpMethod="POST", uri=endpoint.url
    )
    gateway.create_deployment(restApiId=api["id"], stageName="dev")
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api['id']}/dev/POST/"
    return arn, lambda: [asked.json() for asked in endpoint.asked]


KINDS = [
    *(_api_destination, _delivery_stream, _function, _log_group, _queue),
    *(_stage, _state_machine, _stream, _topic),
]


def _sorted(documents: list[Any]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in documents)


@pytest.mark.parametrize("kind", KINDS)
def test_any_json_value(aws: Aws, bucket: str, endpoint: Endpoint, name: str, kind: Any) -> None:
    arn, documents = kind(aws, bucket, endpoint)
    targets = [{"Arn": arn, "RoleArn": ROLE, **form} for form, _ in FORMS]
    for at in range(0, len(targets), MOST_TARGETS):
        rule(aws, name, *targets[at : at + MOST_TARGETS])
    put(aws, name, DETAIL)
    expected = _sorted([value for _, value in FORMS])
    wait_until(lambda: len(documents()) >= len(FORMS), timeout=60, what=f"{len(FORMS)} documents")
    assert _sorted(documents()) == expected


def test_a_bus_gets_it_as_the_detail_and_refuses_what_is_no_object(aws: Aws, name: str) -> None:
    queue, dead, bus = Queue(aws), Queue(aws), unique("bus")
    arn = aws("events").create_event_bus(Name=bus)["EventBusArn"]
    aws("events").put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps({"source": [name]}))
    aws("events").put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "1", "Arn": queue.arn}])
    to_bus = {"Arn": arn, "RoleArn": ROLE, "DeadLetterConfig": {"Arn": dead.arn}}
    forms = [{"Input": '{"a": 1}'}, {"InputPath": "$.detail"}, {"Input": "5"}, {}]
    rule(aws, name, *({**to_bus, **form} for form in forms))
    put(aws, name, DETAIL)
    found = [json.loads(body) for body in queue.wait(3)]
    assert _sorted([e["detail"] for e in found]) == _sorted([{"a": 1}, DETAIL, DETAIL])
    assert {(e["source"], e["detail-type"]) for e in found} == {(name, "t")}
    dead.wait(1)
    attributes = dead.messages[0]["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "INVALID_JSON"
    assert "an object as the detail" in attributes["ERROR_MESSAGE"]["StringValue"]


@pytest.mark.parametrize(("path", "key"), [("$.detail.key", "5"), ("$.detail.text", "a\nb")])
def test_the_partition_key_is_of_the_event(aws: Aws, name: str, path: str, key: str) -> None:
    arn, documents = _stream(aws)
    parameters = {"PartitionKeyPath": path}
    rule(aws, name, {"Arn": arn, "Input": "1", "KinesisParameters": parameters, "RoleArn": ROLE})
    put(aws, name, DETAIL)
    wait_until(documents, what="the record")
    kinesis = aws("kinesis")
    at = kinesis.get_shard_iterator(
        StreamARN=arn, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert [each["PartitionKey"] for each in kinesis.get_records(ShardIterator=at)["Records"]] == [
        key
    ]
