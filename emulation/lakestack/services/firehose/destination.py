"""The S3 destination of a delivery stream: what a configuration says, and what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localstack.aws.api.firehose import InvalidArgumentException

from lakestack.services.firehose.buffer import (
    DEFAULT_INTERVAL_SECONDS,
    DEFAULT_SIZE_MB,
    BufferingHints,
)
from lakestack.services.firehose.object_key import EXTENSIONS, PrefixError, check_prefixes

DESTINATION_ID = "destinationId-000000000001"

_BUCKET_ARN = re.compile(r"arn:aws[\w-]*:s3:::([\w.-]{3,255})")
_EXTENSION = re.compile(r"^$|\.[0-9a-z!\-_.*'()]+")
_KNOWN_COMPRESSIONS = ("UNCOMPRESSED", "GZIP", "ZIP", "Snappy", "HADOOP_SNAPPY")

_SWITCHES = {
    "ProcessingConfiguration": "data processing (Lambda and other processors)",
    "DataFormatConversionConfiguration": "record format conversion",
    "DynamicPartitioningConfiguration": "dynamic partitioning",
}
_BASIC = (
    "RoleARN",
    "BucketARN",
    "Prefix",
    "ErrorOutputPrefix",
    "BufferingHints",
    "CompressionFormat",
    "EncryptionConfiguration",
    "CloudWatchLoggingOptions",
)


@dataclass(frozen=True)
class S3Destination:
    """A checked destination.

    Args:
        config: the configuration as it was given, merged with later updates
        extended: given as ExtendedS3DestinationConfiguration
    """

    config: dict[str, Any]
    extended: bool
    bucket: str
    prefix: str
    hints: BufferingHints
    compression: str
    extension: str
    zone: tzinfo
    kms_key: str | None

    @classmethod
    def parse(cls, config: dict[str, Any], *, extended: bool) -> S3Destination:
        """Check a configuration.

        Raises:
            InvalidArgumentException: not valid on AWS, or a feature that is not emulated
        """
        for field, feature in _SWITCHES.items():
            if field in config and (config[field] or {}).get("Enabled", field[0] == "D"):
                raise unsupported(f"{feature} ({field})")
        if config.get("S3BackupMode") == "Enabled":
            raise unsupported("backup of source records (S3BackupMode)")
        bucket = _BUCKET_ARN.fullmatch(config.get("BucketARN") or "")
        if not bucket:
            raise InvalidArgumentException(
                f"BucketARN '{config.get('BucketARN')}' is not valid; "
                "valid: arn:aws:s3:::<bucket name>"
            )
        if not config.get("RoleARN"):
            raise InvalidArgumentException("RoleARN must not be empty")
        prefix = config.get("Prefix") or ""
        try:
            check_prefixes(prefix, config.get("ErrorOutputPrefix") or "")
        except PrefixError as e:
            raise InvalidArgumentException(str(e)) from e
        return cls(
            config=config,
            extended=extended,
            bucket=bucket.group(1),
            prefix=prefix,
            hints=_hints(config.get("BufferingHints") or {}),
            compression=_compression(config.get("CompressionFormat") or "UNCOMPRESSED"),
            extension=_extension(config.get("FileExtension") or ""),
            zone=_zone(config.get("CustomTimeZone")),
            kms_key=_kms_key(config.get("EncryptionConfiguration") or {}),
        )

    def updated(self, changes: dict[str, Any], *, extended: bool) -> S3Destination:
        """Return this destination with the given members replaced, the others kept."""
        merged = {**self.config, **{k: v for k, v in changes.items() if v is not None}}
        return S3Destination.parse(merged, extended=self.extended or extended)

    @property
    def log_stream(self) -> tuple[str, str] | None:
        """CloudWatch Logs group and stream for delivery errors, None when not enabled."""
        options = self.config.get("CloudWatchLoggingOptions") or {}
        if not options.get("Enabled"):
            return None
        return options["LogGroupName"], options["LogStreamName"]

    def describe(self) -> dict[str, Any]:
        """Return the member of DescribeDeliveryStream's Destinations."""
        full = {
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "CloudWatchLoggingOptions": {"Enabled": False},
            **self.config,
            "BufferingHints": {
                "SizeInMBs": self.hints.size_mb,
                "IntervalInSeconds": self.hints.interval,
            },
            "CompressionFormat": self.compression,
        }
        basic = {name: full[name] for name in _BASIC if name in full}
        description = {"DestinationId": DESTINATION_ID, "S3DestinationDescription": basic}
        if self.extended:
            description["ExtendedS3DestinationDescription"] = {
                "S3BackupMode": "Disabled",
                **{k: v for k, v in full.items() if k != "S3BackupConfiguration"},
            }
        return description


def unsupported(feature: str) -> InvalidArgumentException:
    """Build the error for what AWS has and this emulator does not."""
    return InvalidArgumentException(
        f"Firehose {feature} is not part of the emulated data lake; "
        "valid here: DirectPut or a Kinesis stream into S3, without transformation"
    )


def _hints(hints: dict[str, Any]) -> BufferingHints:
    size, interval = hints.get("SizeInMBs"), hints.get("IntervalInSeconds")
    if (size is None) != (interval is None):
        raise InvalidArgumentException(
            "BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither"
        )
    # CloudFormation may hand numbers over as strings.
    size = DEFAULT_SIZE_MB if size is None else int(size)
    interval = DEFAULT_INTERVAL_SECONDS if interval is None else int(interval)
    if not 1 <= size <= 128:
        raise InvalidArgumentException(f"SizeInMBs {size} is not between 1 and 128")
    if not 0 <= interval <= 900:
        raise InvalidArgumentException(f"IntervalInSeconds {interval} is not between 0 and 900")
    return BufferingHints(size, interval)


def _compression(name: str) -> str:
    if name not in _KNOWN_COMPRESSIONS:
        raise InvalidArgumentException(
            f"CompressionFormat '{name}' is not valid; valid: {', '.join(_KNOWN_COMPRESSIONS)}"
        )
    if name not in EXTENSIONS:
        raise unsupported(f"CompressionFormat {name}")
    return name


def _extension(extension: str) -> str:
    if not _EXTENSION.fullmatch(extension):
        raise InvalidArgumentException(
            f"FileExtension '{extension}' is not valid; it begins with a period, for example .json"
        )
    return extension


def _zone(name: str | None) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:  # a folder, or too long
        raise InvalidArgumentException(f"CustomTimeZone '{name}' is not a time zone") from e


def _kms_key(encryption: dict[str, Any]) -> str | None:
    key = (encryption.get("KMSEncryptionConfig") or {}).get("AWSKMSKeyARN")
    return str(key) if key else None
