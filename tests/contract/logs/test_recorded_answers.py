"""Answers that tests of LocalStack recorded on AWS in 2026 (tests/aws/services/logs)."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws
from tests.contract.refusals import refusal

ROLE = "arn:aws:iam::000000000000:role/subscriber"
DAY = 86_400_000


def now() -> int:
    return int(time.time() * 1000)


def put(aws: Aws, group: str, *messages: str, at: int | None = None, stream: str = "") -> Any:
    moment = at or now()
    events = [{"timestamp": moment + n, "message": text} for n, text in enumerate(messages)]
    return aws("logs").put_log_events(
        logGroupName=group, logStreamName=stream or group, logEvents=events
    )


def test_a_group_counts_its_metric_filters(aws: Aws, group: str) -> None:
    logs = aws("logs")
    made = {"metricName": "n", "metricNamespace": group, "metricValue": "1"}
    for filter_name in ("a", "b"):
        logs.put_metric_filter(
            logGroupName=group,
            filterName=filter_name,
            filterPattern=" ",
            metricTransformations=[made],
        )
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["metricFilterCount"] == 2
    described = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert all(abs(each["creationTime"] - now()) < DAY for each in described)
    assert [each["applyOnTransformedLogs"] for each in described] == [False, False]


def test_groups_are_listed_by_patterns(aws: Aws, group: str) -> None:
    logs = aws("logs")
    first, end = group[:20], group[-8:]

    def listed(pattern: str) -> list[str]:
        return [
            g["logGroupName"]
            for g in logs.list_log_groups(logGroupNamePattern=pattern)["logGroups"]
        ]

    assert group in listed(f"^{first}")
    assert listed(f"^{end}") == []
    assert listed(f"no-such|{end}") == [group]
    assert len(logs.list_log_groups(limit=1)["logGroups"]) == 1


def test_a_key_comes_and_goes(aws: Aws, group: str) -> None:
    logs = aws("logs")
    key = "arn:aws:kms:us-east-1:000000000000:key/7c1a2b5e-0000-4000-8000-000000000001"
    logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["kmsKeyId"] == key
    logs.disassociate_kms_key(resourceIdentifier=found["logGroupArn"])
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert "kmsKeyId" not in found
    assert refusal(lambda: logs.associate_kms_key(logGroupName="no-such", kmsKeyId=key)) == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )


def test_events_are_found_by_the_group_s_identifier(aws: Aws, group: str, name: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName=f"{name}-later")
    put(aws, group, "here")
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group, limit=1)["logGroups"][:1]
    for identifier in (group, found["logGroupArn"]):
        read = logs.get_log_events(logGroupIdentifier=identifier, logStreamName=group)
        assert [event["message"] for event in read["events"]] == ["here"]
        read = logs.filter_log_events(logGroupIdentifier=identifier)
        assert [event["message"] for event in read["events"]] == ["here"]


def test_events_are_filtered_by_a_prefix_of_streams(aws: Aws, group: str) -> None:
    logs = aws("logs")
    for stream in ("a-1", "a-2", "b-1"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(aws, group, stream, stream=stream)

    def found(prefix: str) -> list[str]:
        answer = logs.filter_log_events(logGroupName=group, logStreamNamePrefix=prefix)
        return sorted(event["message"] for event in answer["events"])

    assert found("a-") == ["a-1", "a-2"]
    assert found("c") == []
    code, _ = refusal(
        lambda: logs.filter_log_events(
            logGroupName=group, logStreamNamePrefix="a", logStreamNames=["b-1"]
        )
    )
    assert code == "InvalidParameterException"


def test_pages_of_a_stream_with_an_at_sign(aws: Aws, group: str) -> None:
    logs = aws("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="a@b")
    texts = [f"event {n}" for n in range(7)]
    put(aws, group, *texts, stream="a@b")
    found: list[str] = []
    asked: dict[str, Any] = {"logGroupName": group, "limit": 3}
    while True:
        page = logs.filter_log_events(**asked)
        found += [event["message"] for event in page["events"]]
        if "nextToken" not in page:
            break
        asked["nextToken"] = page["nextToken"]
    assert found == texts


def test_a_token_that_is_none_is_refused(aws: Aws, group: str) -> None:
    said = ("InvalidParameterException", "The specified nextToken is invalid.")
    logs = aws("logs")
    assert refusal(lambda: logs.filter_log_events(logGroupName=group, nextToken="no")) == said
    assert refusal(lambda: logs.list_log_groups(nextToken="no")) == said


def test_events_that_are_too_old_and_too_new(aws: Aws, group: str) -> None:
    logs = aws("logs")
    moments = [now() - 30 * DAY, now() - 20 * DAY, now(), now() + DAY, now() + 2 * DAY]
    events = [{"timestamp": moment, "message": str(moment)} for moment in moments]
    answer = logs.put_log_events(logGroupName=group, logStreamName=group, logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 2,
        "tooNewLogEventStartIndex": 3,
    }
    kept = logs.filter_log_events(logGroupName=group)["events"]
    assert [event["timestamp"] for event in kept] == [moments[2]]


@pytest.mark.parametrize(
    ("destination", "role", "said"),
    [
        (
            "arn:aws:kinesis:us-east-1:000000000000:stream/none",
            {},
            (
                "InvalidParameterException",
                "destinationArn for vendor kinesis cannot be used without roleArn",
            ),
        ),
        (
            "arn:aws:lambda:us-east-1:111111111111:function:none",
            {},
            (
                "AccessDeniedException",
                "Cross-account lambda invocation passing is not allowed. You must use "
                "DestinationPolicies to create cross account lambda triggers.",
            ),
        ),
        (
            "arn:aws:lambda:us-east-1:000000000000:function:none",
            {},
            (
                "InvalidParameterException",
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs "
                "permission to execute your function.",
            ),
        ),
        (
            "arn:aws:lambda:us-east-1:000000000000:function:none",
            {"roleArn": ROLE},
            (
                "InvalidParameterException",
                "destinationArn for vendor lambda cannot be used with roleArn",
            ),
        ),
    ],
)
def test_destinations_that_are_refused(
    aws: Aws, group: str, destination: str, role: dict[str, str], said: tuple[str, str]
) -> None:
    put_filter = aws("logs").put_subscription_filter
    given = {"filterName": "f", "filterPattern": "", "destinationArn": destination, **role}
    assert refusal(lambda: put_filter(logGroupName=group, **given)) == said


def test_queries_are_described_with_their_groups_and_time(aws: Aws, group: str) -> None:
    logs = aws("logs")
    end = int(time.time())
    made = logs.start_query(
        logGroupName=group, startTime=end - 60, endTime=end, queryString="fields @message"
    )["queryId"]
    (found,) = logs.describe_queries(logGroupName=group)["queries"]
    assert found["queryId"] == made
    assert found["queryLanguage"] == "CWLI"
    assert found["queryString"] == (
        f'SOURCE "{group}" START={end - 60}000 END={end}999 | fields @message'
    )


def test_a_policy_has_its_scope(aws: Aws, name: str) -> None:
    logs = aws("logs")
    made = logs.put_resource_policy(policyName=name, policyDocument='{"Statement": []}')
    assert made["resourcePolicy"]["policyScope"] == "ACCOUNT"
    logs.delete_resource_policy(policyName=name)
    assert refusal(lambda: logs.delete_resource_policy(policyName=name)) == (
        "ResourceNotFoundException",
        f"Policy with name [{name}] does not exist.",
    )


def test_a_group_is_exported(aws: Aws, group: str, bucket: str) -> None:
    logs, s3, moment = aws("logs"), aws("s3"), now()
    put(aws, group, "one", "two", at=moment)
    task = logs.create_export_task(
        logGroupName=group, fromTime=moment, to=moment, destination=bucket
    )["taskId"]
    (found,) = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert found["status"]["code"] == "COMPLETED"
    assert found["destinationPrefix"] == "exportedlogs"
    body = s3.get_object(Bucket=bucket, Key=f"exportedlogs/{task}/{group}/000000.gz")["Body"]
    (line,) = gzip.decompress(body.read()).decode().splitlines()
    assert line.endswith("Z one")
    assert logs.describe_export_tasks(taskId=f"{task[:-1]}x")["exportTasks"] == []
    code, said = refusal(
        lambda: logs.create_export_task(
            logGroupName=group, fromTime=0, to=moment, destination=f"{bucket}-none"
        )
    )
    assert (code, said) == (
        "InvalidParameterException",
        "The given bucket does not exist. Please make sure the bucket is valid.",
    )
