"""The bodies of S3's objects and parts, which LocalStack keeps beside its store.

Its files have names that differ from process to process; here each body is found by its object.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator
from typing import Any

from lakestack.services.reset import providers
from lakestack.services.saved_state.bodies import Kept, Stored
from lakestack.services.saved_state.folder import CHUNK

_known: weakref.WeakKeyDictionary[Any, tuple[int, int, str]] = weakref.WeakKeyDictionary()
"""Of a file: when it was last written, its size, its content's name."""

Entry = list[Any]
"""Account, bucket, key, version or upload, part number or None, and the content's name."""


def save(kept: Kept) -> tuple[list[Entry], list[str]]:
    """Keep every body; returns the entries, and the objects whose body is not the one they had."""
    entries: list[Entry] = []
    changed: list[str] = []
    storage = _storage()
    for account, bucket, thing, upload, number in _things():
        file = _file(storage, bucket, thing, upload, number)
        name = f"{bucket}/{getattr(thing, 'key', upload)}"
        if file is None or file.closed or file.internal_last_modified != _written(thing):
            changed.append(name)
            continue
        digest = _content(kept, file)
        version = upload or getattr(thing, "version_id", None)
        if digest is None:
            changed.append(name)
            continue
        key = None if number is not None else thing.key
        entries.append([account, bucket, key, version, number, digest])
    return entries, changed


def restore(entries: list[Entry], stored: Stored) -> list[str]:
    """Give every object of the store its body; returns those that have none."""
    storage = _storage()
    found = {(a, b, k, v, n): digest for a, b, k, v, n, digest in entries}
    missing = []
    for account, bucket, thing, upload, number in _things():
        key = None if number is not None else thing.key
        version = upload or getattr(thing, "version_id", None)
        digest = found.get((account, bucket, key, version, number))
        if digest is None:
            missing.append(f"{bucket}/{key or upload}")
            continue
        _make_folder(storage, bucket)
        if upload is None:
            opened = storage.open(bucket, thing, mode="w")
        else:
            multipart = storage.get_multipart(bucket, _upload(account, bucket, upload))
            opened = multipart.open(thing, mode="w")
        try:
            with opened.file.position_lock:
                opened.file.seek(0)
                opened.file.truncate()
                for piece in stored.chunks(digest):
                    opened.file.write(piece)
                opened.file.seek(0)
                opened.file.internal_last_modified = _written(thing)
        finally:
            opened.close()
    return missing


def _things() -> Iterator[tuple[str, str, Any, str | None, int | None]]:
    """Account, bucket, object or part, upload, part number: of everything that has a body."""
    from localstack.services.s3.models import S3DeleteMarker, s3_stores

    seen: set[str] = set()
    for account, _region, store in list(s3_stores.iter_stores()):
        for name, bucket in list(store.buckets.items()):
            if name in seen:
                continue
            seen.add(name)
            for each in bucket.objects.values(with_versions=True):
                if not isinstance(each, S3DeleteMarker):
                    yield account, name, each, None, None
            for upload_id, upload in list(bucket.multiparts.items()):
                for number, part in list(upload.parts.items()):
                    yield account, name, part, upload_id, int(number)


def _upload(account: str, bucket: str, upload: str) -> Any:
    from localstack.services.s3.models import s3_stores

    for _region, store in list(s3_stores[account].items()):
        if bucket in store.buckets:
            return store.buckets[bucket].multiparts[upload]
    raise KeyError(bucket)


def _storage() -> Any:
    return providers.loaded()["s3"]._storage_backend


def _make_folder(storage: Any, bucket: str) -> None:
    storage.create_bucket(bucket)


def _file(storage: Any, bucket: str, thing: Any, upload: str | None, number: int | None) -> Any:
    kept = storage._filesystem.get(bucket) or {}
    if upload is None:
        return kept.get("keys", {}).get(storage._key_from_s3_object(thing))
    multipart = kept.get("multiparts", {}).get(upload)
    return multipart.parts.get(number) if multipart is not None else None


def _written(thing: Any) -> int:
    return int(getattr(thing, "internal_last_modified", 0) or 0)


def _content(kept: Kept, file: Any) -> str | None:
    """Keep a file's content; None when it was written meanwhile."""
    written = file.internal_last_modified
    known = _known.get(file)
    if known is not None and known[0] == written and kept.has(known[2]):
        return known[2]
    digest = hashlib.sha256()
    size = 0
    for piece in _pieces(file):
        digest.update(piece)
        size += len(piece)
    name = digest.hexdigest()
    if not kept.keep_chunks(name, lambda: _pieces(file)) or file.internal_last_modified != written:
        return None
    _known[file] = (written, size, name)
    return name


def _pieces(file: Any) -> Iterator[bytes]:
    position = 0
    while True:
        with file.position_lock:
            file.seek(position)
            piece = file.read(CHUNK)
        if not piece:
            return
        position += len(piece)
        yield piece
