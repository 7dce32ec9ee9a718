"""A target that could never have an event is refused when it is put, and is not put."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.events.helpers import ROLE, Aws, Queue

HERE = "us-east-1:000000000000"
ELSEWHERE = "arn:aws:sqs:eu-west-1:000000000000:q"
TOPIC = f"arn:aws:sns:{HERE}:t"


@pytest.fixture
def rule(aws: Aws, name: str) -> str:
    aws("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    return name


def _targets(aws: Aws, rule: str) -> list[str]:
    found = aws("events").list_targets_by_rule(Rule=rule)["Targets"]
    return [target["Id"] for target in found]


@pytest.mark.parametrize(
    ("arn", "more", "message"),
    [
        (f"arn:aws:ecs:{HERE}:cluster/c", {}, "is not emulated"),
        (f"arn:aws:redshift:{HERE}:cluster:c", {}, "is not emulated"),
        (f"arn:aws:batch:{HERE}:job-queue/q", {}, "is not emulated"),
        (f"arn:aws:s3:{HERE}:bucket", {}, "is not emulated"),
        (f"arn:aws:sqs:{HERE}:q", {"Input": "{"}, "JSON syntax error in input"),
        (f"arn:aws:sqs:{HERE}:q", {"Input": "1", "InputPath": "$"}, "Only one of Input"),
        (f"arn:aws:sqs:{HERE}:q", {"InputPath": "detail"}, "Invalid InputPath"),
        (f"arn:aws:sqs:{HERE}:q", {"DeadLetterConfig": {"Arn": TOPIC}}, "is no queue"),
        (f"arn:aws:sqs:{HERE}:q", {"RetryPolicy": {"MaximumRetryAttempts": 186}}, "185"),
        ("queue", {}, "not in correct format"),
        *(
            (arn, {}, f"RoleArn is required for target {arn}")
            for arn in (
                f"arn:aws:states:{HERE}:stateMachine:m",
                f"arn:aws:kinesis:{HERE}:stream/s",
                f"arn:aws:firehose:{HERE}:deliverystream/d",
                f"arn:aws:events:{HERE}:api-destination/d/1",
                "arn:aws:events:eu-west-1:000000000000:event-bus/default",
            )
        ),
        (ELSEWHERE, {}, "another region than the rule"),
        (f"arn:aws:sqs:{HERE}:q", {"DeadLetterConfig": {"Arn": ELSEWHERE}}, "another region"),
        (f"arn:aws:sqs:{HERE}:q", {"DeadLetterConfig": {"Arn": "arn:aws:sqs"}}, "another region"),
    ],
)
def test_a_wrong_target_is_refused(
    aws: Aws, rule: str, arn: str, more: dict[str, Any], message: str
) -> None:
    targets = [{"Id": "good", "Arn": Queue(aws).arn}, {"Id": "bad", **more, "Arn": arn}]
    with pytest.raises(ClientError, match=message) as refused:
        aws("events").put_targets(Rule=rule, Targets=targets)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert _targets(aws, rule) == []


def test_buses_may_be_elsewhere_and_roles_are_taken(aws: Aws, rule: str) -> None:
    arns = [
        f"arn:aws:states:{HERE}:stateMachine:m",
        "arn:aws:events:eu-west-1:000000000000:event-bus/default",
    ]
    targets = [{"Id": str(n), "Arn": arn, "RoleArn": ROLE} for n, arn in enumerate(arns)]
    targets.append({"Id": "2", "Arn": f"arn:aws:events:{HERE}:event-bus/default"})
    aws("events").put_targets(Rule=rule, Targets=targets)
    assert sorted(_targets(aws, rule)) == ["0", "1", "2"]
    aws("events").remove_targets(Rule=rule, Ids=["0", "1", "2"])


def test_events_of_services_are_theirs(aws: Aws, rule: str) -> None:
    queue, events = Queue(aws), aws("events")
    pattern = json.dumps({"detail-type": [rule]})
    events.put_rule(Name=rule, EventPattern=pattern)
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue.arn}])
    entries = [
        {"Source": source, "DetailType": rule, "Detail": "{}"}
        for source in ("aws.glue", "awsx", rule)
    ]
    answer = events.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0] == {
        "ErrorCode": "NotAuthorizedForSourceException",
        "ErrorMessage": "Not authorized for the source.",
    }
    assert all("EventId" in entry for entry in answer["Entries"][1:])
    assert {json.loads(body)["source"] for body in queue.wait(2)} == {"awsx", rule}


@pytest.mark.parametrize(
    ("called", "pattern", "code"),
    [
        ("", '{"source": "x"}', "InvalidEventPatternException"),
        ("", "{", "InvalidEventPatternException"),
        ("", json.dumps({"source": ["x" * 5000]}), "ValidationException"),
        ("a b", '{"source": ["x"]}', "ValidationException"),
    ],
    ids=["no list", "no JSON", "too long", "name"],
)
def test_a_wrong_rule_is_refused_and_hinders_no_other(
    aws: Aws, rule: str, called: str, pattern: str, code: str
) -> None:
    queue, events = Queue(aws), aws("events")
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue.arn}])
    made = called or f"{rule}-wrong"
    with pytest.raises(ClientError) as refused:
        events.put_rule(Name=made, EventPattern=pattern)
    assert refused.value.response["Error"]["Code"] == code
    entry = {"Source": rule, "DetailType": "t", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert len(queue.wait(1)) == 1


def test_the_pattern_of_an_archive_is_checked(aws: Aws, name: str) -> None:
    events = aws("events")
    bus = f"arn:aws:events:{HERE}:event-bus/default"
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        events.create_archive(ArchiveName=name, EventSourceArn=bus, EventPattern="{}")
    events.create_archive(ArchiveName=name, EventSourceArn=bus)
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        events.update_archive(ArchiveName=name, EventPattern="[]")
    events.delete_archive(ArchiveName=name)


def test_an_entry_that_has_failed_is_not_put(aws: Aws, rule: str) -> None:
    fifo = f"arn:aws:sqs:{HERE}:q.fifo"
    targets = [{"Id": "good", "Arn": Queue(aws).arn}, {"Id": "bad", "Arn": fifo}]
    answer = aws("events").put_targets(Rule=rule, Targets=targets)
    assert [entry["TargetId"] for entry in answer["FailedEntries"]] == ["bad"]
    assert _targets(aws, rule) == ["good"]
