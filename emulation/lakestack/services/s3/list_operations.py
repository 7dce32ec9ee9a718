"""ListObjects, ListObjectsV2 and ListObjectVersions by the sorted keys.

LocalStack 4.9.2 sorts all keys for each page, compares URL-encoded keys with markers that are not
(so that boto3, which always asks for the encoding, misses keys or never ends where a key has a
space or an umlaut), and gives all versions of a bucket without versioning in one page.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import islice
from typing import Any

from localstack.aws.api.s3 import (
    ChecksumType,
    EncodingType,
    InvalidArgument,
    ObjectVersionStorageClass,
)
from localstack.services.s3.models import S3DeleteMarker
from localstack.services.s3.utils import is_version_older_than_other

from lakestack import patches
from lakestack.services.s3 import key_index
from lakestack.services.s3.listing import Entry, Selection, entries, page_size, shown_by

NULL_VERSION = "null"


def install() -> None:
    """Put these into the place of LocalStack's, and let the index follow its stores."""
    key_index.install()
    patches.replace("s3.list_objects", list_objects)
    patches.replace("s3.list_objects_v2", list_objects_v2)
    patches.replace("s3.list_object_versions", list_object_versions)


def list_objects(
    self: Any,
    context: Any,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    marker: str | None = None,
    max_keys: int | None = None,
    prefix: str | None = None,
    **_others: Any,
) -> Any:
    """API "ListObjects"."""
    _, s3_bucket = self._get_cross_account_bucket(context, bucket)
    selection = Selection(prefix or "", delimiter or "", marker or None, passed=marker or None)
    size, shown = page_size(max_keys), shown_by(encoding_type)
    found, more = _page(s3_bucket, selection, size)
    response = _answer(s3_bucket, selection, size, found, more is not None, shown, owner=True)
    response["Marker"] = shown(marker or "")
    if encoding_type:
        response["EncodingType"] = EncodingType.url
    if delimiter and more is not None and found:
        response["NextMarker"] = shown(found[-1].common or found[-1].key)
    return response


def list_objects_v2(
    self: Any,
    context: Any,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    max_keys: int | None = None,
    prefix: str | None = None,
    continuation_token: str | None = None,
    fetch_owner: bool | None = None,
    start_after: str | None = None,
    **_others: Any,
) -> Any:
    """API "ListObjectsV2".

    Raises:
        InvalidArgument: the token is not one of ours
    """
    _, s3_bucket = self._get_cross_account_bucket(context, bucket)
    start = start_after or None
    if continuation_token is not None:
        start = _token_key(continuation_token)
    inclusive = continuation_token is not None
    selection = Selection(prefix or "", delimiter or "", start, inclusive)
    size, shown = page_size(max_keys), shown_by(encoding_type)
    found, more = _page(s3_bucket, selection, size)
    response = _answer(
        s3_bucket, selection, size, found, more is not None, shown, owner=bool(fetch_owner)
    )
    response["KeyCount"] = len(found)
    if encoding_type:
        response["EncodingType"] = EncodingType.url
    if more is not None:
        response["NextContinuationToken"] = _token(more.key)
    if continuation_token:
        response["ContinuationToken"] = continuation_token
    elif start_after:
        response["StartAfter"] = shown(start_after)
    return response


def list_object_versions(
    self: Any,
    context: Any,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = None,
    prefix: str | None = None,
    version_id_marker: str | None = None,
    **_others: Any,
) -> Any:
    """API "ListObjectVersions".

    Raises:
        InvalidArgument: a marker of a version without that of its key
    """
    if version_id_marker and not key_marker:
        raise InvalidArgument(
            "A version-id marker cannot be specified without a key marker.",
            ArgumentName="version-id-marker",
            ArgumentValue=version_id_marker,
        )
    _, s3_bucket = self._get_cross_account_bucket(context, bucket)
    size, shown = page_size(max_keys), shown_by(encoding_type)
    marker = key_marker or None
    selection = Selection(
        prefix or "", delimiter or "", marker, inclusive=bool(version_id_marker), passed=marker
    )
    versions: list[Any] = []
    markers: list[Any] = []
    common: list[str] = []
    last: tuple[str, str | None] | None = None
    more = False
    for entry, version in _lines(s3_bucket, selection, version_id_marker):
        if len(versions) + len(markers) + len(common) >= size:
            more = size > 0
            break
        if version is None:
            common.append(entry.common or "")
            last = (entry.common or "", None)
            continue
        last = (entry.key, version.version_id or NULL_VERSION)
        if isinstance(version, S3DeleteMarker):
            markers.append(_described_marker(s3_bucket, version, shown))
        else:
            versions.append(_described_version(s3_bucket, version, shown))
    response: dict[str, Any] = {
        "IsTruncated": more,
        "Name": s3_bucket.name,
        "MaxKeys": size,
        "Prefix": shown(selection.prefix),
        "KeyMarker": shown(key_marker or ""),
        "VersionIdMarker": version_id_marker or "",
    }
    parts = (
        ("Versions", versions),
        ("EncodingType", EncodingType.url if encoding_type else None),
        ("DeleteMarkers", markers),
        ("Delimiter", shown(selection.delimiter)),
        ("CommonPrefixes", [{"Prefix": shown(each)} for each in common]),
    )
    response.update((name, value) for name, value in parts if value)
    if more and last:
        response["NextKeyMarker"] = shown(last[0])
        if last[1]:
            response["NextVersionIdMarker"] = last[1]
    return response


