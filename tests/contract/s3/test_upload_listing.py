"""ListMultipartUploads page by page: Amazon S3 API Reference, "ListMultipartUploads"."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws

KEYS = ["a b", "a/1", "a/2", "c", "c", "c", "d/x", "ä+%"]


@pytest.fixture
def begun(aws: Aws, bucket: str) -> list[tuple[str, str]]:
    """Uploads as (key, upload id) in the order of the listing."""
    s3 = aws("s3")
    made = [(k, s3.create_multipart_upload(Bucket=bucket, Key=k)["UploadId"]) for k in KEYS]
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    found = [(each["Key"], each["UploadId"]) for each in listed]
    assert sorted(found) == sorted(made)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("encoding", [{}, {"EncodingType": "url"}])
def test_pages_hold_every_upload_once_in_order(
    aws: Aws, bucket: str, begun: list[tuple[str, str]], size: int, encoding: dict[str, Any]
) -> None:
    assert [key for key, _ in begun] == sorted(KEYS)
    found: list[str] = []
    markers: dict[str, str] = {}
    while True:
        page = aws("s3").list_multipart_uploads(
            Bucket=bucket, MaxUploads=size, **encoding, **markers
        )
        found += [each["UploadId"] for each in page["Uploads"]]
        assert len(page["Uploads"]) <= size
        if not page["IsTruncated"]:
            break
        assert len(page["Uploads"]) == size
        markers = {
            "KeyMarker": begun[len(found) - 1][0],
            "UploadIdMarker": page["NextUploadIdMarker"],
        }

    assert found == [upload_id for _, upload_id in begun]


def test_keys_are_encoded_where_it_is_asked_for(
    aws: Aws, bucket: str, begun: list[tuple[str, str]]
) -> None:
    del begun
    page = aws("s3").list_multipart_uploads(Bucket=bucket, EncodingType="url", Prefix="ä")

    assert [each["Key"] for each in page["Uploads"]] == ["%C3%A4%2B%25"]
    assert page["NextKeyMarker"] == "%C3%A4%2B%25"


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_common_prefixes_come_once(
    aws: Aws, bucket: str, begun: list[tuple[str, str]], size: int
) -> None:
    del begun
    pages = (
        aws("s3")
        .get_paginator("list_multipart_uploads")
        .paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size})
    )
    found = []
    for page in pages:
        found += [each["Key"] for each in page.get("Uploads", [])]
        found += [each["Prefix"] for each in page.get("CommonPrefixes", [])]

    assert sorted(found) == sorted(["a b", "a/", "c", "c", "c", "d/", "ä+%"])


def test_a_key_marker_alone_leaves_out_all_uploads_of_its_key(
    aws: Aws, bucket: str, begun: list[tuple[str, str]]
) -> None:
    del begun
    page = aws("s3").list_multipart_uploads(Bucket=bucket, KeyMarker="c")

    assert [each["Key"] for each in page["Uploads"]] == ["d/x", "ä+%"]


def test_uploads_can_be_aborted_page_by_page(
    aws: Aws, bucket: str, begun: list[tuple[str, str]]
) -> None:
    s3, aborted = aws("s3"), []
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    for page in pages:
        for each in page["Uploads"]:
            named = {"Key": each["Key"], "UploadId": each["UploadId"]}
            s3.abort_multipart_upload(Bucket=bucket, **named)
            aborted.append((each["Key"], each["UploadId"]))

    assert aborted == begun
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_a_marker_that_was_never_an_upload_of_the_key_is_refused(
    aws: Aws, bucket: str, begun: list[tuple[str, str]]
) -> None:
    for marker in (begun[0][1], "none"):
        with pytest.raises(ClientError) as refused:
            aws("s3").list_multipart_uploads(Bucket=bucket, KeyMarker="c", UploadIdMarker=marker)
        assert refused.value.response["Error"]["Code"] == "InvalidArgument"
