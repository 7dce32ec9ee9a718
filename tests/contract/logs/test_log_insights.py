"""CloudWatch Logs Insights through its API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Aws = Callable[[str], Any]


@pytest.fixture
def group(aws: Aws, name: str) -> str:
    logs, made = aws("logs"), f"/insights/{name}"
    logs.create_log_group(logGroupName=made)
    logs.create_log_stream(logGroupName=made, logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=made,
        logStreamName="s",
        logEvents=[{"timestamp": now - 5000 + i, "message": f"m{i}"} for i in range(3)],
    )
    return made


def ask(logs: Any, query: str, **given: Any) -> Any:
    now = int(time.time())
    begun = logs.start_query(startTime=now - 60, endTime=now + 60, queryString=query, **given)
    answer = logs.get_query_results(queryId=begun["queryId"])
    assert answer["status"] == "Complete"
    return answer


def test_groups_by_name_and_by_identifier(aws: Aws, group: str) -> None:
    logs = aws("logs")
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    query = "fields @timestamp, @message | sort @timestamp desc | limit 1"
    for given in (
        {"logGroupName": group},
        {"logGroupNames": [group]},
        {"logGroupIdentifiers": [group]},
        {"logGroupIdentifiers": [found["logGroupArn"]]},
        {"logGroupIdentifiers": [found["arn"]]},
    ):
        answer = ask(logs, query, **given)
        row = {each["field"]: each["value"] for each in answer["results"][0]}
        assert row["@message"] == "m2"
        assert len(row["@timestamp"]) == len("2026-11-26 18:00:00.000")
        assert answer["statistics"]["recordsScanned"] == 3.0


def test_filters_and_limits(aws: Aws, group: str) -> None:
    logs = aws("logs")
    answer = ask(logs, "filter @message like /m[12]/ | stats count(*) as n", logGroupName=group)
    assert answer["results"] == [[{"field": "n", "value": "2"}]]
    assert answer["statistics"]["recordsMatched"] == 2.0
    assert len(ask(logs, "fields @message", logGroupName=group, limit=2)["results"]) == 2


@pytest.mark.parametrize(
    ("code", "query", "given"),
    [
        ("MalformedQueryException", "fields @message | pattern @message", {}),
        ("InvalidParameterException", "limit 1", {"logGroupNames": ["other"]}),
        ("ResourceNotFoundException", "limit 1", {"logGroupName": "/insights/nobody"}),
        ("InvalidParameterException", "limit 1", {"startTime": 5, "endTime": 4}),
    ],
)
def test_what_is_refused(
    aws: Aws, group: str, code: str, query: str, given: dict[str, Any]
) -> None:
    request = {"logGroupName": group, "startTime": 0, "endTime": 9, "queryString": query, **given}
    with pytest.raises(ClientError) as caught:
        aws("logs").start_query(**request)
    assert caught.value.response["Error"]["Code"] == code


def test_a_query_is_stopped_before_its_end_is_shown(aws: Aws, group: str) -> None:
    logs, now = aws("logs"), int(time.time())
    begin = {"startTime": now - 60, "endTime": now + 60, "queryString": "fields @message"}
    stopped = logs.start_query(logGroupName=group, **begin)["queryId"]
    assert logs.stop_query(queryId=stopped)["success"] is True
    answer = logs.get_query_results(queryId=stopped)
    assert (answer["status"], answer["results"]) == ("Cancelled", [])
    cancelled = logs.describe_queries(logGroupName=group, status="Cancelled")["queries"]
    assert [each["queryId"] for each in cancelled] == [stopped]
    ended = logs.start_query(logGroupName=group, **begin)["queryId"]
    assert len(logs.get_query_results(queryId=ended)["results"]) == 3
    for wanted in (ended, stopped):
        with pytest.raises(
            ClientError, match="Query is not in Running or Scheduled state"
        ) as refused:
            logs.stop_query(queryId=wanted)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.stop_query(queryId="12ab3456-12ab-123a-789e-1234567890ab")
