"""Script whose loaded classes go into the class archive: what Glue jobs commonly do.

It needs no emulator: a server of its own answers S3 requests with AWS's "not found".
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.storagelevel import StorageLevel


class NotFound(BaseHTTPRequestHandler):
    """Answers every request as S3 answers for a key that is not there."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
        self.send_response(404)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


def double(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    """Pass batches through, so that the Arrow path of Python workers is loaded."""
    yield from batches


def frames(spark: SparkSession, work: Path) -> DataFrame:
    """Read and write each format, join, aggregate, sort, rank."""
    made = spark.range(2000).selectExpr(
        "cast(id % 50 as string) userid",
        "cast(id as string) movieid",
        "'2.5' rating",
        "cast(1000000000 + id as string) timestamp",
    )
    for kind in ("csv", "json", "parquet"):
        made.write.format(kind).mode("overwrite").save(f"{work}/{kind}")
    read = spark.read.option("header", True).schema(made.schema).csv(f"{work}/csv")
    read = read.unionByName(spark.read.schema(made.schema).json(f"{work}/json"))
    read = read.unionByName(spark.read.parquet(f"{work}/parquet"))
    read = read.mapInArrow(double, read.schema)
    spark.read.text(f"{work}/csv").select("value", "_metadata.file_path").mapInArrow(
        double, "value string, file_path string"
    ).count()
    movies = spark.createDataFrame(
        [(str(i), f"title {i}") for i in range(20)], "m string, t string"
    )
    known = read.join(F.broadcast(movies), F.col("movieid") == F.col("m"), "left")
    return known.withColumn(
        "reason",
        F.when(~F.col("rating").rlike("^[0-9.]+$"), "bad").when(F.col("m").isNull(), "unknown"),
    ).withColumn("n", F.expr("try_cast(rating as double)"))


def main() -> None:
    """Do a little of everything, on local files and on the server above."""
    work = Path(sys.argv[1]) / "data"
    server = ThreadingHTTPServer(("127.0.0.1", 0), NotFound)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    spark = (
        SparkSession.builder.config(
            "spark.hadoop.fs.s3a.endpoint", f"http://127.0.0.1:{server.server_address[1]}"
        )
        .config("spark.hadoop.fs.s3a.retry.limit", "1")
        .getOrCreate()
    )
    checked = frames(spark, work).persist(StorageLevel.MEMORY_AND_DISK)
    checked.groupBy("reason").agg(F.count("*"), F.max(F.struct("timestamp", "rating"))).collect()
    newest = Window.partitionBy("userid", "movieid").orderBy(F.col("timestamp").desc(), "rating")
    (
        checked.repartition(1, "userid")
        .withColumn("rank", F.row_number().over(newest))
        .where("rank = 1")
        .sortWithinPartitions("userid", "movieid")
        .write.option("header", True)
        .mode("overwrite")
        .csv(f"{work}/out")
    )
    spark.sql("select 1 as one").toPandas()
    for attempt in (
        lambda: spark.read.text("s3://warm-up/none").count(),
        lambda: checked.write.csv("s3://warm-up/out"),
    ):
        with contextlib.suppress(Exception):
            attempt()
    server.shutdown()


if __name__ == "__main__":
    os.environ.setdefault("AWS_REGION", "us-east-1")
    main()