def _page(s3_bucket: Any, selection: Selection, size: int) -> tuple[list[Entry], Entry | None]:
    """The entries of a page, and the one after them if there is one."""
    store = s3_bucket.objects

    def current(key: str) -> Any:
        found = store.get(key)
        return None if isinstance(found, S3DeleteMarker) else found

    if size <= 0:
        return [], None
    found = list(islice(entries(key_index.index_of(store), current, selection), size + 1))
    return found[:size], found[size] if len(found) > size else None


def _lines(s3_bucket: Any, selection: Selection, version_id_marker: str | None) -> Any:
    """Yield entries and versions, newest first; None for a common prefix."""
    store = s3_bucket.objects

    def versions(key: str) -> list[Any] | None:
        found = store._store.get(key)
        if not isinstance(found, dict):
            return [found] if found is not None else None
        # A version may be written while we read.
        newest = list(dict(found).values())[::-1]
        newest.sort(key=lambda each: -each.last_modified.timestamp())
        return newest or None

    for entry in entries(key_index.index_of(store), versions, selection):
        if entry.common is not None:
            yield entry, None
            continue
        for version in _after(entry, selection.start, version_id_marker):
            yield entry, version


def _after(entry: Entry, key_marker: str | None, version_id_marker: str | None) -> list[Any]:
    """The versions of a key that come after the markers."""
    versions: list[Any] = entry.found
    if not version_id_marker or entry.key != key_marker:
        return versions
    for number, version in enumerate(versions):
        if (version.version_id or NULL_VERSION) == version_id_marker:
            return versions[number + 1 :]
    # It has been deleted since: on with what is older.
    return [each for each in versions if _older(each.version_id, version_id_marker)]


def _older(version_id: str | None, other: str) -> bool:
    if not version_id or NULL_VERSION in (version_id, other):
        return False
    try:
        return bool(is_version_older_than_other(version_id, other))
    except ValueError:  # no version id at all
        return False


def _answer(
    s3_bucket: Any,
    selection: Selection,
    size: int,
    found: list[Entry],
    truncated: bool,
    shown: Callable[[str], str],
    *,
    owner: bool,
) -> dict[str, Any]:
    """What both listings of objects say."""
    response: dict[str, Any] = {
        "IsTruncated": truncated,
        "Name": s3_bucket.name,
        "MaxKeys": size,
        "Prefix": shown(selection.prefix),
    }
    objects = [_described(s3_bucket, e, shown, owner) for e in found if e.common is None]
    common = [{"Prefix": shown(e.common)} for e in found if e.common is not None]
    if objects:
        response["Contents"] = objects
    if selection.delimiter:
        response["Delimiter"] = shown(selection.delimiter)
    if common:
        response["CommonPrefixes"] = common
    if s3_bucket.bucket_region != "us-east-1":
        response["BucketRegion"] = s3_bucket.bucket_region
    return response


def _described(
    s3_bucket: Any, entry: Entry, shown: Callable[[str], str], owner: bool
) -> dict[str, Any]:
    s3_object = entry.found
    described = {
        "Key": shown(entry.key),
        "ETag": s3_object.quoted_etag,
        "Size": s3_object.size,
        "LastModified": s3_object.last_modified,
        "StorageClass": s3_object.storage_class,
        **_checksum(s3_object),
    }
    if owner:
        described["Owner"] = s3_bucket.owner
    return described


def _described_version(s3_bucket: Any, version: Any, shown: Callable[[str], str]) -> dict[str, Any]:
    return {
        "Key": shown(version.key),
        "ETag": version.quoted_etag,
        "Owner": s3_bucket.owner,
        "Size": version.size,
        "VersionId": version.version_id or NULL_VERSION,
        "LastModified": version.last_modified,
        "IsLatest": version.is_current,
        "StorageClass": ObjectVersionStorageClass.STANDARD,
        **_checksum(version),
    }


def _described_marker(s3_bucket: Any, version: Any, shown: Callable[[str], str]) -> dict[str, Any]:
    return {
        "Key": shown(version.key),
        "Owner": s3_bucket.owner,
        "VersionId": version.version_id,
        "IsLatest": version.is_current,
        "LastModified": version.last_modified,
    }


def _checksum(s3_object: Any) -> dict[str, Any]:
    if not s3_object.checksum_algorithm:
        return {}
    kind = getattr(s3_object, "checksum_type", ChecksumType.FULL_OBJECT)
    return {"ChecksumAlgorithm": [s3_object.checksum_algorithm], "ChecksumType": kind}


def _token(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def _token_key(token: str) -> str:
    try:
        return base64.b64decode(token or "-", validate=True).decode()
    except ValueError as e:
        raise InvalidArgument(
            "The continuation token provided is incorrect", ArgumentName="continuation-token"
        ) from e
