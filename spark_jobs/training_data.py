"""Glue job: ratings, movies and links from the Data Catalog to clean training data in S3.

Runs unmodified on AWS Glue 5.1 and on pip PySpark; it uses pyspark, awsglue, boto3 and the
standard library, and the other modules of this package, which a job is given as
``--extra-py-files s3://…/spark_jobs.zip``.

Reads the stream's table and three DynamoDB tables, types and validates every row, keeps what is
wrong with its reason, and lets the latest rating of a (user, movie) win:

    read = written + rejected + duplicates        for ratings, movies and links each

Writes, with names and bytes that a rerun repeats exactly:

    s3://<bucket>/<output_prefix>/rating/part-00000.csv   userid,movieid,rating,timestamp
    s3://<bucket>/<output_prefix>/movies/part-00000.csv   movieid,title,genres
    s3://<bucket>/<output_prefix>/links/part-00000.csv    movieid,imdbid,tmdbid
    s3://<bucket>/<quarantine_prefix>/<table>/part-00000.json   source, reason, record
    s3://<bucket>/<output_prefix>-report.json             the counts and files; written last

New output is made below ``<output_prefix>-staging/`` and checked before any of the old is touched;
it is then put in place by copies inside S3. While files change there is no report, so a report
that exists describes what is there, and a run that died is finished by the next one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark import SparkContext, StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from spark_jobs.bucket import Bucket
from spark_jobs.errors import TrainingDataError
from spark_jobs.progress import telling_progress
from spark_jobs.row_rules import (
    COLUMNS,
    OPTIONAL_COLUMNS,
    REASON,
    SOURCE,
    UNREADABLE,
    check_links,
    check_movies,
    check_ratings,
    newest,
)
from spark_jobs.staged_files import ROWS_PER_FILE, check_staged, write_csv, write_quarantine
from spark_jobs.table_report import TableReport, count_rows

ARGUMENTS = {  # name: default, None where the argument must be given
    "JOB_NAME": None,
    "bucket": None,
    "database": None,
    "stream_table": "firehose",
    "ratings_table": "ratings_t",
    "movies_table": "movies_t",
    "links_table": "links_t",
    "output_prefix": "ml/trainingdata",
    "quarantine_prefix": "ml/quarantine",
    "max_rejected_percent": "1",
}


def read_text(glue_context: GlueContext, database: str, name: str, table: str) -> DataFrame:
    """Read a catalog table as text columns, its unreadable records kept in `UNREADABLE`.

    Raises:
        TrainingDataError: the catalog's table lacks a column
    """
    frame = glue_context.create_dynamic_frame.from_catalog(database=database, table_name=name)
    columns = [field.name for field in frame.schema().fields]
    present = {column.lower(): column for column in columns}
    missing = [c for c in COLUMNS[table] if c not in present and c not in OPTIONAL_COLUMNS]
    if columns and missing:  # a frame without records has no columns at all
        raise TrainingDataError(
            f"table {database}.{name} has the columns {', '.join(columns)}, but not "
            f"{', '.join(missing)}: check its source, then run its crawler again"
        )
    # As received: cast to the catalog's types, a bad value would only be null.
    as_text = [(column, "cast:string") for column in columns]
    text = (frame.resolveChoice(specs=as_text) if as_text else frame).toDF()
    rows: DataFrame = text.select(
        *(
            (F.col(present[c]) if c in present else F.lit(None)).cast("string").alias(c)
            for c in COLUMNS[table]
        )
    )
    errors = frame.errorsAsDynamicFrame().toDF()
    if errors.columns:
        unreadable = errors.select(F.to_json(F.struct("*")).alias(UNREADABLE))
        rows = rows.unionByName(unreadable, allowMissingColumns=True)
    return rows.withColumn(SOURCE, F.lit(name))


@dataclass
class JobArguments:
    """The job's arguments."""

    bucket: str
    database: str
    stream_table: str
    ratings_table: str
    movies_table: str
    links_table: str
    output_prefix: str
    quarantine_prefix: str
    max_rejected_percent: str

    def __post_init__(self) -> None:
        self.output_prefix = self.output_prefix.strip("/")
        self.quarantine_prefix = self.quarantine_prefix.strip("/")
        try:
            self.limit = float(self.max_rejected_percent)
        except ValueError:
            self.limit = -1.0
        if not 0 <= self.limit <= 100:
            raise TrainingDataError(
                f"--max_rejected_percent is {self.max_rejected_percent!r}; valid is 0 to 100"
            )


