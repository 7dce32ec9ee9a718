"""What makes a row of ratings, movies or links good: rules over DataFrames of text columns.

Pure functions of DataFrames; they read and write nothing. Valid under Spark 4 (``try_cast``,
nothing relies on ANSI being off).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

COLUMNS = {
    "rating": ("userid", "movieid", "rating", "timestamp"),
    "movies": ("movieid", "title", "genres"),
    "links": ("movieid", "imdbid", "tmdbid"),
}
OPTIONAL_COLUMNS = ("genres", "tmdbid")  # no item may have one
SOURCE, REASON, RECORD, UNREADABLE = "_source", "_reason", "_record", "_unreadable"
LARGEST_ID = 2**31 - 1
FIRST_MILLISECONDS = 10**11  # as seconds it is the year 5138: such a timestamp is in milliseconds
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


def with_numbers(frame: DataFrame, *names: str) -> DataFrame:
    """Add each text column as a double, null where it is no finite number, as ``_<name>``.

    A column of its own, because Spark would evaluate an expression again at each use.
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

    Args:
        movies: text columns movieid, title, genres and `SOURCE`
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

    Args:
        known_movies: one column ``movieid`` (int), distinct
        now: seconds since 1970; a later timestamp is in the future
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
