"""A small data lake for the Glue contract tests: objects in, crawl, look at the catalog."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from tests.support import unique, wait_until

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/glue"

RATINGS_CSV = b"userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3.0,1260759179\n"
MOVIES_CSV = (
    b"movieId,title,genres\n"
    b"1,Toy Story (1995),Adventure|Children\n"
    b'11,"American President, The (1995)",Comedy|Drama\n'
)
RATING_JSON = b'{"userId": 1, "movieId": 31, "rating": 2.5, "timestamp": 1260759144}'


def parquet_bytes(**columns: Any) -> bytes:
    """A Parquet file of the given columns."""
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


class Lake:
    """A bucket, a database, and crawlers over them."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.glue, self.s3, self.logs = aws("glue"), aws("s3"), aws("logs")
        self.bucket = bucket
        self.database = unique("lake")
        self.glue.create_database(DatabaseInput={"Name": self.database})

    def put(self, objects: dict[str, bytes], *, zipped: bool = False) -> None:
        for key, body in objects.items():
            data = gzip.compress(body) if zipped else body
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def crawler(self, *paths: str, **settings: Any) -> str:
        """Create a crawler over key prefixes of the bucket."""
        name = unique("crawler")
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{path}"} for path in paths]}
        self.glue.create_crawler(
            **{
                "Name": name,
                "Role": ROLE,
                "DatabaseName": self.database,
                "Targets": targets,
                **settings,
            }
        )
        return name

    def run(self, crawler: str) -> dict[str, Any]:
        """Start a crawler, wait for READY, return it."""
        self.glue.start_crawler(Name=crawler)
        return self.wait_ready(crawler)

    def wait_ready(self, crawler: str) -> dict[str, Any]:
        def ready() -> dict[str, Any] | None:
            found: dict[str, Any] = self.glue.get_crawler(Name=crawler)["Crawler"]
            return found if found["State"] == "READY" else None

        return wait_until(ready, what=f"{crawler} READY")

    def crawl(self, *paths: str, **settings: Any) -> dict[str, dict[str, Any]]:
        """Crawl successfully; returns the database's tables by name."""
        crawler = self.run(self.crawler(*paths, **settings))
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]
        return self.tables()

    def tables(self) -> dict[str, dict[str, Any]]:
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        return {table["Name"]: table for page in pages for table in page["TableList"]}

    def partitions(self, table: str, **request: Any) -> list[dict[str, Any]]:
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=table, **request
        )
        return [partition for page in pages for partition in page["Partitions"]]


def columns(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and type of a table's columns."""
    return [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]]


def shell_job(aws: Aws, bucket: str, script: str) -> str:
    """A Python shell job, and the name of it."""
    name = unique("job")
    aws("s3").put_object(Bucket=bucket, Key=f"{name}.py", Body=script.encode())
    aws("glue").create_job(
        Name=name,
        Role=ROLE,
        Command={"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/{name}.py"},
        MaxCapacity=0.0625,
    )
    return name
