"""Lambda function behind Custom::CopiedFiles: copies the files of a manifest within a bucket.

Deployed as two files, this one and custom_resource.py: boto3 and the standard library only.

The manifest says what is to lie where::

    {"files": [{"from": "landing/movies.csv", "to": "data/movies/movies.csv", "sha256": "..."}]}

A file with another SHA-256 is refused, one that is in its place already is left alone. Deleting
the resource deletes the copies. A file may be of any size: it is read in pieces, and S3 copies it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

try:
    import custom_resource  # type: ignore[import-not-found]
except ImportError:  # in the project, not in the package
    from pipeline.lambdas import custom_resource


_CHUNK = 1 << 20
# CopyObject takes objects of up to 5 GB, UploadPartCopy parts of that size.
_LARGEST_COPY = 4 << 30
_PART = 1 << 30


class FileRefusedError(RuntimeError):
    """A file is not the one that the manifest names."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda's entry point."""
    import boto3

    s3 = boto3.client("s3")

    def act(
        kind: str, properties: dict[str, Any], _seconds_left: Callable[[], float]
    ) -> tuple[str, dict[str, Any]]:
        bucket, manifest = properties["Bucket"], properties["ManifestKey"]
        if kind == "Delete":
            delete(s3, bucket, manifest)
            return f"{bucket}/{manifest}", {}
        return f"{bucket}/{manifest}", copy(s3, bucket, manifest)

    custom_resource.answer(event, context, act)


def copy(s3: Any, bucket: str, manifest: str) -> dict[str, str]:
    """Copy what is not in its place; how many files there are and how many were copied.

    Raises:
        FileRefusedError: wrong SHA-256
    """
    files = read_manifest(s3, bucket, manifest)
    copied = 0
    for file in files:
        if _sha256_there(s3, bucket, file["to"]) == file["sha256"]:
            continue
        found, size, etag = _read_through(s3, bucket, file["from"])
        if found != file["sha256"]:
            raise FileRefusedError(
                f"s3://{bucket}/{file['from']} has SHA-256 {found}, the manifest {file['sha256']}"
            )
        s3.copy(
            {"Bucket": bucket, "Key": file["from"]},
            bucket,
            file["to"],
            ExtraArgs={
                "ContentType": "text/csv",
                "CopySourceIfMatch": etag,  # what has been read, and nothing put there since
                "Metadata": {"sha256": found},
                "MetadataDirective": "REPLACE",
            },
            Config=_in_parts_from(_LARGEST_COPY),
        )
        copied += 1
        print(f"copied {file['from']} to {file['to']}, {size} bytes")
    return {"Files": str(len(files)), "Copied": str(copied)}


def _read_through(s3: Any, bucket: str, key: str) -> tuple[str, int, str]:
    """SHA-256, size and ETag of an object of any size, in bounded memory."""
    answer = s3.get_object(Bucket=bucket, Key=key)
    digest, size = hashlib.sha256(), 0
    while chunk := answer["Body"].read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size, answer["ETag"]


def _in_parts_from(size: int) -> Any:
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(multipart_threshold=size, multipart_chunksize=_PART)


def delete(s3: Any, bucket: str, manifest: str) -> None:
    """Delete the copies; nothing, if manifest or bucket are gone."""
    try:
        files = read_manifest(s3, bucket, manifest)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket"):
            print(f"s3://{bucket}/{manifest} is gone, and the copies with it")
            return
        raise
    for file in files:
        s3.delete_object(Bucket=bucket, Key=file["to"])


def read_manifest(s3: Any, bucket: str, manifest: str) -> list[dict[str, str]]:
    """The manifest's files."""
    body = s3.get_object(Bucket=bucket, Key=manifest)["Body"].read()
    files: list[dict[str, str]] = json.loads(body)["files"]
    return files


def _sha256_there(s3: Any, bucket: str, key: str) -> str | None:
    try:
        metadata: dict[str, str] = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise
    return metadata.get("sha256")
