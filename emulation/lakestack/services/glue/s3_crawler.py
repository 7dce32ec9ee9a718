"""Crawl an S3 target: list every object, read the beginning of some, group them into tables.

Reads at most `SAMPLE_BYTES` of at most `SAMPLES_PER_FOLDER` objects in each folder, but looks into
every folder, so that each partition is found and has its own schema.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lakestack.services.glue import grouping
from lakestack.services.glue.crawl_errors import CrawlCancelledError, CrawlError
from lakestack.services.glue.csv_classifier import CsvOptions
from lakestack.services.glue.formats import SAMPLE_BYTES, FileSchema, Sample, classify
from lakestack.services.glue.grouping import CrawledFile, Table, similar
from lakestack.services.glue.runtime.awsglue.globs import glob_pattern
from lakestack.services.retries import patiently

SAMPLES_PER_FOLDER = 10
READERS = 4


@dataclass(frozen=True)
class S3Grouping:
    """The crawler configuration's ``Grouping`` part."""

    combine: bool = False
    table_level: int | None = None

    @classmethod
    def from_configuration(cls, configuration: dict[str, Any]) -> S3Grouping:
        """Read it from the crawler's Configuration (JSON, decoded)."""
        chosen = configuration.get("Grouping", {})
        return cls(
            combine=chosen.get("TableGroupingPolicy") == "CombineCompatibleSchemas",
            table_level=chosen.get("TableLevelConfiguration"),
        )


@dataclass(frozen=True)
class S3Found:
    """Tables found below one target."""

    bucket: str
    root: str
    tables: list[Table]


