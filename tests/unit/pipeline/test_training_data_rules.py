"""The training data job's rules on small DataFrames, without AWS."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark
NOW = 1_700_000_000


@pytest.fixture(scope="module")
def job() -> Iterator[ModuleType]:
    """The Glue script as a module; `awsglue` is ours, as in the emulator."""
    import lakestack.services.glue.runtime.awsglue as package
    from lakestack.services.glue.runtime.awsglue import context, utils
    from lakestack.services.glue.runtime.awsglue import job as glue_job

    patch = pytest.MonkeyPatch()
    for name, module in {
        "": package,
        ".context": context,
        ".job": glue_job,
        ".utils": utils,
    }.items():
        patch.setitem(sys.modules, f"awsglue{name}", module)
    from spark_jobs import training_data

    yield training_data
    patch.undo()


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession

    on_interrupt = signal.getsignal(signal.SIGINT)  # Spark takes it, and keeps it after its end
    patch = pytest.MonkeyPatch()
    patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    patch.setenv("PYSPARK_PYTHON", sys.executable)
    patch.delenv("SPARK_HOME", raising=False)
    session = (
        SparkSession.builder.master(f"local[{min(2, os.cpu_count() or 1)}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.ansi.enabled", "true")  # the script must hold under Spark 4's default
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .getOrCreate()
    )
    yield session
    session.stop()
    signal.signal(signal.SIGINT, on_interrupt)
    patch.undo()


def text(spark: SparkSession, columns: str, rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    schema = ", ".join(f"`{name}` string" for name in columns.split())
    return spark.createDataFrame(list(rows), schema)


@pytest.fixture(scope="module")
def movies(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1,), (31,)], "movieid int")


REJECTED_RATINGS = [
    ((None, "31", "2.5", "1260759144"), "userid_missing"),
    ((" ", "31", "2.5", "1260759144"), "userid_missing"),
    (("userId", "movieId", "rating", "timestamp"), "userid_not_a_number"),
    (("1x", "31", "2.5", "1260759144"), "userid_not_a_number"),
    (("1d", "31", "2.5", "1260759144"), "userid_not_a_number"),
    (("0", "31", "2.5", "1260759144"), "userid_not_positive"),
    (("-4", "31", "2.5", "1260759144"), "userid_not_positive"),
    (("1.5", "31", "2.5", "1260759144"), "userid_out_of_range"),
    (("99999999999999999999", "31", "2.5", "1260759144"), "userid_out_of_range"),
    (("1", "", "2.5", "1260759144"), "movieid_missing"),
    (("1", "31", None, "1260759144"), "rating_missing"),
    (("1", "31", "NaN", "1260759144"), "rating_not_a_number"),
    (("1", "31", "Infinity", "1260759144"), "rating_not_a_number"),
    (("1", "31", "0", "1260759144"), "rating_off_scale"),
    (("1", "31", "5.5", "1260759144"), "rating_off_scale"),
    (("1", "31", "-1", "1260759144"), "rating_off_scale"),
    (("1", "31", "2.7", "1260759144"), "rating_off_half_step"),
    (("1", "31", "2.5", None), "timestamp_missing"),
    (("1", "31", "2.5", "yesterday"), "timestamp_not_a_number"),
    (("1", "31", "2.5", "0"), "timestamp_not_positive"),
    (("1", "31", "2.5", "-1"), "timestamp_not_positive"),
    (("1", "31", "2.5", "1260759144000"), "timestamp_in_milliseconds"),
    (("1", "31", "2.5", str(NOW + 1)), "timestamp_in_the_future"),
    (("1", "7", "2.5", "1260759144"), "movie_unknown"),
]


def test_each_bad_rating_is_rejected_with_its_reason_and_record(
    job: ModuleType, spark: SparkSession, movies: DataFrame
) -> None:
    rows = [(*row, str(i)) for i, (row, _) in enumerate(REJECTED_RATINGS)]
    frame = text(spark, "userid movieid rating timestamp _source", rows)
    found = job.check_ratings(frame, movies, NOW).collect()
    assert {int(r["_source"]): r["_reason"] for r in found} == {
        i: reason for i, (_, reason) in enumerate(REJECTED_RATINGS)
    }
    records = {r["_source"]: r["_record"] for r in found}
    assert '"userid":"1x"' in records["3"]
    assert '"movieid":7' in records["23"]


def test_good_ratings_are_typed(job: ModuleType, spark: SparkSession, movies: DataFrame) -> None:
    rows = [
        ("1", "31", "2.5", "1260759144", "s"),
        (" 2 ", "31.0", "5", "1.260759144E9", "s"),
        ("2147483647", "1", "0.5", str(NOW), "s"),
    ]
    frame = text(spark, "userid movieid rating timestamp _source", rows)
    found = job.check_ratings(frame, movies, NOW)
    assert sorted(tuple(r)[:4] for r in found.collect()) == [
        (1, 31, 2.5, 1260759144),
        (2, 31, 5.0, 1260759144),
        (2147483647, 1, 0.5, NOW),
    ]
    assert found.where("_reason is not null or _record is not null").count() == 0


def test_the_latest_rating_wins_whatever_the_order_of_reading(
    job: ModuleType, spark: SparkSession, movies: DataFrame
) -> None:
    rows = [
        ("1", "31", "2.5", "100", "a"),
        ("1", "31", "4.0", "200", "b"),
        ("1", "31", "1.0", "200", "a"),  # equally late: the higher one wins
        ("1", "31", "4.0", "200", "a"),  # the same again
        ("1", "1", "3.0", "50", "a"),
    ]
    for order in (rows, rows[::-1]):
        frame = text(spark, "userid movieid rating timestamp _source", order)
        checked = job.check_ratings(frame, movies, NOW)
        kept = [tuple(r) for r in job.newest(checked, "rating", 1).collect()]
        assert kept == [(1, 1, 3.0, 50), (1, 31, 4.0, 200)]


def test_rows_are_sorted_within_files_that_do_not_depend_on_the_order(
    job: ModuleType, spark: SparkSession
) -> None:
    known = spark.range(1, 60).selectExpr("cast(id as int) movieid")
    rows = [(str(u), str(m), "3.5", "1000", "s") for u in range(1, 30) for m in (59, 2, 30)]

    def files(order: list[tuple[str, str, str, str, str]]) -> list[list[tuple[Any, ...]]]:
        frame = text(spark, "userid movieid rating timestamp _source", order)
        made = job.newest(job.check_ratings(frame, known, NOW), "rating", 3)
        return [[tuple(r) for r in part] for part in made.rdd.glom().collect()]

    made = files(rows)
    assert made == files(rows[::-1])
    assert len(made) == 3
    assert all(part == sorted(part) for part in made)
    assert sum(map(len, made)) == len(rows)


def test_movies_need_an_id_and_a_title_and_keep_the_title_exactly(
    job: ModuleType, spark: SparkSession
) -> None:
    title = ' "Misérables", Les (1998) '
    rows = [
        ("1", title, "Drama", "s"),
        ("2", "  ", "Drama", "s"),
        ("x", "A", None, "s"),
        ("3", "B", None, "s"),
    ]
    found = {
        r["_record"] or r["title"]: r["_reason"]
        for r in job.check_movies(text(spark, "movieid title genres _source", rows)).collect()
    }
    assert found[title] is None
    assert found["B"] is None
    assert sorted(v for v in found.values() if v) == ["movieid_not_a_number", "title_missing"]


def test_links_keep_leading_zeros_and_may_lack_a_tmdb_id(
    job: ModuleType, spark: SparkSession, movies: DataFrame
) -> None:
    rows = [
        ("1", "0114709", "862", "s"),
        ("31", "112792.0", None, "s"),
        ("1", None, "9909", "s"),
        ("1", "tt1", "9909", "s"),
        ("7", "0113277", "949", "s"),
    ]
    frame = job.check_links(text(spark, "movieid imdbid tmdbid _source", rows), movies)
    good = sorted(tuple(r)[:3] for r in frame.where("_reason is null").collect())
    assert good == [(1, "0114709", "862"), (31, "112792", None)]
    assert sorted(r["_reason"] for r in frame.where("_reason is not null").collect()) == [
        "imdbid_missing",
        "imdbid_not_a_number",
        "movie_unknown",
    ]


def test_counts_name_source_and_reason(
    job: ModuleType, spark: SparkSession, movies: DataFrame
) -> None:
    rows = [
        ("1", "31", "2.5", "100", "stream"),
        ("1", "31", "9", "100", "stream"),
        ("2", "31", "9", "100", "table"),
    ]
    frame = text(spark, "userid movieid rating timestamp _source", rows)
    report = job.count_rows({"rating": job.check_ratings(frame, movies, NOW)})["rating"]
    assert report.read == {"stream": 2, "table": 1}
    assert report.rejected == {"rating_off_scale": 2}


def test_a_share_of_rejected_rows_above_the_limit_is_refused(job: ModuleType) -> None:
    names = [*("bucket", "database", "output_prefix", "quarantine_prefix"), "stream_table"]
    names += [f"{table}_table" for table in ("ratings", "movies", "links")]
    arguments = dict.fromkeys(names, "x")
    report = job.TableReport(read={"t": 200}, rejected={"rating_off_scale": 2})
    job.refuse_too_many({"rating": report}, job.JobArguments(**arguments, max_rejected_percent="1"))
    report.rejected["rating_off_scale"] = 3
    with pytest.raises(job.TrainingDataError, match=r"3 of 200 rows are rejected.*off_scale: 3"):
        job.refuse_too_many(
            {"rating": report}, job.JobArguments(**arguments, max_rejected_percent="1")
        )
    with pytest.raises(job.TrainingDataError, match="no good row"):
        job.refuse_too_many(
            {"rating": job.TableReport()}, job.JobArguments(**arguments, max_rejected_percent="1")
        )
    for bad in ("-1", "101", "some"):
        with pytest.raises(job.TrainingDataError, match="valid is 0 to 100"):
            job.JobArguments(**arguments, max_rejected_percent=bad)
