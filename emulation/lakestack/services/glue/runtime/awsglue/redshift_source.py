"""Amazon Redshift for Spark's own readers and writers: as the PostgreSQL that it looks like.

AWS Glue Developer Guide, "Redshift connections": AWS Glue brings a data source of Spark,
``io.github.spark_redshift_community.spark.redshift``, and Redshift's JDBC driver, which
``format("jdbc")`` uses. Both go by PostgreSQL's driver here, as `jdbc` says; what tells the first
about files in S3 (``tempdir``, ``aws_iam_role``, ``tempformat``, …) has nothing to do.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrameReader, DataFrameWriter

from . import jdbc, jdbc_sink
from .spark_builders import options_of, source_of

FORMAT = "io.github.spark_redshift_community.spark.redshift"
_URL = "jdbc:redshift:"


def install() -> None:
    """Let each reader and writer that names Redshift use PostgreSQL's driver."""
    setattr(DataFrameReader, "load", _load(DataFrameReader.load))  # noqa: B010 - a method to mypy
    setattr(DataFrameWriter, "save", _save(DataFrameWriter.save))  # noqa: B010
    for kind in (DataFrameReader, DataFrameWriter):
        setattr(kind, "jdbc", _jdbc(kind.jdbc))  # noqa: B010


def _load(plain: Any) -> Any:
    @functools.wraps(plain)
    def load(
        self: Any,
        path: Any = None,
        format: Any = None,  # noqa: A002 - Spark's signature
        schema: Any = None,
        **options: Any,
    ) -> Any:
        found = _target(self, format, options)
        if found is None:
            return plain(self, path, format, schema, **options)
        target, _ = found
        with target.used(self._spark, "reading"):
            given = {**options, "url": target.url, **target.properties}
            return plain(self.format("jdbc"), None, None, schema, **given)

    return load


def _save(plain: Any) -> Any:
    @functools.wraps(plain)
    def save(
        self: Any,
        path: Any = None,
        format: Any = None,  # noqa: A002 - Spark's signature
        *args: Any,
        **options: Any,
    ) -> None:
        found = _target(self, format, options)
        if found is None:
            plain(self, path, format, *args, **options)
            return
        target, told = found
        with target.used(self._spark, f"writing {told.get('dbtable', '')}"):
            jdbc_sink.run(self._spark, target, told.get("preactions"))
            given = {**options, "url": target.url, **target.properties}
            plain(self.format("jdbc"), None, None, *args, **given)
            jdbc_sink.run(self._spark, target, told.get("postactions"))

    return save


def _jdbc(plain: Any) -> Any:
    """``read.jdbc`` and ``write.jdbc``."""

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(plain).bind(self, *args, **kwargs)
        url = str(given.arguments["url"])
        if not url.startswith(_URL):
            return plain(self, *args, **kwargs)
        target = jdbc.target("redshift", {"url": url})
        properties = {**(given.arguments.get("properties") or {}), **target.properties}
        given.arguments.update(url=target.url, properties=properties)
        with target.used(self._spark, f"reading or writing {given.arguments['table']}"):
            return plain(*given.args, **given.kwargs)

    return call


def _target(
    builder: Any, source: Any, given: Mapping[str, Any]
) -> tuple[jdbc.Target, dict[str, Any]] | None:
    """The database that a reader or writer names, and its options; None: no Redshift.

    Raises:
        SourceError: its secret is not there
        ValueError: it has no URL
    """
    kind = str(source or source_of(builder)).lower()
    if kind not in (FORMAT, "jdbc"):
        return None
    told: dict[str, Any] = options_of(builder) | {name.lower(): v for name, v in given.items()}
    if kind == "jdbc" and not str(told.get("url", "")).startswith(_URL):
        return None
    if secret := told.get("secret.id"):
        told["secretid"] = secret
    return jdbc.target("redshift", told), told
