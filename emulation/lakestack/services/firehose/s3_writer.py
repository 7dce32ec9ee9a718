"""Writing one object of a delivery stream."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

from lakestack.services.firehose.destination import S3Destination


def put_object(s3: Any, destination: S3Destination, key: str, body: bytes) -> None:
    """Compress the body as the destination says and write it.

    Raises:
        botocore.exceptions.ClientError: as S3 answers
    """
    arguments: dict[str, Any] = {}
    if destination.kms_key:
        arguments = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": destination.kms_key}
    s3.put_object(
        Bucket=destination.bucket,
        Key=key,
        Body=compress(body, destination.compression, key),
        ContentType="application/octet-stream",
        **arguments,
    )


def compress(body: bytes, compression: str, key: str) -> bytes:
    """Return the body compressed; a ZIP archive has one member, named as the object."""
    if compression == "GZIP":
        return gzip.compress(body)
    if compression == "ZIP":
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr(key.rsplit("/", 1)[-1].removesuffix(".zip"), body)
        return archive.getvalue()
    return body
