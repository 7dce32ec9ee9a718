"""Conditions of GetObject and HeadObject, one by one and together (RFC 9110, "Precedence")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
SAME, OTHER = "same", '"0123456789abcdef0123456789abcdef"'
CONDITIONS: list[tuple[dict[str, Any], int]] = [
    ({"IfMatch": SAME}, 200),
    ({"IfMatch": OTHER}, 412),
    ({"IfUnmodifiedSince": LONG_AGO}, 412),
    ({"IfMatch": SAME, "IfUnmodifiedSince": LONG_AGO}, 200),
    ({"IfNoneMatch": SAME}, 304),
    ({"IfNoneMatch": OTHER}, 200),
    ({"IfModifiedSince": LONG_AGO}, 200),
    ({"IfModifiedSince": "modified"}, 304),
    ({"IfNoneMatch": SAME, "IfModifiedSince": LONG_AGO}, 304),
    ({"IfNoneMatch": OTHER, "IfModifiedSince": "modified"}, 200),
]


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
@pytest.mark.parametrize(("given", "status"), CONDITIONS, ids=lambda x: str(x)[:60])
def test_conditions(
    aws: Aws, bucket: str, operation: str, given: dict[str, Any], status: int
) -> None:
    s3, place = aws("s3"), {"Bucket": bucket, "Key": "key"}
    s3.put_object(**place, Body=b"body")
    found = s3.head_object(**place)
    own = {SAME: found["ETag"], "modified": found["LastModified"]}
    asked = {name: own.get(value, value) for name, value in given.items()}
    try:
        answer = getattr(s3, operation)(**place, **asked)
    except ClientError as error:
        answer = error.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