def refuse_too_many(reports: dict[str, TableReport], settings: JobArguments) -> None:
    """Raise if a table has more rejected rows than allowed, or no good row at all."""
    for table, report in reports.items():
        reasons = ", ".join(f"{reason}: {n}" for reason, n in report.rejected.items())
        if report.rejected_rows > report.read_rows * settings.limit / 100:
            raise TrainingDataError(
                f"{table}: {report.rejected_rows} of {report.read_rows} rows are rejected, more "
                f"than --max_rejected_percent {settings.max_rejected_percent} ({reasons}); the "
                f"rows are in s3://{settings.bucket}/{settings.quarantine_prefix}/{table}/, and "
                "the training data is as it was"
            )
        if report.rejected_rows == report.read_rows:
            raise TrainingDataError(f"{table}: there is no good row (rejected: {reasons or 0})")


def run(glue_context: GlueContext, settings: JobArguments) -> dict[str, TableReport]:
    """Make the training data.

    Raises:
        TrainingDataError: too many rows are rejected, or a table is empty or lacks a column
    """
    sources = {
        "rating": (settings.stream_table, settings.ratings_table),
        "movies": (settings.movies_table,),
        "links": (settings.links_table,),
    }
    # Each read asks the catalog and plans: side by side they take the time of one.
    with ThreadPoolExecutor(len(sources) + 1) as pool:
        parts = {
            table: [
                pool.submit(read_text, glue_context, settings.database, n, table) for n in names
            ]
            for table, names in sources.items()
        }
    text = {
        table: reduce(
            lambda a, b: a.unionByName(b, allowMissingColumns=True),
            (part.result() for part in parts[table]),
        )
        for table in sources
    }
    movies = check_movies(text["movies"]).persist(StorageLevel.MEMORY_AND_DISK)
    known = movies.where(F.col(REASON).isNull()).select("movieid").distinct()
    checked = {
        "rating": check_ratings(text["rating"], known, int(time.time())).persist(
            StorageLevel.MEMORY_AND_DISK
        ),
        "movies": movies,
        "links": check_links(text["links"], known).persist(StorageLevel.MEMORY_AND_DISK),
    }
    reports = count_rows(checked)
    bucket, staging = Bucket(settings.bucket), f"{settings.output_prefix}-staging/"
    bucket.clear(staging)
    try:
        write(checked, reports, settings, bucket, staging)
    finally:
        bucket.clear(staging)
    return reports


def write(
    checked: dict[str, DataFrame],
    reports: dict[str, TableReport],
    settings: JobArguments,
    bucket: Bucket,
    staging: str,
) -> None:
    """Stage, check and put in place: first the quarantine, then the training data."""
    url = f"s3://{settings.bucket}/{staging}"
    rejected = [table for table, report in reports.items() if report.rejected]

    def stage_rejected(table: str) -> None:
        write_quarantine(checked[table], f"{url}quarantine/{table}/")

    def stage(table: str) -> int:
        good = reports[table].read_rows - reports[table].rejected_rows
        return write_csv(newest(checked[table], table, -(-good // ROWS_PER_FILE)), url + table)

    with ThreadPoolExecutor(len(checked)) as pool:
        list(pool.map(stage_rejected, rejected))
        for table in checked:
            final = f"{settings.quarantine_prefix}/{table}/"
            bucket.promote(f"{staging}quarantine/{table}/", final, ".json")
        refuse_too_many(reports, settings)
        written = dict(zip(checked, pool.map(stage, checked), strict=True))
    check_staged(bucket, staging, written)
    report_key = f"{settings.output_prefix}-report.json"
    bucket.delete([report_key])
    for table, report in reports.items():
        report.written = written[table]
        report.duplicates = report.read_rows - report.rejected_rows - report.written
        report.files = bucket.promote(
            f"{staging}{table}/", f"{settings.output_prefix}/{table}/", ".csv"
        )
    bucket.put_json(report_key, {"tables": {t: vars(r) for t, r in reports.items()}})


def arguments(argv: Sequence[str]) -> dict[str, str]:
    """Resolve the job's arguments, with defaults for those that may be left out."""
    given = {argument.partition("=")[0] for argument in argv if argument.startswith("--")}
    wanted = [n for n, default in ARGUMENTS.items() if default is None or f"--{n}" in given]
    resolved = getResolvedOptions(list(argv), wanted)
    return {name: resolved.get(name, default) for name, default in ARGUMENTS.items()}


def main() -> None:
    """Run as a Glue job."""
    given = arguments(sys.argv)
    job_name = given.pop("JOB_NAME")
    glue_context = GlueContext(SparkContext.getOrCreate())
    job = Job(glue_context)
    job.init(job_name, given)
    with telling_progress(glue_context.spark_session.sparkContext):
        reports = run(glue_context, JobArguments(**given))
    for table, report in reports.items():
        print(
            f"{table}: read {report.read_rows} = written {report.written} + "
            f"rejected {report.rejected_rows} + duplicates {report.duplicates}"
        )
    job.commit()


if __name__ == "__main__":
    main()
