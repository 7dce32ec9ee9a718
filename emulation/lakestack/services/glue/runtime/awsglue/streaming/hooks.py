"""What Spark's own streaming readers and writers learn: Kinesis, and where a ledger is."""

from __future__ import annotations

import functools
import hashlib
import tempfile
import uuid
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.streaming.readwriter import DataStreamReader, DataStreamWriter

from .ledger import LEDGER_PROPERTY

S3_SCHEMES = ("s3://", "s3a://", "s3n://")


def install() -> None:
    """Let ``spark.readStream.format("kinesis")`` work, and each query know its ledger."""
    for kind in (DataStreamReader, DataStreamWriter):
        for name in ("option", "options"):
            setattr(kind, name, _noting(getattr(kind, name)))
    reader: Any = DataStreamReader
    reader.format = _format(reader.format)
    reader.load = _load(reader.load)
    writer: Any = DataStreamWriter
    for name in ("start", "toTable"):
        setattr(writer, name, _starting(getattr(writer, name)))


def ledger_of(checkpoint: str | None) -> str:
    """Where the ledger of a query is.

    Args:
        checkpoint: its checkpointLocation; None: Spark makes one that is gone with the query. Of
            other file systems than S3 and this machine's, those of a job are gone with its run
    """
    if checkpoint and (checkpoint.startswith(S3_SCHEMES) or checkpoint.startswith(("/", "file:"))):
        return checkpoint
    name = hashlib.sha256(checkpoint.encode()).hexdigest() if checkpoint else uuid.uuid4().hex
    return str(Path(tempfile.gettempdir()) / "streaming-ledgers" / name[:32])


def _noting(plain: Any) -> Any:
    """Remember options: a reader or writer has no way to ask for them."""

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = {**(dict([args]) if len(args) == 2 else {}), **kwargs}
        if "key" in kwargs:
            given = {kwargs["key"]: kwargs.get("value")}
        noted = self.__dict__.setdefault("_lake_options", {})
        noted.update({name.lower(): value for name, value in given.items()})
        return plain(self, *args, **kwargs)

    return call


def _format(plain: Any) -> Any:
    @functools.wraps(plain)
    def choose(self: Any, source: str) -> Any:
        self._lake_format = source
        return plain(self, source)

    return choose


def _load(plain: Any) -> Any:
    @functools.wraps(plain)
    def load(
        self: Any,
        path: Any = None,
        format: Any = None,  # noqa: A002 - Spark's signature
        schema: Any = None,
        **options: Any,
    ) -> DataFrame:
        source = format or getattr(self, "_lake_format", "")
        if str(source).lower() != "kinesis":
            found: DataFrame = plain(self, path, format, schema, **options)
            return found
        from . import kinesis

        noted = {**getattr(self, "_lake_options", {}), **options}
        given = kinesis.KINESIS_SOURCE.taken('readStream.format("kinesis")', noted)
        return kinesis.raw(self._spark, given)

    return load


def _starting(plain: Any) -> Any:
    """Tell the query's tasks where its ledger is."""

    @functools.wraps(plain)
    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        noted = getattr(self, "_lake_options", {})
        given = {name.lower(): value for name, value in kwargs.items()}
        checkpoint = given.get("checkpointlocation") or noted.get("checkpointlocation")
        context = self._spark.sparkContext
        before = context.getLocalProperty(LEDGER_PROPERTY)
        context.setLocalProperty(
            LEDGER_PROPERTY, ledger_of(str(checkpoint) if checkpoint else None)
        )
        try:
            return plain(self, *args, **kwargs)
        finally:
            context.setLocalProperty(LEDGER_PROPERTY, before)

    return start
