"""What starts what: rules, S3's notifications, and what an emulator costs that only waits."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from tests.bench import lake
from tests.bench.measure import percentile
from tests.bench.report import Figure
from tests.contract.lambda_ import helpers as lambda_helpers
from tests.support import ACCOUNT, REGION, emulator, unique, wait_until

Aws = Callable[[str], Any]

EVENTS, OTHERS, BATCH = 10_000, 1_000, 10
CAUSES, PUTS = 100, 30
SCHEDULES, MAPPINGS = 20, 20
SETTLING, WATCHED = 15.0, 60.0
"""Seconds: after all is made, and in which processor time is counted."""

NOTES_THE_TIME = """
import boto3, json, os, time
sqs = boto3.client("sqs")

def handler(event, context):
    began = time.time()
    note = {"key": event["Records"][0]["s3"]["object"]["key"], "at": began}
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(note))
"""


def run() -> Iterator[Figure]:
    """Yield events a second through a rule, three latencies, and the share of a core when idle."""
    with emulator() as running:

        def aws(service: str) -> Any:
            return lake.client(service, running.url)

        yield from _rule(aws, running.pid)
        yield _cause_to_queue(aws)
        yield _object_to_function(aws)
    with emulator() as running:

        def idle(service: str) -> Any:
            return lake.client(service, running.url)

        yield _idle(idle, running.pid)


def _queue(aws: Aws) -> tuple[str, str]:
    name = unique("bench")
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def _made_rule(aws: Aws, arn: str, pattern: dict[str, Any]) -> None:
    name = unique("bench")
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])


def _rule(aws: Aws, pid: int) -> Iterator[Figure]:
    url, arn = _queue(aws)
    source = unique("bench")
    _made_rule(aws, arn, {"source": [source], "detail": {"kind": [{"prefix": "rat"}]}})
    events, sqs = aws("events"), aws("sqs")
    details = [{"kind": "rated", "n": n} for n in range(EVENTS)]
    details += [{"kind": "seen", "n": -1 - n} for n in range(OTHERS)]
    before, began = _cpu(pid), time.perf_counter()
    for first in range(0, len(details), BATCH):
        batch = details[first : first + BATCH]
        entries = [{"Source": source, "DetailType": "t", "Detail": json.dumps(d)} for d in batch]
        if events.put_events(Entries=entries)["FailedEntryCount"]:
            raise RuntimeError("events were refused")
    put = time.perf_counter() - began
    wait_until(lambda: _visible(sqs, url) >= EVENTS, timeout=300, every=0.05, what="all events")
    took, cpu = time.perf_counter() - began, _cpu(pid) - before
    found = sorted(json.loads(body)["detail"]["n"] for body in _received(sqs, url))
    if found != list(range(EVENTS)):
        raise RuntimeError(f"{len(found)} events, {len(set(found))} distinct, of {EVENTS}")
    detail = (
        f"{EVENTS:,} and {OTHERS:,} that the filter drops, {BATCH} a request, none lost or twice; "
        f"the requests took {put:.1f} s, the emulator {1000 * cpu / EVENTS:.2f} ms of CPU an event"
    )
    yield Figure("events through a rule", EVENTS / took, "/s", 500, False, detail)


def _visible(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])


def _received(sqs: Any, url: str) -> Iterator[str]:
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        yield from (message["Body"] for message in messages)
        entries = [
            {"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]}
            for at, message in enumerate(messages)
        ]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def _cause_to_queue(aws: Aws) -> Figure:
    """An object is put; its event has gone through a rule into a queue."""
    url, arn = _queue(aws)
    bucket, s3, sqs = unique("bench"), aws("s3"), aws("sqs")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    _made_rule(aws, arn, {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}})
    took = []
    for n in range(CAUSES):
        began = time.perf_counter()
        s3.put_object(Bucket=bucket, Key=f"raw/{n}", Body=b"x")
        _next(sqs, url)
        took.append(time.perf_counter() - began)
    detail = f"p95 of {CAUSES} objects put, one after another, with an event, a rule and a queue"
    return Figure("cause to queue", percentile(took, 95), "s", 0.5, True, detail)


def _next(sqs: Any, url: str) -> dict[str, Any]:
    """The next message of a queue, waited for by long polling."""
    found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=1)
    (message,) = found.get("Messages") or [None]
    if message is None:
        raise RuntimeError("no message within 20 s")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return dict(json.loads(message["Body"]))


def _object_to_function(aws: Aws) -> Figure:
    url, _ = _queue(aws)
    bucket, name, s3, sqs = unique("bench"), unique("bench"), aws("s3"), aws("sqs")
    arn = lambda_helpers.create(
        aws, name, NOTES_THE_TIME, Environment={"Variables": {"QUEUE": url}}
    )
    s3.create_bucket(Bucket=bucket)
    function = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"LambdaFunctionConfigurations": [function]},
    )
    took = []
    for n in range(PUTS + 1):
        began = time.time()
        s3.put_object(Bucket=bucket, Key=str(n), Body=b"x")
        took.append(_next(sqs, url)["at"] - began)
    detail = f"p95 of {PUTS} objects, from the put to the function's first line, warm"
    return Figure("object to function", percentile(took[1:], 95), "s", 0.3, True, detail)


def _idle(aws: Aws, pid: int) -> Figure:
    """Schedules that are due in an hour, and mappings of sources in which nothing comes."""
    name = unique("bench")
    function = lambda_helpers.create(aws, name, "def handler(event, context): pass")
    _, queue = _queue(aws)
    role = lambda_helpers.ROLE
    for n in range(SCHEDULES // 2):
        aws("scheduler").create_schedule(
            Name=f"{name}-{n}",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue, "RoleArn": role},
        )
        aws("events").put_rule(Name=f"{name}-{n}", ScheduleExpression="rate(1 hour)")
        aws("events").put_targets(Rule=f"{name}-{n}", Targets=[{"Id": "1", "Arn": queue}])
    sources = itertools.cycle((_queue_source, _stream_source, _table_source))
    for make in itertools.islice(sources, MAPPINGS):
        arn, more = make(aws)
        aws("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=arn, **more)
    time.sleep(SETTLING)  # the measure is of an emulator that has long been started
    before, began = _cpu(pid), time.perf_counter()
    time.sleep(WATCHED)
    share = 100 * (_cpu(pid) - before) / (time.perf_counter() - began)
    detail = (
        f"of a core, {SCHEDULES} schedules by the hour and {MAPPINGS} mappings, {WATCHED:.0f} s"
    )
    return Figure("idle", share, "%", 3, True, detail)


def _queue_source(aws: Aws) -> tuple[str, dict[str, Any]]:
    return _queue(aws)[1], {}


def _stream_source(aws: Aws) -> tuple[str, dict[str, Any]]:
    name, kinesis = unique("bench"), aws("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return found["StreamARN"], {"StartingPosition": "LATEST"}


def _table_source(aws: Aws) -> tuple[str, dict[str, Any]]:
    made = aws("dynamodb").create_table(
        TableName=unique("bench"),
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return made["TableDescription"]["LatestStreamArn"], {"StartingPosition": "LATEST"}


def _cpu(pid: int) -> float:
    """Processor seconds of a process and all below it."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))
