"""Overwriting only the partitions that are written (``partitionOverwriteMode=dynamic``) in S3.

The S3A committers, which write in place, cannot do it; on AWS it works. Writes in that mode go by
Spark's own protocol and the committer that renames, which can.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrameWriter, SparkSession

from .file_names import PROTOCOL

MODE = "spark.sql.sources.partitionOverwriteMode"
_RENAMING_PROTOCOL = "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol"
_RENAMING = {
    **{
        f"mapreduce.outputcommitter.factory.scheme.{scheme}": (
            "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
        )
        for scheme in ("s3", "s3a", "s3n")
    },
    "spark.sql.parquet.output.committer.class": (
        "org.apache.parquet.hadoop.ParquetOutputCommitter"
    ),
}
_lock = threading.RLock()  # the protocol is a setting of the session; a script may use threads
_WRITES = ("save", "csv", "json", "orc", "parquet", "text", "insertInto", "saveAsTable")


def install() -> None:
    """Let every DataFrameWriter of this process choose the committer by the mode."""
    for name in _WRITES:
        setattr(DataFrameWriter, name, _choosing(getattr(DataFrameWriter, name)))
    for name in ("option", "options"):
        setattr(DataFrameWriter, name, _noting(getattr(DataFrameWriter, name)))


def _noting(plain: Any) -> Any:
    """Remember the mode that a writer is given: it has no way to ask for its options."""

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = {**(dict([args]) if len(args) == 2 else {}), **kwargs}
        if "key" in kwargs:
            given[kwargs["key"]] = kwargs.get("value")
        for name, value in given.items():
            if name.lower() == "partitionoverwritemode":
                self._lake_overwrite_mode = str(value)
        return plain(self, *args, **kwargs)

    return call


def _choosing(plain: Any) -> Any:
    @functools.wraps(plain)
    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        mode = getattr(self, "_lake_overwrite_mode", None) or self._spark.conf.get(MODE, "static")
        if mode.lower() != "dynamic":
            return plain(self, *args, **kwargs)
        with renaming(self._spark):
            return plain(self, *args, **kwargs)

    return write


@contextmanager
def renaming(spark: SparkSession) -> Iterator[None]:
    """Let what is written within be renamed into place: Spark reads these settings of a session."""
    with settings(spark, {**_RENAMING, PROTOCOL: _RENAMING_PROTOCOL}):
        yield


@contextmanager
def settings(spark: SparkSession, wanted: Mapping[str, str]) -> Iterator[None]:
    """Let a session have other settings within."""
    conf = spark.conf
    with _lock:
        before: dict[str, str | None] = {name: conf.get(name, None) for name in wanted}
        try:
            for name, value in wanted.items():
                conf.set(name, value)
            yield
        finally:
            for name, was in before.items():
                if was is None:
                    conf.unset(name)
                else:
                    conf.set(name, was)
