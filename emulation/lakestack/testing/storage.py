"""The bucket that fixtures keep their own files in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakestack.testing.interface import DataLake


def bucket(lake: DataLake) -> str:
    """Its name; it is made when there is none. All accounts share the names of buckets."""
    name = f"lake-fixtures-{lake.account}"
    s3 = lake.client("s3")
    known = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    if name not in known:
        where = {"CreateBucketConfiguration": {"LocationConstraint": lake.region}}
        s3.create_bucket(Bucket=name, **(where if lake.region != "us-east-1" else {}))
    return name
