"""The S3 crawler against a small stand-in for S3: bounded reads, vanished objects, stopping."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakestack.services.glue.crawl_errors import CrawlCancelledError, CrawlError
from lakestack.services.glue.formats import SAMPLE_BYTES
from lakestack.services.glue.s3_crawler import SAMPLES_PER_FOLDER, S3Crawler, S3Found, S3Grouping


class FakeS3:
    """Objects in a dictionary; `missing` are listed but cannot be read."""

    def __init__(self, objects: dict[str, bytes], missing: set[str] | None = None) -> None:
        self.objects, self.missing = objects, missing or set()
        self.read: list[tuple[str, int]] = []

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        if Bucket == "absent":
            raise _error("NoSuchBucket", 404)
        found = sorted(key for key in self.objects if key.startswith(Prefix))
        for key in found:
            yield {"Contents": [{"Key": key, "Size": len(self.objects[key])}]}

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803
        if Bucket != "b" or Key in self.missing:
            raise _error("NoSuchKey", 404)
        first, last = Range.removeprefix("bytes=").split("-")
        data = self.objects[Key][int(first) : int(last) + 1]
        self.read.append((Key, len(data)))
        return {"Body": io.BytesIO(data)}


def _error(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "x")


def _crawl(s3: FakeS3, path: str = "s3://b/t/", *, stop: bool = False) -> S3Found:
    log: list[tuple[str, str]] = []
    crawler = S3Crawler(
        s3,
        {"Path": path},
        [],
        S3Grouping(),
        cancelled=lambda: stop,
        log=lambda level, text: log.append((level, text)),
    )
    return crawler.crawl()


def test_reads_are_bounded() -> None:
    big = b'{"a": 1}\n' * 300_000
    s3 = FakeS3({f"t/{n:03}": big for n in range(30)})
    (table,) = _crawl(s3).tables
    assert len(table.files) == 30
    assert len(s3.read) == SAMPLES_PER_FOLDER
    assert max(size for _, size in s3.read) == SAMPLE_BYTES


def test_vanished_objects_are_left_out() -> None:
    objects = {"t/1/a": b'{"a": 1}', "t/1/b": b'{"a": 1}', "t/2/a": b'{"a": 1}'}
    (table,) = _crawl(FakeS3(objects, missing={"t/1/b", "t/2/a"})).tables
    assert [file.key for file in table.files] == ["t/1/a"]
    assert _crawl(FakeS3(objects, missing=set(objects))).tables == []
    assert _crawl(FakeS3({"t": b"{}"}, missing={"t"}), "s3://b/t").tables == []


def test_a_missing_bucket_and_a_stop() -> None:
    with pytest.raises(CrawlError, match="NoSuchBucket"):
        _crawl(FakeS3({}), "s3://absent/x")
    with pytest.raises(CrawlCancelledError):
        _crawl(FakeS3({"t/a": b"{}"}), stop=True)


def test_hidden_and_empty_objects_do_not_count() -> None:
    objects = {"t/_SUCCESS": b"{}", "t/.x": b"{}", "t/_temporary/0/a": b"{}", "t/e": b"", "t/": b""}
    assert _crawl(FakeS3(objects)).tables == []
    (table,) = _crawl(FakeS3({"t/_day=1/a": b'{"a": 1}'})).tables
    assert table.partition_keys == ["_day"]
