"""Rows as objects: what CTAS, INSERT INTO and UNLOAD write.

Amazon Athena User Guide, "CREATE TABLE AS", "UNLOAD" and "Use compression in Athena".
"""

from __future__ import annotations

import shutil
import urllib.parse
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestack.services.athena.engine import avro_file
from lakestack.services.athena.engine.errors import QueryError, not_supported
from lakestack.services.athena.engine.objects import Objects
from lakestack.services.athena.engine.types import literal, quoted

MAX_PARTITIONS = 100
"""Amazon Athena User Guide, "Use CTAS and INSERT INTO to work around the 100 partition limit"."""

_PARQUET = {
    "NONE": "uncompressed",
    "UNCOMPRESSED": "uncompressed",
    "SNAPPY": "snappy",
    "GZIP": "gzip",
    "ZSTD": "zstd",
    "LZ4": "lz4_raw",
}
_ORC = {"NONE": "uncompressed", "SNAPPY": "snappy", "ZLIB": "zlib", "ZSTD": "zstd", "LZ4": "lz4"}
_TEXT = {"NONE": ("none", ""), "GZIP": ("gzip", ".gz"), "ZSTD": ("zstd", ".zst")}
_DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
FORMATS = ("PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE")


@dataclass(frozen=True)
class Form:
    """How rows are written.

    Attributes:
        format: one of `FORMATS`
        compression: as Athena names it; None for the format's default
        delimiter: of text
        partitioned_by: the last columns
    """

    format: str
    compression: str | None
    delimiter: str
    partitioned_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        urls: of the objects
        partitions: values of the partitions that have objects
        rows: their number
    """

    urls: list[str]
    partitions: list[list[str]]
    rows: int


def write(
    connection: Any, sql: str, form: Form, location: str, objects: Objects, work: Path
) -> Written:
    """Run a query and write its rows below a location.

    Args:
        connection: DuckDB's, which may write into `work`
        sql: DuckDB's, with the partition keys last
        work: a folder for files, which are gone afterwards

    Raises:
        QueryError: the form is not emulated, or there are too many partitions
    """
    folder = work / uuid.uuid4().hex
    folder.mkdir()
    try:
        target = folder if form.partitioned_by else folder / "rows"
        options, suffix = _options(form)
        if form.partitioned_by and form.format == "JSON":
            rows = _by_partition(connection, sql, form, folder, options)
            return _uploaded(folder, form, suffix, location.rstrip("/"), objects, rows)
        if form.partitioned_by:
            names = ", ".join(map(quoted, form.partitioned_by))
            options += f", PARTITION_BY ({names}), OVERWRITE_OR_IGNORE"
        rows = connection.execute(f"COPY ({sql}) TO {literal(str(target))} ({options})").fetchone()[
            0
        ]
        return _uploaded(folder, form, suffix, location.rstrip("/"), objects, int(rows))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _by_partition(connection: Any, sql: str, form: Form, folder: Path, options: str) -> int:
    """Write one file after the other, where DuckDB does not divide; returns the number of rows."""
    names = [quoted(name) for name in form.partitioned_by]
    listed = ", ".join(names)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE lake_written AS {sql}")
    found = connection.execute(
        f"SELECT DISTINCT {', '.join(f'CAST({n} AS VARCHAR)' for n in names)} "
        f"FROM lake_written LIMIT {MAX_PARTITIONS + 1}"
    ).fetchall()
    rows = 0
    for values in found:
        below = folder
        for name, value in zip(form.partitioned_by, values, strict=True):
            shown = _DEFAULT_PARTITION if value is None else urllib.parse.quote(value, safe="")
            below = below / f"{name}={shown}"
        below.mkdir(parents=True)
        where = " AND ".join(
            f"CAST({name} AS VARCHAR) IS NOT DISTINCT FROM "
            f"{'NULL' if value is None else literal(value)}"
            for name, value in zip(names, values, strict=True)
        )
        chosen = f"SELECT * EXCLUDE ({listed}) FROM lake_written WHERE {where}"
        done = connection.execute(f"COPY ({chosen}) TO {literal(str(below / 'rows'))} ({options})")
        rows += int(done.fetchone()[0])
    return rows


def _uploaded(
    folder: Path, form: Form, suffix: str, location: str, objects: Objects, rows: int
) -> Written:
    files = sorted(each for each in folder.rglob("*") if each.is_file()) if rows else []
    places = {each: each.parent.relative_to(folder).parts for each in files}
    found = sorted({places[each] for each in files if places[each]})
    if len(found) > MAX_PARTITIONS:
        raise QueryError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS",
            f"Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets",
        )
    urls = []
    for number, file in enumerate(files):
        below = "".join(f"{part}/" for part in places[file])
        url = f"{location}/{below}{number:05d}_{uuid.uuid4()}{suffix}"
        convert = _CONVERTED.get(form.format)
        objects.upload(url, convert(file, form) if convert else file)
        urls.append(url)
    values = [[urllib.parse.unquote(part.partition("=")[2]) for part in parts] for parts in found]
    return Written(urls, values, rows)


def _options(form: Form) -> tuple[str, str]:
    """Options of COPY, and what names end with."""
    chosen = form.compression.upper() if form.compression else None
    if form.format == "PARQUET":
        return f"FORMAT parquet, COMPRESSION {_of(_PARQUET, chosen or 'GZIP', form)}", ""
    if form.format == "ORC":
        _of(_ORC, chosen or "ZLIB", form)
        return "FORMAT parquet, COMPRESSION uncompressed", ""
    if form.format == "AVRO":
        _of(avro_file.CODECS, chosen or "DEFLATE", form)
        return "FORMAT parquet, COMPRESSION uncompressed", ""
    compression, suffix = _of(_TEXT, chosen or "GZIP", form)
    if form.format == "JSON":
        return f"FORMAT json, COMPRESSION {compression}", suffix
    if form.format == "TEXTFILE":
        return (
            f"FORMAT csv, HEADER false, DELIMITER {literal(form.delimiter)}, QUOTE '', ESCAPE '', "
            f"NULLSTR '\\N', COMPRESSION {compression}",
            suffix,
        )
    raise not_supported(f"Writing the format {form.format}")


def _of(known: dict[str, Any], chosen: str, form: Form) -> Any:
    if chosen not in known:
        raise not_supported(f"The compression {chosen} of {form.format}")
    return known[chosen]


def _as_parquet(file: Path, form: Form) -> Path:
    """Timestamps as INT96, as Athena writes them: DuckDB writes INT64.

    The tests of AWS SDK for pandas, which run on AWS, read them so.
    """
    import pyarrow.parquet as pq

    source = pq.ParquetFile(file)
    if not any(_has_timestamp(each.type) for each in source.schema_arrow):
        return file
    made = file.with_name(f"{file.name}.int96")
    named = _PARQUET[(form.compression or "GZIP").upper()]
    codec = {"uncompressed": "none", "lz4_raw": "lz4"}.get(named, named)
    with pq.ParquetWriter(
        made,
        source.schema_arrow,
        compression=codec,
        use_deprecated_int96_timestamps=True,
        store_schema=False,
    ) as writer:
        for at in range(source.num_row_groups):
            writer.write_table(source.read_row_group(at))
    return made


def _has_timestamp(kind: Any) -> bool:
    import pyarrow.types as pt

    if pt.is_timestamp(kind):
        return True
    return any(_has_timestamp(kind.field(at).type) for at in range(kind.num_fields))


def _as_orc(file: Path, form: Form) -> Path:
    import pyarrow.parquet as pq
    from pyarrow import orc

    made = file.with_suffix(".orc")
    compression = _ORC[(form.compression or "ZLIB").upper()]
    orc.write_table(pq.read_table(file, partitioning=None), str(made), compression=compression)
    return made


def _as_avro(file: Path, form: Form) -> Path:
    made = file.with_suffix(".avro")
    avro_file.write(file, made, avro_file.CODECS[(form.compression or "DEFLATE").upper()])
    return made


_CONVERTED = {"PARQUET": _as_parquet, "ORC": _as_orc, "AVRO": _as_avro}
"""What DuckDB does not write."""


def form_of(properties: dict[str, Any], *, default: str) -> Form:
    """The form that a statement's WITH asks for.

    Raises:
        QueryError: a property is unknown or its value is
    """
    given = dict(properties)
    name = str(given.pop("format", default)).upper()
    if name not in FORMATS:
        raise not_supported(f"Writing the format {name}")
    compression = given.pop("compression", None) or given.pop("write_compression", None)
    compression = compression or given.pop(f"{name.lower()}_compression", None)
    delimiter = given.pop("field_delimiter", "\1" if default == "PARQUET" else ",")
    partitioned = tuple(each.lower() for each in given.pop("partitioned_by", ()))
    given.pop("compression_level", None)
    if given:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"line 1:1: table property '{sorted(given)[0]}' does not exist, or is not part of the "
            "emulated Athena",
        )
    return Form(name, compression, delimiter, partitioned)


def check_partitions_last(columns: Sequence[str], form: Form) -> None:
    """Partition keys are the last columns of the query.

    Raises:
        QueryError: they are not
    """
    wanted = [each.lower() for each in form.partitioned_by]
    found = [each.lower() for each in columns][len(columns) - len(wanted) :]
    if wanted and (found != wanted or len(wanted) == len(columns)):
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the "
            f"table properties: {wanted}",
        )
