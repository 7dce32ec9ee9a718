"""ListMultipartUploads by sorted keys.

LocalStack 4.9.2 sorts all uploads of the bucket for each page, compares URL-encoded keys with
markers that are not, goes on after a common prefix with the upload before it, and refuses a marker
whose upload has been aborted since, so that nobody can list and abort page by page.
"""

from __future__ import annotations

import threading
import weakref
from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack.aws.api.s3 import EncodingType, InvalidArgument

from lakestack import patches
from lakestack.services.s3.key_index import KeyIndex
from lakestack.services.s3.listing import Entry, Selection, entries, page_size, shown_by

REMEMBERED = 1000
"""Markers of a bucket that are still good when their upload is gone."""

Place = tuple[float, str]
"""Of an upload among those of its key: when it was initiated (Unix seconds), its id."""


class UploadIndex:
    """The uploads of one bucket in the order of the listing: by key, then by initiation."""

    def __init__(self) -> None:
        self.keys = KeyIndex()
        self._places: dict[str, list[Place]] = {}
        self._known: dict[str, tuple[str, Place]] = {}
        self._told: OrderedDict[str, tuple[str, Place]] = OrderedDict()
        self._lock = threading.Lock()

    def follow(self, multiparts: Mapping[str, Any]) -> None:
        """Take what was created and drop what was completed or aborted since the last time."""
        with self._lock:
            now = set(multiparts)  # in one step: requests change it meanwhile
            for upload_id in self._known.keys() - now:
                self._drop(upload_id)
            for upload_id in now - self._known.keys():
                upload = multiparts.get(upload_id)
                if upload is not None:
                    self._take(upload_id, upload.object.key, upload.initiated.timestamp())

    def of_key(self, key: str) -> list[Place] | None:
        """The uploads of a key in order; None if there is none."""
        with self._lock:
            return list(self._places.get(key, ())) or None

    def told(self, upload_id: str) -> None:
        """An answer has named it as the next request's marker."""
        with self._lock:
            if upload_id in self._known:
                self._told[upload_id] = self._known[upload_id]
                self._told.move_to_end(upload_id)
                if len(self._told) > REMEMBERED:
                    self._told.popitem(last=False)

    def marked(self, upload_id: str) -> tuple[str, Place] | None:
        """Key and place of a marker; None: no such upload is, nor was told of."""
        with self._lock:
            return self._known.get(upload_id) or self._told.get(upload_id)

    def _take(self, upload_id: str, key: str, initiated: float) -> None:
        place = (initiated, upload_id)
        self._known[upload_id] = (key, place)
        insort(self._places.setdefault(key, []), place)
        self.keys.add(key)

    def _drop(self, upload_id: str) -> None:
        key, place = self._known.pop(upload_id)
        places = self._places[key]
        places.remove(place)
        if not places:
            del self._places[key]
            self.keys.remove(key)


_INDEXES: weakref.WeakKeyDictionary[Any, UploadIndex] = weakref.WeakKeyDictionary()
_MAKING = threading.Lock()


def install() -> None:
    """Put this into the place of LocalStack's."""
    patches.replace("s3.list_multipart_uploads", list_multipart_uploads)


def list_multipart_uploads(
    self: Any,
    context: Any,
    bucket: str,
    delimiter: str | None = None,
    encoding_type: str | None = None,
    key_marker: str | None = None,
    max_uploads: int | None = None,
    prefix: str | None = None,
    upload_id_marker: str | None = None,
    **_others: Any,
) -> Any:
    """API "ListMultipartUploads".

    Raises:
        InvalidArgument: a marker of an upload that is none of its key
    """
    _, s3_bucket = self._get_cross_account_bucket(context, bucket)
    index = _index_of(s3_bucket)
    after = None
    if key_marker and upload_id_marker:
        found = index.marked(upload_id_marker)
        if found is None or found[0] != key_marker:
            raise InvalidArgument(
                "Invalid uploadId marker",
                ArgumentName="upload-id-marker",
                ArgumentValue=upload_id_marker,
            )
        after = found[1]
    selection = Selection(
        prefix or "", delimiter or "", key_marker or None, after is not None, key_marker or None
    )
    size = page_size(max_uploads or None)
    uploads: list[dict[str, Any]] = []
    common: list[str] = []
    last, more = ("", ""), False
    shown = shown_by(encoding_type)
    for entry, upload in _lines(index, s3_bucket.multiparts, selection, after):
        if len(uploads) + len(common) >= size:
            more = True
            break
        if upload is None:
            common.append(entry.common or "")
            last = (entry.common or "", "")
        else:
            uploads.append(_described(upload, shown))
            last = (entry.key, upload.id)
    if more and last[1]:
        index.told(last[1])
    response: dict[str, Any] = {
        "Bucket": bucket,
        "IsTruncated": more,
        "MaxUploads": size,
        "KeyMarker": shown(key_marker or ""),
        "UploadIdMarker": (upload_id_marker or "") if key_marker else "",
        "NextKeyMarker": shown(last[0]),
        "NextUploadIdMarker": last[1],
    }
    parts = (
        ("Uploads", uploads),
        ("Delimiter", shown(selection.delimiter)),
        ("Prefix", shown(selection.prefix)),
        ("EncodingType", EncodingType.url if encoding_type else None),
        ("CommonPrefixes", [{"Prefix": shown(each)} for each in common]),
    )
    response.update((name, value) for name, value in parts if value)
    return response


def _index_of(s3_bucket: Any) -> UploadIndex:
    """The bucket's index as of now; it is no part of the bucket: a saved state holds none of it."""
    with _MAKING:
        index = _INDEXES.get(s3_bucket)
        if index is None:
            index = _INDEXES[s3_bucket] = UploadIndex()
    index.follow(s3_bucket.multiparts)
    return index


def _lines(
    index: UploadIndex, multiparts: Mapping[str, Any], selection: Selection, after: Place | None
) -> Iterator[tuple[Entry, Any]]:
    """Yield entries and uploads; None for a common prefix.

    Args:
        after: place of the last one of the key where the selection starts
    """
    for entry in entries(index.keys, index.of_key, selection):
        if entry.common is not None:
            yield entry, None
            continue
        places: list[Place] = entry.found
        if after is not None and entry.key == selection.start:
            places = places[bisect_right(places, after) :]
        for _, upload_id in places:
            upload = multiparts.get(upload_id)
            if upload is not None:
                yield entry, upload


def _described(upload: Any, shown: Callable[[str], str]) -> dict[str, Any]:
    described = {
        "UploadId": upload.id,
        "Key": shown(upload.object.key),
        "Initiated": upload.initiated,
        "StorageClass": upload.object.storage_class,
        "Owner": upload.initiator,
        "Initiator": upload.initiator,
    }
    if upload.checksum_algorithm:
        described["ChecksumAlgorithm"] = upload.checksum_algorithm
        described["ChecksumType"] = getattr(upload, "checksum_type", None)
    return described
