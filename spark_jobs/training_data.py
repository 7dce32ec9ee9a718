"""Glue job: ratings, movies and links from the Data Catalog to clean training data in S3.

Runs unmodified on AWS Glue 5.1 and on pip PySpark; it uses pyspark, awsglue, boto3 and the
standard library. Valid under Spark 4 (``try_cast``, nothing relies on ANSI being off).

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

import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark import SparkContext, StorageLevel
from pyspark.sql import Column, DataFrame, Observation, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

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
COLUMNS = {
    "rating": ("userid", "movieid", "rating", "timestamp"),
    "movies": ("movieid", "title", "genres"),
    "links": ("movieid", "imdbid", "tmdbid"),
}
OPTIONAL_COLUMNS = ("genres", "tmdbid")  # no item may have one
SOURCE, REASON, RECORD, UNREADABLE = "_source", "_reason", "_record", "_unreadable"
ROWS_PER_FILE = 1_000_000
LARGEST_ID = 2**31 - 1
FIRST_MILLISECONDS = 10**11  # as seconds it is the year 5138: such a timestamp is in milliseconds
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


class TrainingDataError(Exception):
    """The data cannot become training data; the message says why."""


# --- Validation: pure functions of DataFrames whose columns are all text --------------------------


def with_numbers(frame: DataFrame, *names: str) -> DataFrame:
    """Add each text column as a double, null where it is no finite number, as ``_<name>``.

    A column of its own, because Spark would evaluate an expression anew at each use.
    """
    texts = {f"_{name}": F.trim(F.col(name)) for name in names}
    return frame.select("*", *(t.alias(n) for n, t in texts.items())).withColumns(
        {n: F.when(F.col(n).rlike(NUMBER), F.expr(f"try_cast({n} as double)")) for n in texts}
    )


def missing(name: str) -> Column:
    """Whether the text column is null or blank."""
    return F.col(name).isNull() | (F.trim(F.col(name)) == "")


def bad_id(name: str) -> Column:
    """Why the column is no id (a whole number from 1 to 2147483647), or null."""
    value = F.col(f"_{name}")
    return F.when(value.between(1, LARGEST_ID) & (value == F.floor(value)), None).otherwise(
        F.when(missing(name), f"{name}_missing")
        .when(value.isNull(), f"{name}_not_a_number")
        .when(value <= 0, f"{name}_not_positive")
        .otherwise(f"{name}_out_of_range")
    )


def bad_rating() -> Column:
    """Why the rating is not one of 0.5, 1.0, … 5.0, or null."""
    value = F.col("_rating")
    return (
        F.when(missing("rating"), "rating_missing")
        .when(value.isNull(), "rating_not_a_number")
        .when(~value.between(0.5, 5.0), "rating_off_scale")
        .when(value * 2 != F.floor(value * 2), "rating_off_half_step")
    )


def bad_timestamp(now: int) -> Column:
    """Why the timestamp is not in whole seconds after 1970 and up to `now`, or null."""
    value = F.col("_timestamp")
    return (
        F.when(missing("timestamp"), "timestamp_missing")
        .when(value.isNull() | (value != F.floor(value)), "timestamp_not_a_number")
        .when(value <= 0, "timestamp_not_positive")
        .when(value >= FIRST_MILLISECONDS, "timestamp_in_milliseconds")
        .when(value > now, "timestamp_in_the_future")
    )


def bad_identifier(name: str, *, required: bool) -> Column:
    """Why the column is no identifier of another catalogue (a whole number), or null."""
    value = F.col(f"_{name}")
    return F.when(missing(name), F.lit(f"{name}_missing" if required else None)).when(
        value.isNull() | (value <= 0) | (value != F.floor(value)), f"{name}_not_a_number"
    )


def identifier(name: str) -> Column:
    """An identifier as it was received, leading zeros too; without decimals if it had some."""
    text = F.trim(F.col(name))
    return F.when(text.rlike("^[0-9]+$"), text).otherwise(
        F.expr(f"try_cast(_{name} as bigint)").cast("string")
    )


def check_movies(movies: DataFrame) -> DataFrame:
    """Add the reason why a row is rejected (null: it is good) and its record; type the columns.

    :param movies: text columns movieid, title, genres and `SOURCE`
    """
    reasons = [bad_id("movieid"), F.when(missing("title"), "title_missing")]
    checked = _with_reason(with_numbers(movies, "movieid"), "movies", reasons)
    return checked.select(
        F.expr("try_cast(_movieid as int)").alias("movieid"),
        "title",
        "genres",
        SOURCE,
        REASON,
        RECORD,
    )


def check_links(links: DataFrame, known_movies: DataFrame) -> DataFrame:
    """Do the same for links; a link to no known movie is rejected."""
    reasons = [
        bad_id("movieid"),
        bad_identifier("imdbid", required=True),
        bad_identifier("tmdbid", required=False),
    ]
    checked = _with_reason(with_numbers(links, *COLUMNS["links"]), "links", reasons)
    typed = checked.select(
        F.expr("try_cast(_movieid as int)").alias("movieid"),
        *(identifier(n).alias(n) for n in ("imdbid", "tmdbid")),
        *(SOURCE, REASON, RECORD),
    )
    return _with_known_movie(typed, "links", known_movies)


def check_ratings(ratings: DataFrame, known_movies: DataFrame, now: int) -> DataFrame:
    """Do the same for ratings; a rating of no known movie is rejected.

    :param known_movies: one column ``movieid`` (int), distinct
    :param now: seconds since 1970; a later timestamp is in the future
    """
    reasons = [bad_id("userid"), bad_id("movieid"), bad_rating(), bad_timestamp(now)]
    checked = _with_reason(with_numbers(ratings, *COLUMNS["rating"]), "rating", reasons)
    typed = checked.select(
        F.expr("try_cast(_userid as int)").alias("userid"),
        F.expr("try_cast(_movieid as int)").alias("movieid"),
        F.col("_rating").alias("rating"),
        F.expr("try_cast(_timestamp as bigint)").alias("timestamp"),
        *(SOURCE, REASON, RECORD),
    )
    return _with_known_movie(typed, "rating", known_movies)


def _with_reason(frame: DataFrame, table: str, reasons: Sequence[Column]) -> DataFrame:
    unreadable = F.col(UNREADABLE) if UNREADABLE in frame.columns else F.lit(None).cast("string")
    reason = F.coalesce(F.when(unreadable.isNotNull(), "unreadable_record"), *reasons)
    kept = F.coalesce(unreadable, F.to_json(F.struct(*COLUMNS[table])))
    checked = frame.withColumn(REASON, reason)
    return checked.withColumn(RECORD, F.when(F.col(REASON).isNotNull(), kept))


def _with_known_movie(checked: DataFrame, table: str, known_movies: DataFrame) -> DataFrame:
    known = known_movies.select(F.col("movieid").alias("_known"))
    joined = checked.join(F.broadcast(known), F.col("movieid") == F.col("_known"), "left")
    unknown = F.col("_known").isNull()
    reason = F.coalesce(F.col(REASON), F.when(unknown, "movie_unknown"))
    record = F.coalesce(F.col(RECORD), F.when(unknown, F.to_json(F.struct(*COLUMNS[table]))))
    return joined.select(*COLUMNS[table], SOURCE, reason.alias(REASON), record.alias(RECORD))


def newest(checked: DataFrame, table: str, files: int) -> DataFrame:
    """The good rows, one for each key, each file's rows sorted by key.

    Of ratings the latest wins; where two are equally late the higher one, so that the outcome does
    not depend on the order of reading. Rows go to files by a hash of the first key column alone,
    which settles file and place of a row without a global sort.
    """
    key = ["userid", "movieid"] if table == "rating" else ["movieid"]
    rest = [name for name in COLUMNS[table] if name not in key]
    order = (
        [F.col("timestamp").desc(), F.col("rating").desc()]
        if table == "rating"
        else [F.col(name).asc_nulls_last() for name in rest]
    )
    rank = F.row_number().over(Window.partitionBy(*key).orderBy(*order))
    return (
        checked.where(F.col(REASON).isNull())
        .select(*COLUMNS[table])
        .repartition(files, key[0])
        .withColumn("_rank", rank)
        .where("_rank = 1")
        .select(*COLUMNS[table])
        .sortWithinPartitions(*key)
    )


# --- Reading ------------------------------------------------------------------------------------


def read_text(glue_context: GlueContext, database: str, name: str, table: str) -> DataFrame:
    """Read a catalog table as text columns, its unreadable records kept in `UNREADABLE`.

    :raises TrainingDataError: the catalog's table lacks a column
    """
    frame = glue_context.create_dynamic_frame.from_catalog(database=database, table_name=name)
    columns = frame.toDF().columns
    present = {column.lower(): column for column in columns}
    missing = [c for c in COLUMNS[table] if c not in present and c not in OPTIONAL_COLUMNS]
    if missing:
        raise TrainingDataError(
            f"table {database}.{name} has the columns {', '.join(columns)}, but not "
            f"{', '.join(missing)}: check its source, then run its crawler again"
        )
    # As received: cast to the catalog's types, a bad value would only be null.
    text = frame.resolveChoice(specs=[(column, "cast:string") for column in columns]).toDF()
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


# --- Output -------------------------------------------------------------------------------------


@dataclass
class TableReport:
    """Counts and files of one output; ``read = written + rejected + duplicates``."""

    read: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    written: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def read_rows(self) -> int:
        """Rows of all sources."""
        return sum(self.read.values())

    @property
    def rejected_rows(self) -> int:
        """Rows in quarantine."""
        return sum(self.rejected.values())


def count_rows(checked: dict[str, DataFrame]) -> dict[str, TableReport]:
    """Count read and rejected rows of all tables in one Spark job."""
    parts = [
        frame.groupBy(SOURCE, REASON).count().withColumn("table", F.lit(table))
        for table, frame in checked.items()
    ]
    reports = {table: TableReport() for table in checked}
    for row in sorted(reduce(DataFrame.unionByName, parts).collect(), key=str):
        report, rows = reports[row["table"]], row["count"]
        report.read[row[SOURCE]] = report.read.get(row[SOURCE], 0) + rows
        if row[REASON] is not None:
            report.rejected[row[REASON]] = report.rejected.get(row[REASON], 0) + rows
    return reports


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


class Bucket:
    """The output bucket: listing, copying and deleting whole prefixes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._s3 = boto3.client("s3")

    def objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the objects below a prefix, by key."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        for page in pages:
            yield from page.get("Contents", [])

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects.

        :raises TrainingDataError: one of them could not be deleted
        """
        for start in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[start : start + 1000]]
            answer = self._s3.delete_objects(
                Bucket=self.name, Delete={"Objects": batch, "Quiet": True}
            )
            for error in answer.get("Errors", []):
                raise TrainingDataError(f"cannot delete {error['Key']}: {error['Message']}")

    def clear(self, prefix: str) -> None:
        """Delete everything below a prefix."""
        self.delete([entry["Key"] for entry in self.objects(prefix)])

    def put_json(self, key: str, value: Any) -> None:
        """Write an object of readable JSON with sorted keys."""
        body = json.dumps(value, indent=2, sort_keys=True) + "\n"
        self._s3.put_object(
            Bucket=self.name, Key=key, Body=body.encode(), ContentType="application/json"
        )

    def promote(self, staged: str, final: str, suffix: str) -> list[dict[str, Any]]:
        """Replace what is below `final` by the part files below `staged`, under settled names.

        Spark's ``part-00003-<random>.csv`` becomes ``part-00003.csv``. Objects that are not
        replaced are deleted afterwards.

        :return: key, bytes and ETag of each file
        """
        parts = {
            f"{final}part-{entry['Key'].rpartition('/')[2].split('-')[1]}{suffix}": entry
            for entry in self.objects(staged)
            if entry["Key"].rpartition("/")[2].startswith("part-")
        }

        def copy(target: str) -> dict[str, Any]:
            source = {"Bucket": self.name, "Key": parts[target]["Key"]}
            done = self._s3.copy_object(Bucket=self.name, Key=target, CopySource=source)
            etag = done["CopyObjectResult"]["ETag"].strip('"')
            return {"key": target, "bytes": parts[target]["Size"], "etag": etag}

        with ThreadPoolExecutor(8) as pool:
            files = list(pool.map(copy, sorted(parts)))
        self.delete([e["Key"] for e in self.objects(final) if e["Key"] not in parts])
        return files


# --- The job ------------------------------------------------------------------------------------


@dataclass
class Settings:
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


def refuse_too_many(reports: dict[str, TableReport], settings: Settings) -> None:
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


def run(glue_context: GlueContext, settings: Settings) -> dict[str, TableReport]:
    """Make the training data.

    :raises TrainingDataError: too many rows are rejected, or a table is empty or lacks a column
    """
    sources = {
        "rating": (settings.stream_table, settings.ratings_table),
        "movies": (settings.movies_table,),
        "links": (settings.links_table,),
    }
    text = {
        table: reduce(
            lambda a, b: a.unionByName(b, allowMissingColumns=True),
            (read_text(glue_context, settings.database, name, table) for name in names),
        )
        for table, names in sources.items()
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
    settings: Settings,
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


def check_staged(bucket: Bucket, staging: str, written: dict[str, int]) -> None:
    """Read the staged files back and compare their rows with what was written.

    :raises TrainingDataError: the staged rows are not those that were written
    """
    spark = SparkSession.builder.getOrCreate()
    for table, rows in written.items():
        path = f"s3://{bucket.name}/{staging}{table}/"
        lines_in_fields = table == "movies"  # a title may hold one; then files are read whole
        found = spark.read.csv(
            path, header=True, quote='"', escape='"', multiLine=lines_in_fields
        ).count()
        if found != rows:
            raise TrainingDataError(f"{path} holds {found} rows, but {rows} were written")


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
    for table, report in run(glue_context, Settings(**given)).items():
        print(
            f"{table}: {report.read_rows} read = {report.written} written + "
            f"{report.rejected_rows} rejected + {report.duplicates} duplicates"
        )
    job.commit()


if __name__ == "__main__":
    main()
