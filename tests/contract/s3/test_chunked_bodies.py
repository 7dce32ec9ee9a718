"""Bodies in aws-chunked encoding, as SDKs send them: stored when all has come, else refused."""

from __future__ import annotations

import base64
import http.client
from urllib.parse import urlsplit
from zlib import crc32

import pytest
from botocore.exceptions import ClientError

from tests.contract.front_guard.guard_helpers import SIGNATURE
from tests.contract.lambda_.helpers import Aws

BODY = b"abc" * 100 + b"\r\n0\r\n\r\n"
CHECKSUM = base64.b64encode(crc32(BODY).to_bytes(4, "big")).decode()
TRAILER = f"x-amz-checksum-crc32:{CHECKSUM}\r\n\r\n".encode()
CHUNKS = b"a\r\n" + BODY[:10] + b"\r\n" + b"%x\r\n" % len(BODY[10:]) + BODY[10:] + b"\r\n0\r\n"
WHOLE = CHUNKS + TRAILER
SAID = str(len(BODY))
REFUSED = [
    (WHOLE, str(len(BODY) - 1), "IncompleteBody"),
    (WHOLE, str(len(BODY) + 1), "IncompleteBody"),
    (WHOLE, None, "IncompleteBody"),
    (CHUNKS, SAID, "MalformedTrailerError"),
    (CHUNKS + b"\r\n", SAID, "MalformedTrailerError"),
    (CHUNKS + TRAILER[:10], SAID, "MalformedTrailerError"),
    (CHUNKS + TRAILER[:24], SAID, "MalformedTrailerError"),
    (CHUNKS + TRAILER[:-4], SAID, "MalformedTrailerError"),
    (CHUNKS[:-40], SAID, "IncompleteBody"),
    (CHUNKS + TRAILER.replace(b":", b":AA"), SAID, "InvalidRequest"),
]


ANNOUNCED = {
    "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "X-Amz-Trailer": "x-amz-checksum-crc32",
}


def send(
    url: str, path: str, body: bytes, said: str | None, more: dict[str, str] = ANNOUNCED
) -> tuple[int, bytes]:
    """PUT a chunked body; returns status and answer."""
    headers = {
        "Authorization": SIGNATURE.format(service="s3"),
        "Content-Encoding": "aws-chunked",
        **more,
    }
    if said is not None:
        headers["X-Amz-Decoded-Content-Length"] = said
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("PUT", path, body=body, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_a_whole_body_is_stored(aws: Aws, emulator: str, bucket: str) -> None:
    assert send(emulator, f"/{bucket}/key", WHOLE, SAID)[0] == 200
    found = aws("s3").get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert found["Body"].read() == BODY
    assert found["ChecksumCRC32"] == CHECKSUM
    assert not found.get("ContentEncoding")


def test_signed_chunks_without_a_trailer_are_stored(aws: Aws, emulator: str, bucket: str) -> None:
    """As the AWS SDK for Java 1 sends them."""
    signed = CHUNKS.replace(b"\r\nabc", b";chunk-signature=" + b"0" * 64 + b"\r\nabc", 1) + b"\r\n"
    kind = {"X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    s3, upload = aws("s3"), {"Bucket": bucket, "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = f"/{bucket}/parts?partNumber=1&uploadId={upload['UploadId']}"
    assert send(emulator, f"/{bucket}/key", signed, SAID, kind)[0] == 200
    assert send(emulator, part, signed, SAID, kind)[0] == 200
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == BODY
    assert s3.list_parts(**upload)["Parts"][0]["Size"] == len(BODY)


@pytest.mark.parametrize(("body", "said", "code"), REFUSED)
def test_anything_else_leaves_the_object(
    aws: Aws, emulator: str, bucket: str, body: bytes, said: str | None, code: str
) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="key", Body=b"old")
    status, answer = send(emulator, f"/{bucket}/key", body, said)
    assert (status, code.encode() in answer) == (400, True), answer
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"old"


def test_and_no_part(aws: Aws, emulator: str, bucket: str) -> None:
    s3, kept = aws("s3"), {"Bucket": bucket, "Key": "key"}
    upload = s3.create_multipart_upload(**kept, ChecksumAlgorithm="CRC32")["UploadId"]
    path = f"/{bucket}/key?partNumber=1&uploadId={upload}"
    assert send(emulator, path, CHUNKS, SAID)[0] == 400
    assert "Parts" not in s3.list_parts(**kept, UploadId=upload)
    assert send(emulator, path, WHOLE, SAID)[0] == 200


def test_a_checksum_before_the_body_needs_none_behind_it(
    aws: Aws, emulator: str, bucket: str
) -> None:
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="key", Body=BODY, ChecksumCRC32=CHECKSUM)
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket=bucket, Key="key", Body=b"other", ChecksumCRC32=CHECKSUM)
