"""S3 as training and hosting use it: URIs, one object, a prefix or a manifest as a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.retries import patiently

Store = Callable[[int, str], None]


class DownloadError(Exception):
    """Something that was asked for is not in S3; the text is SageMaker's ClientError text."""


def split_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key (the key may be empty).

    Raises:
        ValueError: no S3 URI
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"{uri!r} is not an S3 URI like s3://bucket/key")
    return bucket, key


def keys(s3: Any, uri: str) -> Iterator[str]:
    """Keys that begin with the URI's key, folder markers left out.

    Raises:
        DownloadError: the bucket does not exist
    """
    bucket, prefix = split_uri(uri)
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield item["Key"]
    except ClientError as e:
        raise DownloadError(_said(e, uri)) from e


def fetch(s3: Any, uri: str, target: Path, store: Store) -> None:
    """Download one object to the file `target`.

    Args:
        store: told the object's bytes and name before they are written; may refuse them

    Raises:
        DownloadError: no such object or bucket
    """
    try:
        bucket, key = split_uri(uri)
    except ValueError as e:
        raise DownloadError(str(e)) from e

    stored: list[int] = []

    def download() -> None:
        answer = s3.get_object(Bucket=bucket, Key=key)
        if not stored:  # counted once, however often it is read
            store(answer["ContentLength"], uri)
            stored.append(answer["ContentLength"])
        body = answer["Body"]
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(body, file, 1 << 20)

    try:
        patiently(download)
    except ClientError as e:
        raise DownloadError(_said(e, uri)) from e


def fetch_prefix(s3: Any, uri: str, folder: Path, store: Store) -> int:
    """Download all objects of an S3Prefix channel; returns how many there were.

    Names are kept relative to the URI where it names a folder, else to its last slash (Amazon
    SageMaker API Reference, "S3DataSource").

    Raises:
        DownloadError: nothing there, or a key that leads out of the folder
    """
    bucket, prefix = split_uri(uri)
    count = 0
    for key in keys(s3, uri):
        count += 1
        fetch(s3, f"s3://{bucket}/{key}", inside(folder, relative_name(prefix, key)), store)
    if not count:
        raise DownloadError(f"NoSuchKey (404): The requested URI {uri} doesn't exist")
    return count


def fetch_manifest(s3: Any, uri: str, folder: Path, store: Store) -> int:
    """Download what a ManifestFile lists: ``[{"prefix": "s3://b/p/"}, "name", ...]``.

    Raises:
        DownloadError: the manifest or one of its objects is missing or malformed
    """
    prefix, names = read_manifest(s3, uri, folder / ".manifest", store)
    for name in names:
        fetch(s3, prefix + name, inside(folder, name), store)
    return len(names)


def read_manifest(s3: Any, uri: str, target: Path, store: Store) -> tuple[str, list[str]]:
    """Prefix and names of a manifest.

    Args:
        target: file that it is downloaded to, for as long as it is read

    Raises:
        DownloadError: the manifest is missing or malformed
    """
    fetch(s3, uri, target, store)
    try:
        entries = json.loads(target.read_bytes())
        prefix, names = entries[0]["prefix"], entries[1:]
        if not isinstance(prefix, str) or not all(isinstance(name, str) for name in names):
            raise TypeError("names must be strings")
    except (ValueError, LookupError, TypeError) as e:
        raise DownloadError(
            f'{uri} is not a manifest like [{{"prefix": "s3://bucket/"}}, "name"]: {e}'
        ) from e
    finally:
        target.unlink()
    return prefix, names


def relative_name(prefix: str, key: str) -> str:
    """Name of an object below its channel folder."""
    folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    if key.startswith(folder):
        return key[len(folder) :]
    return key[prefix.rfind("/") + 1 :]


def inside(folder: Path, name: str) -> Path:
    """Path of `name` below `folder`.

    Raises:
        DownloadError: the name (an S3 key may contain ``..``) leads out of it
    """
    path = (folder / name.lstrip("/")).resolve()
    if not path.is_relative_to(folder.resolve()) or path == folder.resolve():
        raise DownloadError(f"the object name {name!r} leads out of the channel's folder")
    return path


def _said(e: ClientError, uri: str) -> str:
    code = e.response["Error"]["Code"]
    status = e.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    said = e.response["Error"]["Message"]
    return f"{code} ({status}): The requested URI {uri} cannot be read: {said}"
