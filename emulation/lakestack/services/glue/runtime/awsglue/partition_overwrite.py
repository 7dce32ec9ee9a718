"""Overwriting only the partitions that are written (``partitionOverwriteMode=dynamic``) in S3.

The S3A committers, which write in place, cannot do it and refuse; on AWS it works. Writes in that
mode get the committer that renames, which can.
"""

from __future__ import annotations

import functools
from typing import Any

from pyspark.sql import DataFrameWriter

MODE = "spark.sql.sources.partitionOverwriteMode"
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
        if mode.lower() == "dynamic":
            for name, value in _RENAMING.items():
                self._jwrite = self._jwrite.option(name, value)
        return plain(self, *args, **kwargs)

    return write
