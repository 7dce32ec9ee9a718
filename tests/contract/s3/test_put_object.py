"""PutObject and UploadPart that fail change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws

WRONG = [
    ({"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "BadDigest"),  # of nothing
    ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
    ({"ChecksumSHA256": "AAAA"}, "InvalidRequest"),
]


@pytest.mark.parametrize(("digest", "code"), WRONG, ids=lambda x: str(x)[:20])
def test_a_body_with_a_wrong_digest_leaves_the_object(
    aws: Aws, bucket: str, digest: dict[str, str], code: str
) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="key", Body=b"old")

    with pytest.raises(ClientError, match=code):
        s3.put_object(Bucket=bucket, Key="key", Body=b"new", **digest)

    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"old"


@pytest.mark.parametrize(("digest", "code"), WRONG[:2], ids=lambda x: str(x)[:20])
def test_a_part_with_a_wrong_digest_leaves_the_part(
    aws: Aws, bucket: str, digest: dict[str, str], code: str
) -> None:
    s3 = aws("s3")
    kept = {"Bucket": bucket, "Key": "key"}
    upload = {**kept, "UploadId": s3.create_multipart_upload(**kept)["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"old")

    with pytest.raises(ClientError, match=code):
        s3.upload_part(**upload, PartNumber=1, Body=b"new", **digest)

    s3.complete_multipart_upload(
        **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert s3.get_object(**kept)["Body"].read() == b"old"


@pytest.mark.parametrize("operation", ["put_object", "copy_object", "create_multipart_upload"])
def test_metadata_of_more_than_two_kilobytes_is_refused(
    aws: Aws, bucket: str, operation: str
) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="source", Body=b"")
    of_copy = {"CopySource": f"{bucket}/source", "MetadataDirective": "REPLACE"}
    given: dict[str, Any] = {"Bucket": bucket, "Key": "key"}
    given |= of_copy if operation == "copy_object" else {}

    with pytest.raises(ClientError, match="MetadataTooLarge"):
        getattr(s3, operation)(**given, Metadata={"a": "b" * 2048})

    getattr(s3, operation)(**given, Metadata={"a": "b" * 2047})


def test_a_bucket_made_again_has_no_tags_of_the_former_one(aws: Aws, name: str) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    with pytest.raises(ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=name)