class S3Crawler:
    """One S3 target of a crawl.

    Args:
        target: the S3Target structure: Path, Exclusions, SampleSize
        custom: custom CSV classifiers in their order
        cancelled: asked between objects; True ends the crawl with `CrawlCancelledError`
        log: receives level and text
    """

    def __init__(
        self,
        s3: Any,
        target: dict[str, Any],
        custom: Sequence[CsvOptions],
        grouped: S3Grouping,
        *,
        cancelled: Callable[[], bool],
        log: Callable[[str, str], None],
    ) -> None:
        self._s3, self._target, self._custom, self._grouped = s3, target, custom, grouped
        self._cancelled, self._log = cancelled, log
        self.bucket, self.path = split_path(target["Path"])
        self._samples = int(target.get("SampleSize") or SAMPLES_PER_FOLDER)
        self._excluded = [glob_pattern(e) for e in target.get("Exclusions", ())]

    def crawl(self) -> S3Found:
        """Find the target's tables.

        Raises:
            CrawlError: the bucket does not exist
            CrawlCancelledError: stopped
        """
        root, sizes = self._list()
        if not sizes:
            self._log("WARN", f"No objects to crawl at s3://{self.bucket}/{root}")
            return S3Found(self.bucket, root, [])
        folders: dict[str, list[CrawledFile]] = defaultdict(list)
        for key in sorted(sizes):
            folders[key.rpartition("/")[0]].append(CrawledFile(key, sizes[key], None))
        files: list[CrawledFile] = []
        with ThreadPoolExecutor(READERS, thread_name_prefix="crawl-read") as pool:
            for group_ in folders.values():
                files.extend(self._classified(group_, pool))
        if not files:
            return S3Found(self.bucket, root, [])
        for file in files:
            if file.schema is not None and file.schema.classification == "UNKNOWN":
                self._log("WARN", f"No classifier recognised s3://{self.bucket}/{file.key}")
        base = root if root.endswith("/") or not root else root.rpartition("/")[0] + "/"
        if base == "/":
            base = ""
        tables = grouping.group(
            files, base, table_level=self._grouped.table_level, combine=self._grouped.combine
        )
        if files and root and not root.endswith("/"):  # the target is one object
            tables = [Table(root, [grouping.Leaf(root, (), files)])]
        return S3Found(self.bucket, root, tables)

    def _list(self) -> tuple[str, dict[str, int]]:
        """The target's root and its objects (key to bytes); a path may also name one object."""
        root = self.path
        sizes = dict(self._objects(root))
        if root and not root.endswith("/"):
            if root in sizes:
                return root, {root: sizes[root]}
            root += "/"
            sizes = {key: size for key, size in sizes.items() if key.startswith(root)}
        return root, sizes

    def _objects(self, prefix: str) -> Iterator[tuple[str, int]]:
        pages = self._s3.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                self._check()
                for item in page.get("Contents", ()):
                    if item["Size"] and self._wanted(item["Key"], prefix):
                        yield item["Key"], item["Size"]
        except ClientError as e:
            error = e.response["Error"]
            status = e.response["ResponseMetadata"]["HTTPStatusCode"]
            raise CrawlError(
                f"The S3 target s3://{self.bucket}/{prefix} cannot be read: {error['Message']} "
                f"(Service: Amazon S3; Status Code: {status}; Error Code: {error['Code']})"
            ) from e

    def _wanted(self, key: str, prefix: str) -> bool:
        """Leave out excluded objects and what Hive and Spark call hidden (``_SUCCESS``, ``.x``)."""
        below = key[len(prefix) :].lstrip("/")
        names = below.split("/")
        hidden = any(
            name[:1] == "." or (name[:1] == "_" and "=" not in name) for name in names if name
        )
        if hidden or key.endswith(("/", "_$folder$")):
            return False
        return not any(pattern.fullmatch(below) for pattern in self._excluded)

    def _classified(self, folder: list[CrawledFile], pool: ThreadPoolExecutor) -> list[CrawledFile]:
        """Classify a folder's samples; all of its objects where the samples differ.

        Objects that vanished since they were listed are left out.
        """
        self._check()
        schemas = self._read(grouping.spread(folder, self._samples), pool)
        known = [schema for schema in schemas.values() if schema is not None]
        if not all(similar(known[0], other) for other in known[1:]):
            schemas = self._read(folder, pool)
        gone = {key for key, schema in schemas.items() if schema is None}
        if not known:
            return []
        return [CrawledFile(f.key, f.size, schemas.get(f.key)) for f in folder if f.key not in gone]

    def _read(
        self, files: Sequence[CrawledFile], pool: ThreadPoolExecutor
    ) -> dict[str, FileSchema | None]:
        if len(files) == 1:
            return {files[0].key: self._classify(files[0])}
        return dict(zip([f.key for f in files], pool.map(self._classify, files), strict=True))

    def _classify(self, file: CrawledFile) -> FileSchema | None:
        """Classify one object; None when it is not there any more."""
        self._check()

        def read_range(start: int, length: int) -> bytes:
            part = f"bytes={start}-{start + length - 1}"

            def read() -> bytes:
                response = self._s3.get_object(Bucket=self.bucket, Key=file.key, Range=part)
                return bytes(response["Body"].read())

            return patiently(read)

        try:
            head = read_range(0, min(SAMPLE_BYTES, file.size))
            return classify(Sample(head, file.size, read_range), self._custom)
        except ClientError as e:
            if e.response["Error"]["Code"] not in {"NoSuchKey", "InvalidRange"}:
                raise
            self._log("WARN", f"s3://{self.bucket}/{file.key} vanished while it was crawled")
            return None

    def _check(self) -> None:
        if self._cancelled():
            raise CrawlCancelledError


def split_path(path: str) -> tuple[str, str]:
    """Bucket and key prefix of ``s3://bucket/prefix``; also without the scheme, as AWS accepts.

    Raises:
        ValueError: there is no bucket in it
    """
    rest = re.sub(r"^s3[an]?://", "", path)
    bucket, _, prefix = rest.partition("/")
    if not bucket or "://" in rest:
        raise ValueError(f"{path!r} is no S3 path; expected s3://bucket/prefix")
    return bucket, prefix
