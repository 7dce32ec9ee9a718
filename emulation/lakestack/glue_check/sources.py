"""A source or sink as a script names it: connection type, format, and their options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.values import UNKNOWN
from lakestack.services.glue.runtime.awsglue import options as known
from lakestack.services.glue.runtime.awsglue.coverage import APPLIED, Effect, Entry
from lakestack.services.glue.runtime.awsglue.coverage.connections import (
    READ_FORMATS,
    SINKS,
    SOURCES,
    WRITE_FORMATS,
)

__all__ = ["Endpoint", "Sides"]

STREAM_TYPES = ("kafka", "kinesis")
_DATABASES = ("jdbc", "mysql", "oracle", "postgresql", "redshift", "sqlserver")


class Sides(Enum):
    """Whether it is read or written."""

    SOURCE = "source"
    SINK = "sink"


@dataclass(frozen=True)
class Endpoint:
    """A call that reads or writes.

    Args:
        file: the script
        line: of the call
        side: whether it reads or writes
        streams: whether it reads streams, as ``create_data_frame`` does
    """

    file: str
    line: int
    side: Sides
    streams: bool = True

    def of_options(self, given: Mapping[Any, Any]) -> Iterator[Finding]:
        """Of ``from_options``, ``getSink`` and ``getSource``, by their parameters."""
        kind = given.get("connection_type", UNKNOWN)
        options = given.get("connection_options", {})
        if not isinstance(kind, str):
            yield self._run_time("connection type", "(an expression)")
        else:
            reads = self.side is Sides.SOURCE
            table = {name.lower(): row for name, row in (SOURCES if reads else SINKS).items()}
            entry = table.get(kind.lower())
            if entry is None:
                note = "AWS documents no such connection type"
                yield self._found("connection type", kind, Verdict.REFUSED, note)
            elif kind.lower() in STREAM_TYPES and reads and not self.streams:
                note = "as a batch; instead: create_data_frame, as a stream"
                yield self._found("connection type", kind, Verdict.REFUSED, note)
            else:
                yield Finding.of(self.file, self.line, "connection type", kind, entry)
                if entry.effect is not Effect.REFUSED:
                    yield from self._options(_of_connection(kind.lower(), reads), options, kind)
                if kind.lower() in ("s3", "file"):
                    yield from self.of_format(given.get("format"), given.get("format_options", {}))

    def of_catalog(self, options: Any) -> Iterator[Finding]:
        """Of ``from_catalog``, by its additional options; the table may be of any kind."""
        reads = self.side is Sides.SOURCE
        own = known.CATALOG_SOURCE if reads else known.CATALOG_SINK
        others = (
            (known.DYNAMODB_SOURCE, known.JDBC_SOURCE)
            if reads
            else (known.DYNAMODB_SINK, known.JDBC_SINK)
        )
        merged = known.Known(
            own.applied.union(*(each.applied for each in others)),
            own.tuning.union(*(each.tuning for each in others)),
            frozenset[str]().union(*(each.refused for each in (own, *others))),
        )
        yield from self._options(merged, options, "from_catalog")

    def of_jdbc(self, options: Any) -> Iterator[Finding]:
        """Of ``from_jdbc_conf``."""
        own = known.JDBC_SOURCE if self.side is Sides.SOURCE else known.JDBC_SINK
        yield from self._options(own, options, "from_jdbc_conf")

    def of_format(self, kind: Any, options: Any) -> Iterator[Finding]:
        """Of a format and its options."""
        if kind in (None, ""):
            return
        if not isinstance(kind, str):
            yield self._run_time("format", "(an expression)")
            return
        reads = self.side is Sides.SOURCE
        table = {
            name.lower(): row for name, row in (READ_FORMATS if reads else WRITE_FORMATS).items()
        }
        name = kind.lower().removeprefix("glue") if reads else kind.lower()
        entry = table.get(name)
        if entry is None:
            note = "AWS documents no such format"
            yield self._found("format", kind, Verdict.REFUSED, note)
            return
        yield Finding.of(self.file, self.line, "format", kind, entry)
        own = (known.READERS if reads else known.WRITERS).get(name)
        if own is not None:
            yield from self._options(own, options, f"format {kind}")

    def _options(self, own: known.Known | None, options: Any, where: str) -> Iterator[Finding]:
        if own is None:
            return
        if not isinstance(options, dict):
            if options is not None:
                yield self._run_time("option", f"(options of {where})")
            return
        for name in options:
            if not isinstance(name, str):
                yield self._run_time("option", f"(further options of {where})")
                continue
            yield Finding.of(self.file, self.line, "option", name, _row(own, name.lower()))

    def _found(self, kind: str, name: str, verdict: Verdict, note: str = "") -> Finding:
        return Finding(self.file, self.line, kind, name, verdict, note)

    def _run_time(self, kind: str, name: str) -> Finding:
        return self._found(kind, name, Verdict.RUN_TIME)


def _of_connection(kind: str, reads: bool) -> known.Known | None:
    if kind in ("s3", "file"):
        return known.S3_SOURCE if reads else known.S3_SINK
    if kind == "dynamodb":
        return known.DYNAMODB_SOURCE if reads else known.DYNAMODB_SINK
    if kind in _DATABASES:
        return known.JDBC_SOURCE if reads else known.JDBC_SINK
    return None


def _row(own: known.Known, name: str) -> Entry:
    if name in own.applied:
        return APPLIED
    if name in own.refused:
        return Entry(Effect.REFUSED)
    if name in own.tuning:
        return Entry(Effect.NONE, "it only tunes how AWS works")
    return Entry(Effect.NONE, "not documented by AWS, which ignores it too")
