"""The last lines of a job's log in CloudWatch Logs: why it failed, and whether it moves."""

from __future__ import annotations

import re
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.lake import Lake, is_missing

__all__ = ["log_tail", "newest_line"]

_JAVA_FRAME: Final = re.compile(r"\s+(at [\w.$/]+.*\(.*\)|\.\.\. \d+ (more|common frames omitted))")
_LOOKED_AT: Final = 200
"""Lines read per stream: a Java stack is some fifty lines long."""


def log_tail(lake: Lake, groups: tuple[str, ...], stream: str, lines: int = 8) -> str:
    """The last `lines` lines of the streams whose names begin with `stream`, or "".

    Frames of Java stacks are left out: they would push out what has happened.
    """
    logs = lake.client("logs")
    found: list[str] = []
    for group in groups:
        try:
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
            for entry in streams["logStreams"]:
                answer: dict[str, Any] = logs.get_log_events(
                    logGroupName=group,
                    logStreamName=entry["logStreamName"],
                    limit=_LOOKED_AT,
                    startFromHead=False,
                )
                messages = [event["message"].rstrip() for event in answer["events"]]
                found += [line for line in messages if not _JAVA_FRAME.fullmatch(line)]
        except ClientError as error:
            if not is_missing(error):
                raise
    return "\n    ".join(["", *found[-lines:]]) if found else ""


def newest_line(lake: Lake, groups: tuple[str, ...], stream: str) -> str:
    """Time (milliseconds since 1970) and text of the newest event, "" when there is none.

    Of a stream's own LastEventTimestamp the Amazon CloudWatch Logs API Reference ("LogStream") says
    that it may lag by an hour.

    Args:
        lake: where
        groups: log groups; one that is not there has no event
        stream: beginning of the streams' names
    """
    logs = lake.client("logs")
    newest: tuple[int, str] = (0, "")
    for group in groups:
        try:
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
            for entry in streams["logStreams"]:
                events = logs.get_log_events(
                    logGroupName=group,
                    logStreamName=entry["logStreamName"],
                    limit=1,
                    startFromHead=False,
                )["events"]
                newest = max([newest, *((e["timestamp"], e["message"].strip()) for e in events)])
        except ClientError as error:
            if not is_missing(error):
                raise
    return f"{newest[1]} ({newest[0]})" if newest[0] else ""
