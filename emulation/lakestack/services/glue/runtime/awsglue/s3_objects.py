"""The objects of an S3 source: those in its folders, less what is hidden or excluded.

AWS Glue Developer Guide, "Connection types and options for ETL in AWS Glue": paths, recurse,
exclusions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .clients import client
from .errors import UnsupportedApiError
from .globs import glob_pattern

LISTERS = 8
_ENDINGS = {"gzip": ".gz", "bzip2": ".bz2"}
_GLOB_CHARACTERS = re.compile(r"[*?\[{\\]")


@dataclass(frozen=True)
class S3Object:
    """An object of a source; `modified` in seconds since 1970, `size` in bytes."""

    url: str
    modified: float
    etag: str
    size: int = 0


@dataclass(frozen=True)
class Bound:
    """How much of its new objects a source reads in one run ("workload partitioning").

    Attributes:
        files: at most so many objects; None: all
        size: at most so many bytes, but always one object; None: all
    """

    files: int | None = None
    size: int | None = None

    def first(self, objects: Sequence[S3Object]) -> list[S3Object]:
        """The oldest of some objects, as many as fit."""
        chosen: list[S3Object] = []
        total = 0
        for each in sorted(objects, key=lambda o: (o.modified, o.url)):
            total += each.size
            if self.files is not None and len(chosen) >= self.files:
                break
            if self.size is not None and chosen and total > self.size:
                break
            chosen.append(each)
        return chosen


@dataclass(frozen=True)
class Listing:
    """Which objects of its paths a source reads.

    Args:
        recurse: those in folders below a path too
        exclusions: glob patterns, of whole URLs or of keys relative to a path
        storage_classes: objects in one of these are left out
        compression: what all objects must be compressed with: ``gzip``, ``bzip2``, …
        bound: how much is read in one run
    """

    recurse: bool = True
    exclusions: tuple[str, ...] = ()
    storage_classes: tuple[str, ...] = ()
    compression: str = ""
    bound: Bound | None = None

    @property
    def is_whole(self) -> bool:
        """Nothing is left out."""
        rest = (self.exclusions, self.storage_classes, self.compression, self.bound)
        return self.recurse and not any(rest)

    def objects(self, paths: Sequence[str]) -> list[S3Object]:
        """The objects that are data and not empty, in the order of their URLs.

        Raises:
            UnsupportedApiError: one has not the ending of its compression, by which Spark knows it
        """
        excluded = [glob_pattern(each) for each in self.exclusions]
        found: dict[str, S3Object] = {}
        for path in paths:
            scheme, _, rest = path.partition("://")
            bucket, _, wanted = rest.partition("/")
            pages = client("s3").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=_fixed_part(wanted)):
                for entry in page.get("Contents", ()):
                    below = data_below(wanted, entry["Key"])
                    if below is None or not entry["Size"] or ("/" in below and not self.recurse):
                        continue
                    url = f"{scheme}://{bucket}/{entry['Key']}"
                    if any(p.fullmatch(url) or p.fullmatch(below) for p in excluded):
                        continue
                    if entry.get("StorageClass", "STANDARD") in self.storage_classes:
                        continue
                    self._check_compression(url)
                    modified = entry["LastModified"].timestamp()
                    etag = entry["ETag"].strip('"')
                    found[url] = S3Object(url, modified, etag, entry["Size"])
        return [found[url] for url in sorted(found)]

    def _check_compression(self, url: str) -> None:
        ending = _ENDINGS.get(self.compression, f".{self.compression}")
        if self.compression and not url.endswith(ending):
            raise UnsupportedApiError(
                f"compressionType {self.compression!r} for objects whose names do not end in "
                f"{ending}, such as {url},"
            )


def existing(paths: Sequence[str]) -> list[str]:
    """Those of some paths in S3 that are an object or have one below them."""
    with ThreadPoolExecutor(LISTERS) as pool:
        return [p for p, exists in zip(paths, pool.map(_exists, paths), strict=True) if exists]


def _exists(path: str) -> bool:
    bucket, _, key = path.partition("://")[2].partition("/")
    folder = f"{key.rstrip('/')}/" if key else ""
    prefixes = (folder, key) if key != folder else (folder,)
    for prefix in prefixes:
        page = client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        if any(e["Key"].startswith(folder) or e["Key"] == key for e in page.get("Contents", ())):
            return True
    return False


def exclusions_of(option: object) -> tuple[str, ...]:
    """Read the option ``exclusions``: a string with a JSON list, or the list itself.

    Raises:
        ValueError: it is neither
    """
    patterns = option
    if isinstance(option, str):
        try:
            patterns = json.loads(option)
        except ValueError:
            patterns = None
    if not isinstance(patterns, list) or not all(isinstance(p, str) for p in patterns):
        raise ValueError(
            f"exclusions is {option!r}; valid is a JSON list of glob patterns in a string, "
            """such as '["**.tmp"]'"""
        )
    return tuple(patterns)


def data_below(path: str, key: str) -> str | None:
    """A key relative to a path, "" for the path itself.

    None where it is not below the path, is a folder's marker, or is what Spark calls hidden.

    Args:
        path: key of a folder or an object; may be a glob pattern
    """
    below = key
    if base := path.rstrip("/"):
        match = glob_pattern(base, "(?:/(.*))?").fullmatch(key)
        if not match:  # may be a neighbour whose name begins alike
            return None
        below = match[1] or ""
    names = [name for name in below.split("/") if name]
    hidden = any(n[0] == "." or (n[0] == "_" and "=" not in n) for n in names)
    return None if hidden or key.endswith("/") else below


def _fixed_part(path: str) -> str:
    """The part of a path before its first glob character."""
    return _GLOB_CHARACTERS.split(path, maxsplit=1)[0]
