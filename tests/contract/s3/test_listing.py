"""Listings page by page hold each key once, whatever is in it.

Amazon S3 API Reference, "ListObjects", "ListObjectsV2" and "ListObjectVersions".
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws

KEYS = sorted(
    ["a", "a b", "a%20b", "a+b", "a/1", "a/2", "a/é", "b/c/d", "b/c e", "z>>>?", "ä", "€/x", "~"]
)


@pytest.fixture
def filled(aws: Aws, bucket: str) -> Any:
    for key in KEYS:
        aws("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    return aws("s3")


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_pages_hold_every_key_once_in_order(
    filled: Any, bucket: str, operation: str, size: int
) -> None:
    pages = list(filled.get_paginator(operation).paginate(Bucket=bucket, MaxKeys=size))

    assert [each["Key"] for page in pages for each in page["Contents"]] == KEYS
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]
    assert len(pages) == -(-len(KEYS) // size)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_versions_of_a_bucket_without_versioning_come_in_pages(
    filled: Any, bucket: str, size: int
) -> None:
    pages = list(filled.get_paginator("list_object_versions").paginate(Bucket=bucket, MaxKeys=size))

    assert [each["Key"] for page in pages for each in page["Versions"]] == KEYS
    assert all(len(page["Versions"]) <= size for page in pages)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_common_prefixes_come_once(filled: Any, bucket: str, operation: str, size: int) -> None:
    entries = []
    for page in filled.get_paginator(operation).paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
    ):
        entries += [each["Key"] for each in page.get("Contents", page.get("Versions", []))]
        entries += [each["Prefix"] for each in page.get("CommonPrefixes", [])]

    assert sorted(entries) == sorted({k.split("/")[0] + "/" if "/" in k else k for k in KEYS})
    assert len(entries) == len(set(entries))


def test_keys_after_one_that_is_not_there(filled: Any, bucket: str) -> None:
    listed = filled.list_objects_v2(Bucket=bucket, StartAfter="a b", Prefix="a")

    assert [each["Key"] for each in listed["Contents"]] == ["a%20b", "a+b", "a/1", "a/2", "a/é"]


def test_no_keys_were_asked_for(filled: Any, bucket: str) -> None:
    listed = filled.list_objects_v2(Bucket=bucket, MaxKeys=0)

    assert (listed["IsTruncated"], listed["KeyCount"]) == (False, 0)
    assert "Contents" not in listed


def test_more_than_a_page_may_have_were_asked_for(filled: Any, bucket: str) -> None:
    for number in range(1005):
        filled.put_object(Bucket=bucket, Key=f"more/{number:04}")
    listed = filled.list_objects_v2(Bucket=bucket, MaxKeys=2000, Prefix="more/")
    versions = filled.list_object_versions(Bucket=bucket, MaxKeys=2000, Prefix="more/")

    assert (len(listed["Contents"]), listed["MaxKeys"], listed["IsTruncated"]) == (1000, 1000, True)
    assert (len(versions["Versions"]), versions["NextVersionIdMarker"]) == (1000, "null")


def test_what_is_deleted_and_written_between_pages(filled: Any, bucket: str) -> None:
    first = filled.list_objects_v2(Bucket=bucket, MaxKeys=2)
    filled.delete_object(Bucket=bucket, Key="a%20b")
    filled.put_object(Bucket=bucket, Key="aa")
    token = first["NextContinuationToken"]
    second = filled.list_objects_v2(Bucket=bucket, ContinuationToken=token)

    keys = [each["Key"] for each in [*first["Contents"], *second["Contents"]]]
    assert keys == sorted({*KEYS, "aa"} - {"a%20b"})


def test_versions_newest_first_across_pages(aws: Aws, bucket: str) -> None:
    s3 = aws("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    written = [
        (key, s3.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"])
        for key in ["a b", "a b", "a b", "c"]
    ]
    gone = s3.delete_object(Bucket=bucket, Key="a b")["VersionId"]

    listed = []
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 1}
    ):
        listed += [
            (each["Key"], each["VersionId"], each["IsLatest"])
            for kind in ("Versions", "DeleteMarkers")
            for each in page.get(kind, [])
        ]

    versions = [version for key, version in written if key == "a b"]
    assert listed == [
        ("a b", gone, True),
        *(("a b", version, False) for version in reversed(versions)),
        ("c", written[-1][1], True),
    ]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["c"]


def test_versions_after_one_that_has_been_deleted(aws: Aws, bucket: str) -> None:
    s3 = aws("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"] for _ in range(3)]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=ids[1])

    listed = s3.list_object_versions(Bucket=bucket, KeyMarker="k", VersionIdMarker=ids[1])

    assert [each["VersionId"] for each in listed["Versions"]] == [ids[0]]
