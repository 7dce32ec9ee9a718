"""The last lines of a job's log in CloudWatch Logs, for the error that names the job."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing

__all__ = ["log_tail"]


def log_tail(lake: Lake, groups: tuple[str, ...], stream: str, lines: int = 8) -> str:
    """The last `lines` lines of the streams whose names begin with `stream`, or ""."""
    logs = lake.client("logs")
    found: list[str] = []
    for group in groups:
        try:
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
            for entry in streams["logStreams"]:
                answer: dict[str, Any] = logs.get_log_events(
                    logGroupName=group,
                    logStreamName=entry["logStreamName"],
                    limit=lines,
                    startFromHead=False,
                )
                found += [event["message"].rstrip() for event in answer["events"]]
        except ClientError as error:
            if not is_missing(error):
                raise
    return "\n    ".join(["", *found[-lines:]]) if found else ""
