"""Columns whose names differ by case alone: two in a DynamicFrame, one name in Spark SQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import Column, DataFrame

CASE_SENSITIVE = "spark.sql.caseSensitive"
_lock = threading.RLock()  # the setting is the session's; a script may use it in threads


@contextmanager
def exact_names(frame: DataFrame) -> Iterator[None]:
    """Let names within be those that are written, where the frame has two that differ by case.

    Spark resolves names when a frame is made, so what is made within stays as it is.
    """
    if len({name.lower() for name in frame.columns}) == len(frame.columns):
        yield
        return
    settings = frame.sparkSession.conf
    with _lock:
        before = settings.get(CASE_SENSITIVE, "false") or "false"
        settings.set(CASE_SENSITIVE, "true")
        try:
            yield
        finally:
            settings.set(CASE_SENSITIVE, before)


def selected(frame: DataFrame, *columns: Column) -> DataFrame:
    """The same as ``frame.select``, by exact names."""
    with exact_names(frame):
        return frame.select(*columns)
