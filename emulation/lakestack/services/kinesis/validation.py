"""The limits that Kinesis checks before it does anything, with its error codes."""

from __future__ import annotations

import re
from typing import Any

from localstack.aws.api.kinesis import InvalidArgumentException, ValidationException

from lakestack.services.kinesis.sequence import HASH_KEYS

MAX_RECORDS = 500
MAX_RECORD_BYTES = 1024 * 1024
MAX_REQUEST_BYTES = 5 * 1024 * 1024
MAX_PARTITION_KEY = 256
MAX_READ_RECORDS = 10_000
MAX_TAGS = 50

_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_HASH_KEY = re.compile(r"0|[1-9]\d{0,38}")


def constraint(value: Any, field: str, rule: str) -> ValidationException:
    """Build the error of a violated model constraint, in AWS's wording."""
    return ValidationException(
        f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy "
        f"constraint: {rule}"
    )


def check_name(name: str, field: str) -> None:
    """Check a stream's, shard's or consumer's name."""
    if not 1 <= len(name) <= 128:
        raise constraint(name, field, "Member must have length between 1 and 128")
    if not _NAME.fullmatch(name):
        raise constraint(
            name, field, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )


def check_range(value: int | None, field: str, low: int, high: int | None = None) -> None:
    """Check an optional number; both ends are valid."""
    if value is None:
        return
    if value < low:
        raise constraint(value, field, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        raise constraint(value, field, f"Member must have value less than or equal to {high}")


def check_record(record: Any, field: str) -> int:
    """Check one record of PutRecord or PutRecords; return its size in bytes."""
    data, key = record.get("Data"), record.get("PartitionKey")
    if data is None:
        raise constraint("null", f"{field}data", "Member must not be null")
    if not key or len(key) > MAX_PARTITION_KEY:
        rule = f"Member must have length between 1 and {MAX_PARTITION_KEY}"
        raise constraint(key or "", f"{field}partitionKey", rule)
    if len(data) > MAX_RECORD_BYTES:
        rule = f"Member must have length less than or equal to {MAX_RECORD_BYTES}"
        raise constraint(f"<{len(data)} bytes>", f"{field}data", rule)
    size = len(data) + len(key.encode())
    if size > MAX_RECORD_BYTES:
        raise InvalidArgumentException(
            f"Record of {size} bytes (data and partition key) is larger than {MAX_RECORD_BYTES}"
        )
    hash_key = record.get("ExplicitHashKey")
    if hash_key is not None and (not _HASH_KEY.fullmatch(hash_key) or int(hash_key) >= HASH_KEYS):
        raise InvalidArgumentException(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {hash_key}"
        )
    return size


def check_records(records: list[Any]) -> None:
    """Check a whole PutRecords request; a bad record refuses all of them."""
    if not 1 <= len(records) <= MAX_RECORDS:
        rule = f"Member must have length between 1 and {MAX_RECORDS}"
        raise constraint(f"<{len(records)} records>", "records", rule)
    total = sum(check_record(r, f"records.{i + 1}.member.") for i, r in enumerate(records))
    if total > MAX_REQUEST_BYTES:
        raise InvalidArgumentException(
            f"Records of {total} bytes exceed the limit of {MAX_REQUEST_BYTES} bytes a request"
        )


def check_tags(tags: dict[str, str]) -> None:
    """Check the tags that a stream or consumer will have."""
    if len(tags) > MAX_TAGS:
        raise InvalidArgumentException(f"{len(tags)} tags: at most {MAX_TAGS} are possible")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            raise InvalidArgumentException(
                f"Tag key '{key}' is invalid: 1 to 128 characters, not beginning with 'aws:'"
            )
        if len(value or "") > 256:
            raise InvalidArgumentException(f"The value of tag '{key}' has more than 256 characters")
