"""What an error of a target means: whether it is tried again, and what the dead-letter queue says.

Amazon EventBridge User Guide, "How EventBridge retries delivering events" and "Using dead-letter
queues to process undelivered events in EventBridge".
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection

from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.event_rules.event import Delivery, Document
from lakestack.services.retries import is_transient

MAX_AGE_SECONDS, MAX_ATTEMPTS = 86400, 185
"""The default RetryPolicy."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds before an event is sent again, doubled each time (our guess)."""

_MAX_TEXT = 1000
_CODES = (
    ((ReadTimeoutError, TimeoutError), "TIMEOUT"),
    ((HTTPClientError, NoConnection, ConnectionError), "CONNECTION_FAILURE"),
    ((NotImplementedError,), "SDK_CLIENT_ERROR"),
    ((ValueError,), "INVALID_JSON"),
)
_THROTTLED = ("Throttl", "TooManyRequests", "RequestLimit", "ProvisionedThroughput")
_NO_RESOURCE = ("NotFound", "NonExistent", "DoesNotExist", "NoSuch")


def may_pass(error: Exception) -> bool:
    """Whether sending again is of use: not where permission or the target is missing."""
    if isinstance(error, TargetError):
        return error.retried
    if is_transient(error):
        return True
    return isinstance(error, ClientError) and _code(error).startswith(_THROTTLED)


def pause_before(error: Exception, attempts: int) -> float:
    """Seconds until an event is sent again that has been sent so often."""
    pause = min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 20), LONGEST_PAUSE)
    asked = error.pause if isinstance(error, TargetError) else None
    return max(pause, asked or 0.0)


def given_up(target: Document, delivery: Delivery, error: Exception, now: datetime) -> str | None:
    """Why an event is not sent again: a condition of the RetryPolicy, or "" where it is no use.

    Returns:
        None when it is sent again
    """
    if not may_pass(error):
        return ""
    policy = target.get("RetryPolicy") or {}
    if delivery.attempts > policy.get("MaximumRetryAttempts", MAX_ATTEMPTS):
        return "MaximumRetryAttempts"
    age = (now - delivery.began).total_seconds()
    if age >= policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS):
        return "MaximumEventAgeInSeconds"
    return None


def to_dead_letter_queue(
    sqs: Any, queue: str, arn: str, delivery: Delivery, error: Exception, condition: str
) -> None:
    """Send an event that could not be delivered to a queue.

    Args:
        queue: its ARN
        arn: the target's
        condition: of the RetryPolicy that was used up; empty where sending again is no use

    Raises:
        ClientError: the queue is not there
    """
    attributes = {
        "RULE_ARN": delivery.rule,
        "TARGET_ARN": arn,
        "ERROR_CODE": code_of(error),
        "ERROR_MESSAGE": str(error)[:_MAX_TEXT] or type(error).__name__,
        "RETRY_ATTEMPTS": str(delivery.attempts - 1),
        **({"EXHAUSTED_RETRY_CONDITION": condition} if condition else {}),
    }
    account, name = queue.split(":")[4:6]
    found = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
    sqs.send_message(
        QueueUrl=found["QueueUrl"],
        MessageBody=json.dumps(delivery.shown()),
        MessageAttributes={
            key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
        },
    )


def code_of(error: Exception) -> str:
    """AWS's name of an error, in ERROR_CODE."""
    if isinstance(error, TargetError):
        return error.code
    if isinstance(error, ClientError):
        return _code_of_refusal(error)
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), "INTERNAL_ERROR")


def _code_of_refusal(error: ClientError) -> str:
    code = _code(error)
    if code.startswith(_THROTTLED):
        return "THROTTLING"
    if any(word in code for word in _NO_RESOURCE):
        return "NO_RESOURCE"
    if code.startswith("AccessDenied"):
        return "NO_PERMISSIONS"
    return "ERROR_FROM_TARGET" if is_transient(error) else "INVALID_PARAMETER"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
