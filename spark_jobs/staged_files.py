"""The files of a run before they are in place: written by Spark, then read back and counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses
from pyspark.sql.types import StringType, StructField, StructType

from spark_jobs.bucket import Bucket
from spark_jobs.errors import TrainingDataError
from spark_jobs.row_rules import COLUMNS, REASON, RECORD, SOURCE

ROWS_PER_FILE = 1_000_000


def write_csv(frame: DataFrame, path: str) -> int:
    """Write CSV as RFC 4180 has it (a quote is doubled, nothing trimmed); return the rows."""
    rows = Observation()
    frame.observe(rows, F.count(F.lit(1)).alias("rows")).write.options(
        header=True,
        quote='"',
        escape='"',
        emptyValue="",
        ignoreLeadingWhiteSpace=False,
        ignoreTrailingWhiteSpace=False,
    ).csv(path)
    return int(rows.get["rows"])


def write_quarantine(checked: DataFrame, path: str) -> None:
    """Write the rejected rows as JSON lines: source, reason, record."""
    rejected = checked.where(F.col(REASON).isNotNull()).select(
        F.col(SOURCE).alias("source"), F.col(REASON).alias("reason"), F.col(RECORD).alias("record")
    )
    rejected.repartition(1).sortWithinPartitions("source", "reason", "record").write.json(path)


def check_staged(bucket: Bucket, staging: str, written: dict[str, int]) -> None:
    """Read the staged files back and compare their rows with what was written.

    Raises:
        TrainingDataError: the staged rows are not those that were written
    """
    spark = SparkSession.builder.getOrCreate()

    def count(table: str) -> int:
        options: dict[str, bool | str] = {
            "header": True,
            "quote": '"',
            "escape": '"',
            "multiLine": table == "movies",  # a title may hold a line break; files are read whole
        }
        schema = StructType([StructField(name, StringType()) for name in COLUMNS[table]])
        return (
            spark.read.schema(schema).options(**options).csv(_path(bucket, staging, table)).count()
        )

    with ThreadPoolExecutor(len(written)) as pool:
        for (table, rows), found in zip(written.items(), pool.map(count, written), strict=True):
            if found != rows:
                path = _path(bucket, staging, table)
                raise TrainingDataError(f"{path} holds {found} rows, but {rows} were written")


def _path(bucket: Bucket, staging: str, table: str) -> str:
    return f"s3://{bucket.name}/{staging}{table}/"
