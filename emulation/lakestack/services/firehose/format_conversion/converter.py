"""Records into one Parquet or ORC file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from lakestack.services.base import client
from lakestack.services.firehose.format_conversion.hive_types import (
    HiveType,
    SchemaError,
    arrow_type,
    parse_type,
)
from lakestack.services.firehose.format_conversion.settings import LATEST, PARQUET, Conversion
from lakestack.services.firehose.format_conversion.values import MismatchError, fields_reader
from lakestack.services.firehose.record_splitting import after_space
from lakestack.services.firehose.records import SourceRecord

PARSE_ERROR = "DataFormatConversion.ParseError"
MALFORMED = "DataFormatConversion.MalformedData"
INVALID_SCHEMA = "DataFormatConversion.InvalidSchema"
NOT_FOUND = "DataFormatConversion.EntityNotFound"

Failure = tuple[SourceRecord, str, str]
"""A record with the code and the message of its error."""

_NOT_FOUND_TEXT = (
    "The specified table/database could not be found. Please ensure that the table/database exists "
    "and that the values provided in the schema configuration are correct, especially with regards "
    "to casing."
)


class _Unusable(Exception):  # noqa: N818 - of the table, not of a record
    """The table cannot be used: all records fail by it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Converter:
    """Converts the records of one object.

    Attributes:
        table: what an error says of the table: catalogId, databaseName and so on
    """

    def __init__(self, conversion: Conversion, account: str, region: str) -> None:
        self._conversion = conversion
        schema = conversion.schema
        self._region = schema.get("Region") or region
        self._account = schema.get("CatalogId") or account
        self.table = {
            "catalogId": self._account,
            "databaseName": schema["DatabaseName"],
            "tableName": schema["TableName"],
            "region": self._region,
            "versionId": schema.get("VersionId") or LATEST,
        }

    def convert(self, records: list[SourceRecord]) -> tuple[bytes | None, list[Failure]]:
        """Return the file, None without any row, and the records that do not fit.

        Raises:
            botocore.exceptions.ClientError: the Data Catalog does not answer; to be tried again
        """
        try:
            columns = self._columns()
        except _Unusable as e:
            return None, [(record, e.code, str(e)) for record in records]
        names = tuple(columns)
        read = fields_reader(names, tuple(columns.values()), self._conversion.deserializer)
        rows: list[dict[str, Any]] = []
        failures: list[Failure] = []
        for record in records:
            try:
                rows += _rows(record.data, read)
            except _Unusable as e:
                failures.append((record, e.code, str(e)))
        if not rows:
            return None, failures
        return self._file(columns, rows), failures

    def _columns(self) -> dict[str, HiveType]:
        glue = client(self._account, self._region, "glue")
        place = {"DatabaseName": self.table["databaseName"]}
        version = self.table["versionId"]
        try:
            if version == LATEST:
                table = glue.get_table(**place, Name=self.table["tableName"])["Table"]
            else:
                found = glue.get_table_version(
                    **place, TableName=self.table["tableName"], VersionId=version
                )
                table = found["TableVersion"]["Table"]
        except ClientError as e:
            if e.response["Error"]["Code"] == "EntityNotFoundException":
                raise _Unusable(NOT_FOUND, _NOT_FOUND_TEXT) from e
            raise
        given = (table.get("StorageDescriptor") or {}).get("Columns") or []
        if not given:
            raise _Unusable(INVALID_SCHEMA, "The schema is invalid: the table has no columns")
        try:
            return {column["Name"]: parse_type(column.get("Type") or "") for column in given}
        except SchemaError as e:
            raise _Unusable(INVALID_SCHEMA, f"The schema is invalid: {e}") from e

    def _file(self, columns: dict[str, HiveType], rows: list[dict[str, Any]]) -> bytes:
        import pyarrow as pa  # loaded when it is needed: so the emulator starts sooner

        arrays = [
            pa.array([row[name] for row in rows], arrow_type(hive))
            for name, hive in columns.items()
        ]
        table = pa.Table.from_arrays(arrays, names=list(columns))
        write = _write_parquet if self._conversion.writer == PARQUET else _write_orc
        body = io.BytesIO()
        write(table, body, self._conversion.options)
        return body.getvalue()


def _write_parquet(table: Any, body: io.BytesIO, options: dict[str, Any]) -> None:
    import pyarrow.parquet as pq

    compression = options["Compression"]
    per_row = max(1, table.nbytes // table.num_rows)
    pq.write_table(
        table,
        body,
        row_group_size=max(1, options["BlockSizeBytes"] // per_row),
        data_page_size=options["PageSizeBytes"],
        compression="NONE" if compression == "UNCOMPRESSED" else compression,
        use_dictionary=options["EnableDictionaryCompression"],
        version="1.0" if options["WriterVersion"] == "V1" else "2.6",
        data_page_version="1.0" if options["WriterVersion"] == "V1" else "2.0",
        use_deprecated_int96_timestamps=True,  # as Hive's writer does, and so Firehose
    )


def _write_orc(table: Any, body: io.BytesIO, options: dict[str, Any]) -> None:
    from pyarrow import orc

    names = [name.lower() for name in table.column_names]
    blooms = [name.lower() for name in options["BloomFilterColumns"]]
    compression = options["Compression"]
    orc.write_table(
        table,
        body,
        file_version=options["FormatVersion"].removeprefix("V").replace("_", "."),
        stripe_size=options["StripeSizeBytes"],
        compression="UNCOMPRESSED" if compression == "NONE" else compression,
        row_index_stride=options["RowIndexStride"],
        padding_tolerance=options["PaddingTolerance"] if options["EnablePadding"] else 0.0,
        dictionary_key_size_threshold=options["DictionaryKeyThreshold"],
        bloom_filter_columns=[names.index(name) for name in blooms if name in names] or None,
        bloom_filter_fpp=options["BloomFilterFalsePositiveProbability"],
    )


def _rows(data: bytes, read: Callable[[dict[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a record: it may hold several JSON objects that follow each other."""
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        raise _Unusable(PARSE_ERROR, f"Encountered malformed JSON. Invalid UTF-8: {e}") from e
    found: list[dict[str, Any]] = []
    at = after_space(text, 0)
    if at == len(text):
        raise _Unusable(MALFORMED, "The record was empty or contained only whitespace.")
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as e:
            raise _Unusable(PARSE_ERROR, f"Encountered malformed JSON. {e}") from e
        if isinstance(value, list):
            raise _Unusable(MALFORMED, "Data does not match the schema. An array is no record.")
        if not isinstance(value, dict):
            raise _Unusable(
                MALFORMED,
                "The input JSON contained a primitive at the top level. The top level must be an "
                "object or array.",
            )
        try:
            found.append(read(value))
        except (MismatchError, RecursionError) as e:
            raise _Unusable(MALFORMED, f"Data does not match the schema. {e}") from e
        at = after_space(text, at)
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as e:
        raise ValueError(f"the exponent of {text[:100]} is beyond all bounds") from e


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)
