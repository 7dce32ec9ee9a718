"""What a pipe carries, from its source to its target."""

from __future__ import annotations

import base64
import hashlib
import json

from tests.contract.events.helpers import ROLE, Aws, Bus, Queue
from tests.contract.lambda_.helpers import create
from tests.contract.pipes.helpers import Pipes, Stream, of_kinesis, send
from tests.support import unique, wait_until


def test_queue_to_queue_with_filter_and_template(aws: Aws, pipes: Pipes) -> None:
    source, target = Queue(aws), Queue(aws)
    name = pipes.make(
        source.arn,
        target.arn,
        SourceParameters={
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["film"]}}'}]}
        },
        TargetParameters={
            "InputTemplate": '{"title": <$.body.title>, "note": "<aws.pipes.pipe-name>: '
            '<$.body.title>", "tags": <$.body.tags>, "none": <$.body.none>}'
        },
    )
    send(aws, source, {"kind": "book"}, {"kind": "film", "title": 'A "B"', "tags": [1]}, "film")
    (body,) = target.wait(1)
    assert json.loads(body) == {
        "title": 'A "B"',
        "note": f'{name}: A "B"',
        "tags": [1],
        "none": None,
    }
    wait_until(lambda: _held(aws, source) == 0, what="the queue is empty")
    assert target.bodies() == [body]


def test_a_message_arrives_as_it_was_sent(aws: Aws, pipes: Pipes) -> None:
    source, target = Queue(aws), Queue(aws)
    filters = {"Filters": [{"Pattern": '{"body": {"kind": ["film"]}}'}]}
    pipes.make(source.arn, target.arn, SourceParameters={"FilterCriteria": filters})
    text = '{"kind":"film",  "title":"\u00e4", "n":1.0, "n":1e2}'
    aws("sqs").send_message(QueueUrl=source.url, MessageBody=text)
    event = json.loads(target.wait(1)[0])
    assert event["body"] == text
    assert event["md5OfBody"] == hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - SQS's


def test_kinesis_as_it_is(aws: Aws, pipes: Pipes) -> None:
    stream, target = Stream(aws), Queue(aws)
    stream.put({"n": 1})
    pipes.make(stream.arn, target.arn, SourceParameters=of_kinesis())
    event = json.loads(target.wait(1)[0])
    assert json.loads(base64.b64decode(event.pop("data"))) == {"n": 1}
    assert event.pop("approximateArrivalTimestamp") > 0
    sequence = event.pop("sequenceNumber")
    assert event == {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "k",
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": stream.arn.split(":")[3],
        "eventSourceARN": stream.arn,
    }


def test_table_to_bus(aws: Aws, pipes: Pipes) -> None:
    name = unique("table")
    described = aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    aws("dynamodb").get_waiter("table_exists").wait(TableName=name)
    bus = Bus(aws, {"detail-type": [f"of {name}"]})
    region, account = described["TableArn"].split(":")[3:5]
    pipes.make(
        described["LatestStreamArn"],
        f"arn:aws:events:{region}:{account}:event-bus/default",
        SourceParameters={
            "DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"},
            "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
        },
        TargetParameters={
            "EventBridgeEventBusParameters": {"DetailType": f"of {name}"},
            "InputTemplate": '{"id": <$.dynamodb.NewImage.id.S>, "what": <$.eventName>}',
        },
    )
    aws("dynamodb").put_item(TableName=name, Item={"id": {"S": "a"}})
    aws("dynamodb").delete_item(TableName=name, Key={"id": {"S": "a"}})
    (event,) = bus.wait(1)
    assert event["detail"] == {"id": "a", "what": "INSERT"}
    assert event["source"].startswith("Pipe pipe")
    assert len(bus.queue.bodies()) == 1


def test_enrichment_by_function(aws: Aws, pipes: Pipes) -> None:
    """What it answers goes on; where it answers nothing, nothing does."""
    source, target = Queue(aws), Queue(aws)
    function = create(
        aws,
        unique("enrich"),
        """
        def handler(events, context):
            return [{**e, "double": 2 * e["n"]} for e in events if e["n"] != 3]
        """,
    )
    pipes.make(
        source.arn,
        target.arn,
        Enrichment=function,
        EnrichmentParameters={"InputTemplate": '{"n": <$.body.n>}'},
        TargetParameters={"InputTemplate": "<$.n>, twice <$.double>"},
    )
    send(aws, source, {"n": 3}, {"n": 4}, {"n": 5})
    assert sorted(target.wait(2)) == ["4, twice 8", "5, twice 10"]
    wait_until(lambda: _held(aws, source) == 0, what="the queue is empty")


