"""What a mapping is refused for, without an emulator."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.aws.api import ServiceException

from lakestack.services.lambda_ import mapping_rules
from lakestack.services.request_validation.operation_rules import check_operation

HERE = "us-east-1:000000000000"
QUEUE, FIFO = f"arn:aws:sqs:{HERE}:q", f"arn:aws:sqs:{HERE}:q.fifo"
STREAM = f"arn:aws:kinesis:{HERE}:stream/s"
OF_STREAMS = {
    "BisectBatchOnFunctionError": True,
    "MaximumRecordAgeInSeconds": 60,
    "MaximumRetryAttempts": 1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 60,
}
TOPIC = f"arn:aws:sns:{HERE}:t"


def filters(count: int) -> dict[str, Any]:
    return {"Filters": [{"Pattern": f'{{"a": [{n}]}}'} for n in range(count)]}


def to(arn: str | None) -> dict[str, Any]:
    return {"OnFailure": {"Destination": arn} if arn is not None else {}}


@pytest.mark.parametrize(
    "given",
    [
        {"EventSourceArn": QUEUE, "FilterCriteria": filters(5)},
        {"EventSourceArn": FIFO, "BatchSize": 10},
        {"EventSourceArn": FIFO, "MaximumBatchingWindowInSeconds": 0},
        {"EventSourceArn": QUEUE, "BatchSize": 1000, "MaximumBatchingWindowInSeconds": 1},
        *(
            {"EventSourceArn": STREAM, "DestinationConfig": to(arn)}
            for arn in (QUEUE, TOPIC, "arn:aws:s3:::bucket")
        ),
        {"EventSourceArn": STREAM, **OF_STREAMS},
        {"EventSourceArn": STREAM, "DestinationConfig": {}},
        {"EventSourceArn": STREAM, "DestinationConfig": {"OnFailure": None}},
    ],
)
def test_taken(given: dict[str, Any]) -> None:
    mapping_rules.check(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"EventSourceArn": QUEUE, "FilterCriteria": filters(6)}, "6 filters"),
        (
            {"EventSourceArn": FIFO, "BatchSize": 11},
            "Maximum batch size must be between 1 and 10 inclusive",
        ),
        (
            {"EventSourceArn": FIFO, "BatchSize": 100, "MaximumBatchingWindowInSeconds": 5},
            "Batching window is not supported for FIFO queues",
        ),
        (
            {"EventSourceArn": STREAM, "DestinationConfig": to(STREAM)},
            f"OnFailure(destination={STREAM})) is invalid.",
        ),
        (
            {
                "EventSourceArn": STREAM,
                "DestinationConfig": to(f"arn:aws:lambda:{HERE}:function:f"),
            },
            "is invalid.",
        ),
        ({"EventSourceArn": STREAM, "DestinationConfig": to("queue")}, "is invalid."),
        (
            {"EventSourceArn": QUEUE, "DestinationConfig": to(TOPIC)},
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        *(
            (
                {"EventSourceArn": QUEUE, name: value},
                f"Unsupported '{name[0].lower()}{name[1:]}' parameter for given event source "
                "mapping type.",
            )
            for name, value in OF_STREAMS.items()
        ),
        (
            {"EventSourceArn": QUEUE, "BisectBatchOnFunctionError": False},
            "Unsupported 'bisectBatchOnFunctionError' parameter",
        ),
        (
            {"EventSourceArn": QUEUE, "StartingPosition": "LATEST"},
            "StartingPosition is not valid for SQS event sources.",
        ),
    ],
)
def test_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceException) as refused:
        mapping_rules.check(given)
    assert refused.value.code == "InvalidParameterValueException"
    assert message in str(refused.value.message)


def test_a_failure_without_a_destination() -> None:
    for operation in ("CreateEventSourceMapping", "UpdateEventSourceMapping"):
        for right in (to(""), to(TOPIC), {}):
            check_operation("lambda", operation, {"DestinationConfig": right})
        with pytest.raises(ServiceException, match="Destination field is required"):
            check_operation("lambda", operation, {"DestinationConfig": to(None)})
    mapping_rules.check(
        {"EventSourceArn": STREAM, "DestinationConfig": to(None)}
    )  # its own default


def test_messages_stay_invisible_for_as_long_as_the_function_may_run() -> None:
    mapping_rules.check_visibility(visibility=60, timeout=60)
    with pytest.raises(ServiceException) as refused:
        mapping_rules.check_visibility(visibility=30, timeout=60)
    assert refused.value.code == "InvalidParameterValueException"
    assert refused.value.message == (
        "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"
    )


@pytest.mark.parametrize("operation", ["CreateFunction", "UpdateFunctionConfiguration"])
def test_dead_letters_go_to_queues_and_topics(operation: str) -> None:
    def given(arn: str | None) -> None:
        config = {"DeadLetterConfig": {"TargetArn": arn}, "Code": {"ZipFile": b"x"}}
        check_operation("lambda", operation, config)

    for right in (QUEUE, TOPIC, "", None):
        given(right)
    for wrong in (STREAM, "arn:aws:s3:::bucket", f"arn:aws:lambda:{HERE}:function:f"):
        with pytest.raises(ServiceException, match="dead letter") as refused:
            given(wrong)
        assert refused.value.code == "InvalidParameterValueException"
    with pytest.raises(ServiceException, match=r"at 'deadLetterConfig\.targetArn'") as refused:
        given("queue")
    assert refused.value.code == "ValidationException"
