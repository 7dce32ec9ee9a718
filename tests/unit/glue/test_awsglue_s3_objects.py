"""Which objects an S3 source reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue import s3_objects
from lakestack.services.glue.runtime.awsglue.globs import glob_pattern
from lakestack.services.glue.runtime.awsglue.s3_objects import (
    Listing,
    data_below,
    exclusions_of,
)

KEYS = (
    *("in/", "in/a.csv", "in/b.tmp", "in/day=1/a.csv", "in/day=1/b.tmp", "in/day=2/x/a.csv"),
    *("in/_SUCCESS", "in/empty.csv", "in.csv", "inner/a.csv"),
)


class S3:
    """Answers lists of `KEYS`."""

    def get_paginator(self, operation: str) -> S3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert Bucket == "b"
        for key in KEYS:  # a page each
            if key.startswith(Prefix):
                size = 0 if key.endswith("/") or "empty" in key else 1
                modified = datetime(2026, 1, 1, tzinfo=UTC)
                yield {
                    "Contents": [
                        {"Key": key, "Size": size, "LastModified": modified, "ETag": '"e"'}
                    ]
                }
        yield {}


def listed(monkeypatch: pytest.MonkeyPatch, path: str, listing: Listing) -> list[str]:
    monkeypatch.setattr(s3_objects, "client", lambda _: S3())
    return [each.url.removeprefix("s3://b/") for each in listing.objects([path])]


@pytest.mark.parametrize(
    ("path", "listing", "keys"),
    [
        ("s3://b/in/", Listing(recurse=False), ["in/a.csv", "in/b.tmp"]),
        ("s3://b/in", Listing(recurse=False), ["in/a.csv", "in/b.tmp"]),
        (
            "s3://b/in/",
            Listing(),
            ["in/a.csv", "in/b.tmp", "in/day=1/a.csv", "in/day=1/b.tmp", "in/day=2/x/a.csv"],
        ),
        ("s3://b/in/", Listing(exclusions=("**.tmp", "day=2/**")), ["in/a.csv", "in/day=1/a.csv"]),
        ("s3://b/in/", Listing(False, ("s3://b/in/*.tmp",)), ["in/a.csv"]),
        ("s3://b/in/day=*/", Listing(recurse=False), ["in/day=1/a.csv", "in/day=1/b.tmp"]),
        ("s3://b/in/day=1/a.csv", Listing(recurse=False), ["in/day=1/a.csv"]),
        ("s3://b", Listing(recurse=False), ["in.csv"]),
        ("s3://b/nothing/", Listing(), []),
    ],
)
def test_listings(
    monkeypatch: pytest.MonkeyPatch, path: str, listing: Listing, keys: list[str]
) -> None:
    assert listed(monkeypatch, path, listing) == keys


@pytest.mark.parametrize(
    ("key", "path", "data"),
    [
        ("in/a.csv", "in/", True),
        ("in/a.csv", "in", True),
        ("in/day=1/_x=2/a.csv", "in/", True),
        ("in.csv", "in", False),
        ("in.csv", "in.csv", True),
        ("in/_SUCCESS", "in/", False),
        ("in/.part.crc", "in/", False),
        ("in/_temporary/0/part-0", "in/", False),
        ("in/folder/", "in/", False),
        ("_in/a.csv", "_in/", True),
        ("a.csv", "", True),
    ],
)
def test_which_keys_are_data(key: str, path: str, data: bool) -> None:
    assert (data_below(path, key) is not None) is data


@pytest.mark.parametrize("option", ['["**.tmp", "x/*"]', ["**.tmp", "x/*"]])
def test_exclusions_are_a_list_or_its_json(option: object) -> None:
    assert exclusions_of(option) == ("**.tmp", "x/*")


@pytest.mark.parametrize("option", ["**.tmp", '"**.tmp"', "[1]", 7])
def test_other_exclusions_are_refused(option: object) -> None:
    with pytest.raises(ValueError, match="valid is a JSON list of glob patterns"):
        exclusions_of(option)


def test_glob_patterns() -> None:
    for glob, key, excluded in [
        ("*.tmp", "a.tmp", True),
        ("*.tmp", "x/a.tmp", False),
        ("**.tmp", "x/a.tmp", True),
        ("x/**", "x/y/z", True),
        ("{a,b}/*", "b/1", True),
        ("200[0-9]/*", "2007/1", True),
        ("200[!0-9]/*", "2007/1", False),
        ("a?c", "abc", True),
        ("a.c", "abc", False),
    ]:
        assert bool(glob_pattern(glob).fullmatch(key)) is excluded, (glob, key)