def test_enrichment_and_target_by_state_machines(aws: Aws, pipes: Pipes) -> None:
    source, target = Queue(aws), Queue(aws)
    sfn = aws("stepfunctions")
    enrich = sfn.create_state_machine(
        name=unique("enrich"),
        roleArn=ROLE,
        type="EXPRESS",
        definition=json.dumps(
            {
                "StartAt": "P",
                "States": {
                    "P": {
                        "Type": "Pass",
                        "End": True,
                        "Parameters": {"seen.$": "$[0].body"},
                    }
                },
            }
        ),
    )["stateMachineArn"]
    tell = sfn.create_state_machine(
        name=unique("tell"),
        roleArn=ROLE,
        definition=json.dumps(
            {
                "StartAt": "T",
                "States": {
                    "T": {
                        "Type": "Task",
                        "End": True,
                        "Resource": "arn:aws:states:::sqs:sendMessage",
                        "Parameters": {"QueueUrl": target.url, "MessageBody.$": "$[0].seen"},
                    }
                },
            }
        ),
    )["stateMachineArn"]
    asynchronous = {"StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}}
    pipes.make(source.arn, tell, Enrichment=enrich, TargetParameters=asynchronous)
    send(aws, source, {"n": 1})
    assert target.wait(1) == ['{"n": 1}']
    # A standard machine that is waited for is an error that the pipe shows.
    name = pipes.make(source.arn, tell, "CREATE_FAILED")
    assert "FIRE_AND_FORGET" in pipes.api.describe_pipe(Name=name)["StateReason"]


def test_function_names_what_failed(aws: Aws, pipes: Pipes) -> None:
    """What a function names in batchItemFailures comes again, and nothing else."""
    source, target = Queue(aws), Queue(aws)
    aws("sqs").set_queue_attributes(QueueUrl=source.url, Attributes={"VisibilityTimeout": "1"})
    function = create(
        aws,
        unique("fails"),
        f"""
        import boto3, json
        sqs = boto3.client("sqs")
        def handler(events, context):
            bad = []
            for event in events:
                n = json.loads(event["body"])["n"]
                count = event["attributes"]["ApproximateReceiveCount"]
                sqs.send_message(QueueUrl="{target.url}", MessageBody=f"{{n}}/{{count}}")
                if n == 2 and count == "1":
                    bad.append({{"itemIdentifier": event["messageId"]}})
            return {{"batchItemFailures": bad}}
        """,
    )
    send(aws, source, {"n": 1}, {"n": 2})
    pipes.make(source.arn, function)
    assert sorted(target.wait(3)) == ["1/1", "2/1", "2/2"]
    wait_until(lambda: _held(aws, source) == 0, what="the queue is empty")


def test_stream_to_dead_letter_queue(aws: Aws, pipes: Pipes) -> None:
    """Halved down to the record that fails, which goes to the queue when its attempts are over."""
    stream, dead, target = Stream(aws), Queue(aws), Queue(aws)
    function = create(
        aws,
        unique("bad"),
        f"""
        import base64, boto3, json
        sqs = boto3.client("sqs")
        def handler(events, context):
            seen = [json.loads(base64.b64decode(e["data"])) for e in events]
            if "bad" in seen:
                raise ValueError("bad")
            sqs.send_message(QueueUrl="{target.url}", MessageBody=json.dumps(seen))
        """,
    )
    stream.put(1, 2, "bad", 4)
    parameters = of_kinesis(
        MaximumRetryAttempts=1,
        OnPartialBatchItemFailure="AUTOMATIC_BISECT",
        DeadLetterConfig={"Arn": dead.arn},
    )
    name = pipes.make(stream.arn, function, SourceParameters=parameters)
    message = json.loads(dead.wait(1)[0])
    assert message["context"]["condition"] == "RetryAttemptsExhausted"
    assert message["context"]["partnerResourceArn"].endswith(f":pipe/{name}")
    assert message["KinesisBatchInfo"]["batchSize"] == 1
    assert message["KinesisBatchInfo"]["streamArn"] == stream.arn

    def others() -> bool:
        return sorted(n for body in target.bodies() for n in json.loads(body)) == [1, 2, 4]

    wait_until(others, what="the others")


def _held(aws: Aws, queue: Queue) -> int:
    """Messages in a queue, those under way included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws("sqs").get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
    return sum(int(value) for value in found["Attributes"].values())
