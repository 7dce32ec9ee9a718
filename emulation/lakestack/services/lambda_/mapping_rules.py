"""What CreateEventSourceMapping and UpdateEventSourceMapping accept, beyond LocalStack's checks.

AWS Lambda API Reference, "CreateEventSourceMapping".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_.invocation.lambda_models import ValidationException

RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "TumblingWindowInSeconds": (0, 900),
}
MIN_RECORD_AGE = 60


def check(request: Mapping[str, Any]) -> None:
    """Refuse values that AWS refuses, and features that the emulator has not.

    Raises:
        ValidationException: a number out of its range
        InvalidParameterValueException: everything else
    """
    for name, (low, high) in RANGES.items():
        value = request.get(name)
        if value is None or low <= value <= high:
            continue
        bound = (
            f"greater than or equal to {low}" if value < low else f"less than or equal to {high}"
        )
        raise ValidationException(
            f"1 validation error detected: Value '{value}' at "
            f"'{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )
    age = request.get("MaximumRecordAgeInSeconds")
    if age is not None and age != -1 and age < MIN_RECORD_AGE:
        raise _invalid(
            f"MaximumRecordAgeInSeconds must be -1 or between {MIN_RECORD_AGE} and 604800; "
            f"received {age}."
        )
    at_timestamp = request.get("StartingPosition") == "AT_TIMESTAMP"
    if at_timestamp and not request.get("StartingPositionTimestamp"):
        raise _invalid("StartingPosition AT_TIMESTAMP requires StartingPositionTimestamp.")
    if request.get("TumblingWindowInSeconds"):
        _check_window(request)


def _check_window(request: Mapping[str, Any]) -> None:
    """Windows are of streams, and of a whole shard (our guess)."""
    service = (request.get("EventSourceArn") or "").split(":")[2:3]
    if service and service[0] not in ("kinesis", "dynamodb"):
        raise _invalid("TumblingWindowInSeconds is only for streams of Kinesis and DynamoDB.")
    if (request.get("ParallelizationFactor") or 1) > 1:
        raise _invalid("TumblingWindowInSeconds cannot be used with ParallelizationFactor.")


def _invalid(message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(message, Type="User")
