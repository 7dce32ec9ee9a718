"""What each batch of a query has read of each shard, beside the query's checkpoint.

``<checkpoint>/kinesis/<region>-<stream>/initial.json`` says which shards there were when the query
began, and when that was; ``…/<shard>/<batch>.json`` from which position to which sequence number a
batch reads the shard. A file is written once, and only where there is none: of two tasks that read
a shard for the same batch the second takes what the first has written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..clients import client

LEDGER_PROPERTY = "lake.streaming.ledger"
"""Spark's local property that says where the ledgers of a query are."""

_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True)
class Position:
    """Where a reader stands in a shard.

    Attributes:
        after: sequence number of the last record that was read
        at: seconds since 1970; records that came then or later are next. With neither it stands
            at the shard's beginning
    """

    after: str | None = None
    at: float | None = None


@dataclass(frozen=True)
class Entry:
    """What a batch reads of a shard.

    Attributes:
        begin: where it begins
        end: sequence number of its last record; None: there was none
        closed: the shard has nothing behind it, and never will
    """

    begin: Position
    end: str | None
    closed: bool

    @property
    def next(self) -> Position:
        """Where the batch after it begins."""
        return self.begin if self.end is None else Position(after=self.end)


class Files(Protocol):
    """A folder of small JSON files."""

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, sorted."""

    def read(self, name: str) -> dict[str, Any] | None:
        """A file; None where there is none."""

    def create(self, name: str, document: dict[str, Any]) -> bool:
        """Write a file; False where there is one already."""

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""


class LocalFiles:
    """Files in a folder of this machine."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def names(self, folder: str) -> list[str]:
        found = self._root / folder
        return sorted(each.name for each in found.glob("*.json")) if found.is_dir() else []

    def read(self, name: str) -> dict[str, Any] | None:
        try:
            document: dict[str, Any] = json.loads((self._root / name).read_bytes())
        except FileNotFoundError:
            return None
        return document

    def create(self, name: str, document: dict[str, Any]) -> bool:
        file = self._root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_name(f".{file.name}.{os.getpid()}")
        whole.write_text(json.dumps(document))
        try:
            os.link(whole, file)
        except FileExistsError:
            return False
        finally:
            whole.unlink()
        return True

    def delete(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)


class S3Files:
    """Objects below a prefix."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._s3, self._bucket = client("s3"), bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def names(self, folder: str) -> list[str]:
        prefix = f"{self._prefix}{folder}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return sorted(key.removeprefix(prefix) for key in keys)

    def read(self, name: str) -> dict[str, Any] | None:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)
        except self._s3.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.loads(answer["Body"].read())
        return document

    def create(self, name: str, document: dict[str, Any]) -> bool:
        from botocore.exceptions import ClientError

        body = json.dumps(document).encode()
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._prefix + name, Body=body, IfNoneMatch="*"
            )
        except ClientError as e:
            if e.response["Error"]["Code"] not in _TAKEN:
                raise
            return False
        return True

    def delete(self, name: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + name)


def files(location: str) -> Files:
    """The files of a ledger.

    Args:
        location: ``s3://bucket/prefix``, ``file:/folder`` or a folder
    """
    found = urlsplit(location)
    if found.scheme in ("s3", "s3a", "s3n"):
        return S3Files(found.netloc, found.path)
    return LocalFiles(found.path if found.scheme == "file" else location)


class Ledger:
    """The ledger of one stream in one query.

    Args:
        place: its files
        stream: names its folder
    """

    def __init__(self, place: Files, stream: str) -> None:
        self._files, self._folder = place, f"kinesis/{stream}"

    def initial(self, made: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What was when the query began.

        Args:
            made: called where that is now
        """
        name = f"{self._folder}/initial.json"
        found = self._files.read(name)
        if found is None:
            self._files.create(name, made())
            found = self._files.read(name)
        assert found is not None  # noqa: S101 - written above, or by another task
        return found

    def entry(self, shard: str, batch: int) -> Entry | None:
        """What a batch reads of a shard, where that is written."""
        document = self._files.read(self._name(shard, batch))
        return None if document is None else _entry(document)

    def last(self, shard: str, batch: int) -> Entry | None:
        """The last entry of a shard before a batch."""
        names = [name for name in self._names(shard) if int(Path(name).stem) < batch]
        document = self._files.read(f"{self._folder}/{shard}/{names[-1]}") if names else None
        return None if document is None else _entry(document)

    def write(self, shard: str, batch: int, entry: Entry) -> Entry:
        """Write an entry, where there is none; the one that is there then.

        Entries before the last one are deleted: Spark repeats no batch but the last.
        """
        if self._files.create(self._name(shard, batch), asdict(entry)):
            before = [name for name in self._names(shard) if int(Path(name).stem) < batch]
            for name in before[:-1]:
                self._files.delete(f"{self._folder}/{shard}/{name}")
            return entry
        found = self.entry(shard, batch)
        assert found is not None  # noqa: S101 - another task has written it
        return found

    def _names(self, shard: str) -> list[str]:
        return self._files.names(f"{self._folder}/{shard}")

    def _name(self, shard: str, batch: int) -> str:
        return f"{self._folder}/{shard}/{batch:020d}.json"


def _entry(document: dict[str, Any]) -> Entry:
    return Entry(Position(**document["begin"]), document["end"], document["closed"])
