"""What the training data job does, in plain Spark on local files: the benchmark's other side.

``python -m tests.bench.plain_transform SOURCE TARGET HEAP`` reads ratings.csv, movies.csv and
links.csv of the folder SOURCE, and writes training data and counts below TARGET.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from spark_jobs.row_rules import (
    COLUMNS,
    REASON,
    SOURCE,
    check_links,
    check_movies,
    check_ratings,
    newest,
)
from spark_jobs.staged_files import ROWS_PER_FILE, write_csv
from spark_jobs.table_report import count_rows

FILES = {"rating": "ratings.csv", "movies": "movies.csv", "links": "links.csv"}


def transform(spark: SparkSession, source: Path, target: Path) -> dict[str, int]:
    """Write the training data; return the rows of each table."""

    def text(table: str) -> DataFrame:
        frame = spark.read.csv(str(source / FILES[table]), header=True, quote='"', escape='"')
        return frame.toDF(*COLUMNS[table]).withColumn(SOURCE, F.lit(table))

    movies = check_movies(text("movies")).persist(StorageLevel.MEMORY_AND_DISK)
    known = movies.where(F.col(REASON).isNull()).select("movieid").distinct()
    ratings = check_ratings(text("rating"), known, int(time.time()))
    checked = {
        "rating": ratings.persist(StorageLevel.MEMORY_AND_DISK),
        "movies": movies,
        "links": check_links(text("links"), known).persist(StorageLevel.MEMORY_AND_DISK),
    }
    reports = count_rows(checked)

    def written(table: str) -> int:
        good = reports[table].read_rows - reports[table].rejected_rows
        frame = newest(checked[table], table, -(-good // ROWS_PER_FILE))
        return write_csv(frame, str(target / table))

    with ThreadPoolExecutor(len(checked)) as pool:
        return dict(zip(checked, pool.map(written, checked), strict=True))


def main(source: str, target: str, heap: str) -> None:
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", heap)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        print(json.dumps(transform(spark, Path(source), Path(target))))
    finally:
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
