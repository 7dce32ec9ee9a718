"""S3 as a source: the endpoint's settings, the objects of a table's folder, their bytes.

AWS DMS User Guide, "Using Amazon S3 as a source for AWS DMS".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.dms.csv_source import CsvFormat
from lakestack.services.dms.errors import DefinitionError, TableError
from lakestack.services.dms.external_table import SourceTable, parse_external_table_definition

CHUNK_BYTES = 4 * 1024 * 1024

# Extra connection attributes are the older spelling of the same settings.
_ATTRIBUTES = {
    "bucketname": "BucketName",
    "bucketfolder": "BucketFolder",
    "csvdelimiter": "CsvDelimiter",
    "csvrowdelimiter": "CsvRowDelimiter",
    "csvnullvalue": "CsvNullValue",
    "ignoreheaderrows": "IgnoreHeaderRows",
    "compressiontype": "CompressionType",
    "rfc4180": "Rfc4180",
    "dataformat": "DataFormat",
    "serviceaccessrolearn": "ServiceAccessRoleArn",
    "externaltabledefinition": "ExternalTableDefinition",
}


@dataclass(frozen=True)
class S3Object:
    """An object of a source table: its key and its size in bytes."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class S3Source:
    """A checked S3 source endpoint."""

    bucket: str
    folder: str
    form: CsvFormat
    tables: tuple[SourceTable, ...]

    def prefix(self, table: SourceTable) -> str:
        """The table's folder in the bucket, ending in a slash."""
        parts = [p for p in f"{self.folder}/{table.path}".split("/") if p]
        return "/".join(parts) + "/"


def parse_s3_source(endpoint: dict[str, Any]) -> S3Source:
    """Read the settings of an S3 source endpoint as CreateEndpoint got them.

    Raises:
        DefinitionError: naming the setting that is missing or wrong
    """
    settings = {
        **extra_attributes(endpoint.get("ExtraConnectionAttributes") or ""),
        **{k: v for k, v in (endpoint.get("S3Settings") or {}).items() if v is not None},
    }
    if endpoint.get("ExternalTableDefinition"):
        settings.setdefault("ExternalTableDefinition", endpoint["ExternalTableDefinition"])
    if endpoint.get("ServiceAccessRoleArn"):
        settings.setdefault("ServiceAccessRoleArn", endpoint["ServiceAccessRoleArn"])
    for name in ("ServiceAccessRoleArn", "BucketName", "ExternalTableDefinition"):
        if not settings.get(name):
            raise DefinitionError(f"The parameter {name} must be provided and must not be blank")
    if str(settings.get("DataFormat", "csv")).lower() != "csv":
        raise DefinitionError("DataFormat parquet is not emulated for an S3 source; valid: csv")
    compression = str(settings.get("CompressionType", "NONE")).upper()
    if compression not in ("NONE", "GZIP"):
        raise DefinitionError(f"CompressionType is {compression!r}; valid: NONE, GZIP")
    return S3Source(
        bucket=str(settings["BucketName"]),
        folder=str(settings.get("BucketFolder") or ""),
        form=CsvFormat(
            delimiter=str(settings.get("CsvDelimiter") or ","),
            row_delimiter=str(settings.get("CsvRowDelimiter") or "\n"),
            null_value=str(settings.get("CsvNullValue") or ""),
            header_rows=_header_rows(settings.get("IgnoreHeaderRows", 0)),
            rfc4180=_is_true(settings.get("Rfc4180", True)),
            gzip=compression == "GZIP",
        ),
        tables=parse_external_table_definition(settings["ExternalTableDefinition"]),
    )


def _header_rows(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise DefinitionError(f"IgnoreHeaderRows is {value!r}; valid: 0, 1") from None


def _is_true(value: Any) -> bool:
    text = str(value).lower()
    if text in ("true", "y", "false", "n"):
        return text in ("true", "y")
    raise DefinitionError(f"Rfc4180 is {value!r}; valid: true, false, y, n")


def extra_attributes(text: str) -> dict[str, Any]:
    """The S3Settings in ExtraConnectionAttributes.

    Parse ``name=value;name=value``; only the external table definition may contain a ``;``.
    Attributes that only concern CDC or a target are accepted and have no effect on a full load.
    """
    settings: dict[str, Any] = {}
    rest = text.strip()
    while rest:
        name, equals, rest = rest.partition("=")
        if not equals:
            raise DefinitionError(f"ExtraConnectionAttributes: {name.strip()!r} has no value")
        name = name.strip().lower()
        if name == "externaltabledefinition":
            # A JSON document may contain semicolons: it ends where its braces balance.
            end = _json_end(rest)
            value, rest = rest[:end], rest[end:].lstrip().removeprefix(";")
        else:
            value, _, rest = rest.partition(";")
        rest = rest.lstrip()
        if name in _ATTRIBUTES:
            settings[_ATTRIBUTES[name]] = value
    return settings


def _json_end(text: str) -> int:
    depth, in_string, escaped = 0, False, False
    for i, char in enumerate(text):
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return i + 1
    raise DefinitionError("ExtraConnectionAttributes: externalTableDefinition is not valid JSON")


def list_objects(s3: Any, bucket: str, prefix: str) -> list[S3Object]:
    """The data files of a folder (not of its sub-folders), by name; empty objects are left out."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    return [
        S3Object(o["Key"], o["Size"], o["ETag"])
        for page in pages
        for o in page.get("Contents", [])
        if o["Size"]
    ]


def read_object(
    s3: Any,
    bucket: str,
    item: S3Object,
    on_bytes: Callable[[int], None],
    retried: Callable[[Callable[[], bytes]], bytes] = lambda read: read(),
) -> Iterator[bytes]:
    """Read an object in ranges of `CHUNK_BYTES`.

    Args:
        on_bytes: told the size of each chunk once the next one is asked for
        retried: reads a range, again after an error that may pass: a body that breaks off too,
            which boto3 does not ask for again

    Raises:
        TableError: the object cannot be read, or changed or vanished while it was read
    """
    for start in range(0, item.size, CHUNK_BYTES):
        end = min(start + CHUNK_BYTES, item.size) - 1
        try:
            chunk = retried(partial(_read_range, s3, bucket, item, f"bytes={start}-{end}"))
        except ClientError as e:
            raise TableError(
                f"s3://{bucket}/{item.key} cannot be read: {e.response['Error']['Message']}"
            ) from e
        except BotoCoreError as e:
            raise TableError(f"s3://{bucket}/{item.key} cannot be read: {e}") from e
        yield chunk
        on_bytes(len(chunk))


def _read_range(s3: Any, bucket: str, item: S3Object, part: str) -> bytes:
    answer = s3.get_object(Bucket=bucket, Key=item.key, Range=part, IfMatch=item.etag)
    return bytes(answer["Body"].read())
