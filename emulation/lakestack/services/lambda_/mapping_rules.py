"""What CreateEventSourceMapping and UpdateEventSourceMapping accept, beyond LocalStack's checks.

AWS Lambda API Reference, "CreateEventSourceMapping"; AWS Lambda Developer Guide, "Creating and
configuring an Amazon SQS event source mapping", "Control which events Lambda sends to your
function" and "Lambda quotas". Messages are those that clients of AWS report; that of too many
filters is ours, and that of other destinations is the one of asynchronous invocations (our guess).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.lambda_models import ValidationException
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.sqs.models import sqs_stores

from lakestack.services import event_filters, event_patterns

RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "TumblingWindowInSeconds": (0, 900),
}
MIN_RECORD_AGE = 60
MAX_FILTERS = 5
"""Of one mapping; AWS raises the quota to 10 where it is asked to."""
MAX_FIFO_BATCH = 10
_DESTINATIONS = ("sqs", "sns", "s3")
_OF_STREAMS = (
    "BisectBatchOnFunctionError",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
)
"""The guide's "Lambda parameters for Amazon SQS event source mappings" has none of them."""
_POSITIONS = ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")


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
    _check_queue_settings(request)
    _check_fifo(request)
    _check_destination(request)
    filters = (request.get("FilterCriteria") or {}).get("Filters") or []
    if len(filters) > MAX_FILTERS:
        raise _invalid(
            f"FilterCriteria has {len(filters)} filters; a mapping has at most {MAX_FILTERS}."
        )
    for given in filters:
        try:
            event_filters.checked(given.get("Pattern") or "")
        except event_patterns.PatternError as e:
            raise _invalid("Invalid filter pattern definition.") from e
    _check_position(request)
    at_timestamp = request.get("StartingPosition") == "AT_TIMESTAMP"
    if at_timestamp and not request.get("StartingPositionTimestamp"):
        raise _invalid("StartingPosition AT_TIMESTAMP requires StartingPositionTimestamp.")
    if request.get("TumblingWindowInSeconds"):
        _check_window(request)


def check_function(context: RequestContext, request: Mapping[str, Any]) -> None:
    """A version or alias that is named must be there, as the function must.

    Raises:
        InvalidParameterValueException: it is not
    """
    named = request.get("FunctionName") or request.get("FunctionArn")
    if not named:
        return
    name, qualifier, account, region = api_utils.function_locators_from_arn(named)
    store = lambda_stores[account or context.account_id][region or context.region]
    function = store.functions.get(name)
    if function is None or not qualifier or qualifier == "$LATEST":
        return
    if qualifier not in function.versions and qualifier not in function.aliases:
        raise _invalid("Function does not exist")


def check_visibility(visibility: int, timeout: int) -> None:
    """A message must not come back while its function may still run.

    Args:
        visibility: of the queue, in seconds
        timeout: of the function, in seconds

    Raises:
        InvalidParameterValueException: it would
    """
    if visibility < timeout:
        raise _invalid(
            f"Queue visibility timeout: {visibility} seconds is less than "
            f"Function timeout: {timeout} seconds"
        )


def check_queue(arn: str, timeout: int) -> None:
    """Check the queue of a mapping against its function; other sources are not looked at.

    Args:
        arn: of the mapping's source
        timeout: of the function, in seconds

    Raises:
        InvalidParameterValueException: the queue's visibility timeout is too short
    """
    if _service(arn) != "sqs":
        return
    _, _, _, region, account, name = arn.split(":", 5)
    queue = sqs_stores[account][region].queues.get(name)
    if queue is not None:
        check_visibility(queue.visibility_timeout, timeout)


def _service(arn: str) -> str:
    return next(iter(arn.split(":")[2:3]), "")


def _check_queue_settings(request: Mapping[str, Any]) -> None:
    """A queue has no shards; AWS says this of the batching window of Kafka, of these it is a guess.

    A value that changes nothing is refused, too, as AWS refuses a window of 0 there.
    """
    if _service(request.get("EventSourceArn") or "") != "sqs":
        return
    for name in _OF_STREAMS:
        if request.get(name) is not None:
            raise _invalid(
                f"Unsupported '{name[0].lower()}{name[1:]}' parameter for given event source "
                "mapping type."
            )


def _check_fifo(request: Mapping[str, Any]) -> None:
    arn = request.get("EventSourceArn") or ""
    if _service(arn) != "sqs" or not arn.endswith(".fifo"):
        return
    if request.get("MaximumBatchingWindowInSeconds"):
        raise _invalid("Batching window is not supported for FIFO queues")
    if (request.get("BatchSize") or 1) > MAX_FIFO_BATCH:
        raise _invalid(f"Maximum batch size must be between 1 and {MAX_FIFO_BATCH} inclusive")


def _check_destination(request: Mapping[str, Any]) -> None:
    """What streams give up goes to a queue, a topic or a bucket; queues have their own."""
    failed = (request.get("DestinationConfig") or {}).get("OnFailure") or {}
    arn = failed.get("Destination")
    if not arn:
        return
    if _service(request.get("EventSourceArn") or "") == "sqs":
        raise _invalid(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    if not arn.startswith("arn:") or _service(arn) not in _DESTINATIONS:
        raise _invalid(
            "The provided destination config DestinationConfig(onSuccess=null, "
            f"onFailure=OnFailure(destination={arn})) is invalid."
        )


def _check_window(request: Mapping[str, Any]) -> None:
    """Windows are of streams, and of a whole shard (our guess)."""
    service = _service(request.get("EventSourceArn") or "")
    if service and service not in ("kinesis", "dynamodb"):
        raise _invalid("TumblingWindowInSeconds is only for streams of Kinesis and DynamoDB.")
    if (request.get("ParallelizationFactor") or 1) > 1:
        raise _invalid("TumblingWindowInSeconds cannot be used with ParallelizationFactor.")


def _check_position(request: Mapping[str, Any]) -> None:
    """Queues have no positions, and a time is one with AT_TIMESTAMP only, of streams of Kinesis."""
    position = request.get("StartingPosition")
    if position is not None and position not in _POSITIONS:
        raise ValidationException(
            f"1 validation error detected: Value '{position}' at 'startingPosition' failed to "
            f"satisfy constraint: Member must satisfy enum value set: [{', '.join(_POSITIONS)}]"
        )
    arn = request.get("EventSourceArn") or ""
    if position is not None and _service(arn) == "sqs":
        raise _invalid("StartingPosition is not valid for SQS event sources.")
    cut = request.get("StartingPositionTimestamp")
    if cut is None:
        return
    if position != "AT_TIMESTAMP":
        raise _invalid("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if ":kinesis:" in arn and cut.timestamp() < 0:
        raise _invalid(
            "Received Exception while reading from provided stream. class java.lang.Long can not "
            "be converted to a Timestamp"
        )


def _invalid(message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(message, Type="User")
