"""API "DataFormatConversionConfiguration": what it says, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api.firehose import InvalidArgumentException

from lakestack.services.firehose.format_conversion.timestamps import (
    MILLIS,
    PatternError,
    Reader,
    joda_reader,
)
from lakestack.services.firehose.s3_output import needs_arrow

PARQUET, ORC = "ParquetSerDe", "OrcSerDe"
OPENX, HIVE = "OpenXJsonSerDe", "HiveJsonSerDe"
EXTENSIONS = {PARQUET: ".parquet", ORC: ".orc"}
LATEST = "LATEST"

_MEBIBYTE = 1024 * 1024
_PARQUET: dict[str, Any] = {
    "BlockSizeBytes": 256 * _MEBIBYTE,
    "PageSizeBytes": _MEBIBYTE,
    "Compression": "SNAPPY",
    "EnableDictionaryCompression": False,
    "MaxPaddingBytes": 0,
    "WriterVersion": "V1",
}
_ORC: dict[str, Any] = {
    "StripeSizeBytes": 64 * _MEBIBYTE,
    "BlockSizeBytes": 256 * _MEBIBYTE,
    "RowIndexStride": 10_000,
    "EnablePadding": False,
    "PaddingTolerance": 0.05,
    "Compression": "SNAPPY",
    "BloomFilterColumns": [],
    "BloomFilterFalsePositiveProbability": 0.05,
    "DictionaryKeyThreshold": 0.0,
    "FormatVersion": "V0_12",
}
_DEFAULTS = {PARQUET: _PARQUET, ORC: _ORC}
_VALID = {
    (PARQUET, "Compression"): ("UNCOMPRESSED", "GZIP", "SNAPPY"),
    (PARQUET, "WriterVersion"): ("V1", "V2"),
    (ORC, "Compression"): ("NONE", "ZLIB", "SNAPPY"),
    (ORC, "FormatVersion"): ("V0_11", "V0_12"),
}
_RANGES: dict[str, tuple[float, float]] = {
    "BlockSizeBytes": (64 * _MEBIBYTE, float("inf")),
    "PageSizeBytes": (64 * 1024, float("inf")),
    "MaxPaddingBytes": (0, float("inf")),
    "StripeSizeBytes": (8 * _MEBIBYTE, float("inf")),
    "RowIndexStride": (1000, float("inf")),
    "PaddingTolerance": (0, 1),
    "BloomFilterFalsePositiveProbability": (0, 1),
    "DictionaryKeyThreshold": (0, 1),
}


@dataclass(frozen=True)
class Deserializer:
    """How JSON is read.

    Attributes:
        kind: `OPENX` or `HIVE`
        case_insensitive: whether keys are lower-cased before they are compared
        dots: whether ``.`` in keys becomes ``_``
        keys: of a column that has another name in the JSON
        formats: of timestamps, tried before the usual ones
    """

    kind: str
    case_insensitive: bool = True
    dots: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    formats: tuple[Reader, ...] = ()


@dataclass(frozen=True)
class Conversion:
    """A checked configuration.

    Attributes:
        schema: SchemaConfiguration as it was given
        writer: `PARQUET` or `ORC`
        options: of the writer, with AWS's defaults filled in
    """

    schema: dict[str, str]
    deserializer: Deserializer
    writer: str
    options: dict[str, Any]

    @property
    def extension(self) -> str:
        """Default extension of the objects."""
        return EXTENSIONS[self.writer]

    @classmethod
    def parse(cls, config: Mapping[str, Any] | None) -> Conversion | None:
        """Check a configuration; None for none, and for one that is not enabled.

        Raises:
            InvalidArgumentException: what is not valid on AWS, or pyarrow is not installed
        """
        if not config or not config.get("Enabled", True):
            return None
        needs_arrow("Record format conversion")
        schema = dict(config.get("SchemaConfiguration") or {})
        for name in ("RoleARN", "DatabaseName", "TableName"):
            if not schema.get(name):
                raise InvalidArgumentException(
                    f"SchemaConfiguration.{name} must not be empty when data format conversion is "
                    "enabled"
                )
        reading = (config.get("InputFormatConfiguration") or {}).get("Deserializer")
        writing = (config.get("OutputFormatConfiguration") or {}).get("Serializer")
        kind, given = _only("Deserializer", reading, (OPENX, HIVE))
        writer, options = _only("Serializer", writing, (PARQUET, ORC))
        return cls(schema, _deserializer(kind, given), writer, _options(writer, options))


def _only(
    name: str, given: Mapping[str, Any] | None, kinds: tuple[str, ...]
) -> tuple[str, Mapping[str, Any]]:
    found = [kind for kind in kinds if (given or {}).get(kind) is not None]
    if len(found) != 1:
        raise InvalidArgumentException(
            f"{name} must have exactly one of {', '.join(kinds)}; received "
            f"{', '.join(found) or 'none'}"
        )
    return found[0], (given or {})[found[0]]


def _deserializer(kind: str, given: Mapping[str, Any]) -> Deserializer:
    if kind == OPENX:
        insensitive = given.get("CaseInsensitive")
        return Deserializer(
            kind,
            case_insensitive=True if insensitive is None else bool(insensitive),
            dots=bool(given.get("ConvertDotsInJsonKeysToUnderscores")),
            keys=dict(given.get("ColumnToJsonKeyMappings") or {}),
        )
    formats = []
    for pattern in given.get("TimestampFormats") or []:
        try:
            formats.append(joda_reader(pattern))
        except PatternError as e:
            raise InvalidArgumentException(
                f"TimestampFormats has '{pattern}': {e}; valid: patterns of Joda time, or {MILLIS}"
            ) from e
    return Deserializer(kind, formats=tuple(formats))


def _options(writer: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(_DEFAULTS[writer])
    for name, value in given.items():
        if name not in found:
            raise InvalidArgumentException(
                f"{writer} has no option '{name}'; valid: {', '.join(found)}"
            )
        if value is None:
            continue
        if valid := _VALID.get((writer, name)):
            if value not in valid:
                raise InvalidArgumentException(
                    f"{name} '{value}' of {writer} is not valid; valid: {', '.join(valid)}"
                )
        elif name in _RANGES:
            least, most = _RANGES[name]
            number = type(found[name])(value)  # CloudFormation may hand them over as strings
            if not least <= number <= most:
                raise InvalidArgumentException(
                    f"{name} {value} of {writer} is not valid; valid: {least:g} to {most:g}"
                )
            found[name] = number
            continue
        found[name] = value
    return found
