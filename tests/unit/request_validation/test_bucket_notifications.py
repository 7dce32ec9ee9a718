"""Notifications of a bucket that S3 refuses, by the Amazon S3 User Guide's own examples."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.aws.api import ServiceException

from lakestack.services.request_validation.operation_rules import check_operation

OVERLAP = "Configurations overlap. Configurations on the same bucket cannot share a common event"
AMBIGUOUS = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if"


def one(*events: str, **filters: str) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in filters.items()]
    return {
        "Events": list(events),
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }


def put(*queues: dict[str, Any], **others: Any) -> None:
    given = {"QueueConfigurations": list(queues), **others}
    check_operation(
        "s3",
        "PutBucketNotificationConfiguration",
        {"Bucket": "b", "NotificationConfiguration": given},
    )


ALL, PUT, COPY = "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"
REMOVED = "s3:ObjectRemoved:Delete"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (one(PUT, prefix="images/"), one(PUT, prefix="logs/")),
        (one(PUT, prefix="images"), one(COPY, prefix="images")),
        (one(PUT, suffix=".jpg"), one(PUT, suffix=".png")),
        (one(ALL, prefix="images", suffix=".jpg"), one(ALL, prefix="images", suffix=".png")),
        (one(ALL, prefix="a/"), one(REMOVED)),
        (one(ALL), one("s3:ObjectRemoved:*")),
    ],
)
def test_what_does_not_overlap_is_taken(first: dict[str, Any], second: dict[str, Any]) -> None:
    put(first, second)
    put(first, TopicConfigurations=[second], EventBridgeConfiguration={})


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (one(PUT), one(PUT), OVERLAP),
        (one(ALL), one(REMOVED, PUT), OVERLAP),
        (one(ALL, prefix="images"), one(ALL, prefix="images/jpg"), AMBIGUOUS),
        (one(PUT, prefix="logs/"), one(ALL), AMBIGUOUS),
        (one(PUT, suffix="jpg"), one(PUT, suffix=".jpg"), AMBIGUOUS),
        (one(PUT, prefix="a/"), one(PUT, suffix=".jpg"), AMBIGUOUS),
        (one(PUT, Prefix="a", Suffix=".jpg"), one(PUT, prefix="a/b", suffix="x.jpg"), AMBIGUOUS),
    ],
)
def test_overlaps_are_refused(first: dict[str, Any], second: dict[str, Any], message: str) -> None:
    for others in ({}, {"LambdaFunctionConfigurations": [second]}):
        with pytest.raises(ServiceException) as refused:
            put(*([first] if others else [first, second]), **others)
        assert refused.value.code == "InvalidArgument"
        assert message in str(refused.value.message)


def test_ids_are_unique_over_all_kinds() -> None:
    first, second = {**one(PUT), "Id": "a"}, {**one(REMOVED), "Id": "a"}
    put(first, {**second, "Id": "b"})
    with pytest.raises(ServiceException, match="IDs must be unique"):
        put(first, TopicConfigurations=[second])


@pytest.mark.parametrize(
    "event", ["s3:ObjectMade:Put", "s3:TestEvent", "*", "s3:ObjectCreated:put"]
)
def test_unknown_events_are_refused(event: str) -> None:
    with pytest.raises(ServiceException, match="The event is not supported for notifications"):
        put(one(PUT, event))


def test_a_filter_has_one_prefix_and_one_suffix_of_bounded_length() -> None:
    with pytest.raises(ServiceException, match="more than one prefix rule"):
        put(one(PUT, prefix="a", Prefix="b"))
    with pytest.raises(ServiceException, match="cannot exceed 1024 bytes"):
        put(one(PUT, suffix="é" * 513))
