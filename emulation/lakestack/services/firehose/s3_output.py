"""Where in S3 a delivery stream writes: API "S3DestinationConfiguration", and what extends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from localstack.aws.api.firehose import InvalidArgumentException

from lakestack import extras
from lakestack.services.firehose.buffer import (
    DEFAULT_INTERVAL_SECONDS,
    DEFAULT_SIZE_MB,
    BufferingHints,
)
from lakestack.services.firehose.compression import (
    EXTENSIONS,
    NEEDS_ARROW,
    UNCOMPRESSED,
    compress,
)
from lakestack.services.firehose.object_key import ObjectNaming, PrefixError, check_prefixes

_BUCKET_ARN = re.compile(r"arn:aws[\w-]*:s3:::([\w.-]{3,255})")
_EXTENSION = re.compile(r"^$|\.[0-9a-z!\-_.*'()]+")

LogTarget = tuple[str, str]
"""CloudWatch Logs group and stream."""


@dataclass(frozen=True)
class S3Output:
    """A checked place for objects.

    Attributes:
        config: as it was given, merged with later updates
        log_target: for delivery errors, None when not enabled
    """

    config: dict[str, Any]
    bucket: str
    prefix: str
    error_prefix: str
    hints: BufferingHints
    compression: str
    extension: str
    zone: tzinfo
    kms_key: str | None
    log_target: LogTarget | None

    @classmethod
    def parse(
        cls, config: dict[str, Any], *, partitioned: bool = False, default_size: float | None = None
    ) -> S3Output:
        """Check a configuration.

        Args:
            partitioned: whether dynamic partitioning is enabled for it
            default_size: MiB that are buffered where it says nothing

        Raises:
            InvalidArgumentException: not valid on AWS
        """
        bucket = _BUCKET_ARN.fullmatch(config.get("BucketARN") or "")
        if not bucket:
            raise InvalidArgumentException(
                f"BucketARN '{config.get('BucketARN')}' is not valid; "
                "valid: arn:aws:s3:::<bucket name>"
            )
        if not config.get("RoleARN"):
            raise InvalidArgumentException("RoleARN must not be empty")
        prefix, error_prefix = config.get("Prefix") or "", config.get("ErrorOutputPrefix") or ""
        try:
            check_prefixes(prefix, error_prefix, partitioned=partitioned)
        except PrefixError as e:
            raise InvalidArgumentException(str(e)) from e
        return cls(
            config=config,
            bucket=bucket.group(1),
            prefix=prefix,
            error_prefix=error_prefix,
            hints=hints_of(config.get("BufferingHints") or {}, default_size or DEFAULT_SIZE_MB),
            compression=_compression(config.get("CompressionFormat") or UNCOMPRESSED),
            extension=_extension(config.get("FileExtension") or ""),
            zone=_zone(config.get("CustomTimeZone")),
            kms_key=_kms_key(config.get("EncryptionConfiguration") or {}),
            log_target=log_target(config),
        )

    def naming(self, stream: str, version: int, extension: str = "") -> ObjectNaming:
        """How its objects are named.

        Args:
            extension: where none is configured, instead of the compression's own
        """
        return ObjectNaming(
            stream=stream,
            version=str(version),
            prefix=self.prefix,
            error_prefix=self.error_prefix,
            compression=self.compression,
            extension=self.extension or extension,
            zone=self.zone,
        )

    def put(self, s3: Any, key: str, body: bytes, *, packed: bool = True) -> None:
        """Write an object.

        Args:
            packed: whether it is compressed as configured

        Raises:
            botocore.exceptions.ClientError: as S3 answers
        """
        arguments: dict[str, Any] = {}
        if self.kms_key:
            arguments = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key}
        s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=compress(body, self.compression, key) if packed else body,
            ContentType="application/octet-stream",
            **arguments,
        )

    def described(self) -> dict[str, Any]:
        """The configuration with what is default filled in."""
        return {
            "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
            "CloudWatchLoggingOptions": {"Enabled": False},
            **self.config,
            "BufferingHints": described_hints(self.hints),
            "CompressionFormat": self.compression,
        }


def described_hints(hints: BufferingHints) -> dict[str, int]:
    """API "BufferingHints"."""
    return {"SizeInMBs": int(hints.size_mb), "IntervalInSeconds": int(hints.interval)}


def log_target(config: dict[str, Any]) -> LogTarget | None:
    """The target of CloudWatchLoggingOptions.

    Raises:
        InvalidArgumentException: enabled without group or stream
    """
    options = config.get("CloudWatchLoggingOptions") or {}
    if not options.get("Enabled"):
        return None
    group, stream = options.get("LogGroupName"), options.get("LogStreamName")
    if not group or not stream:
        raise InvalidArgumentException(
            "CloudWatchLoggingOptions that are enabled need LogGroupName and LogStreamName"
        )
    return group, stream


def hints_of(hints: dict[str, Any], default_size: float, largest: int = 128) -> BufferingHints:
    """Check BufferingHints.

    Raises:
        InvalidArgumentException: out of range, or only one of the two
    """
    size, interval = hints.get("SizeInMBs"), hints.get("IntervalInSeconds")
    if (size is None) != (interval is None):
        raise InvalidArgumentException(
            "BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither"
        )
    # CloudFormation may hand numbers over as strings.
    size = default_size if size is None else int(size)
    interval = DEFAULT_INTERVAL_SECONDS if interval is None else int(interval)
    if not 1 <= size <= largest:
        raise InvalidArgumentException(f"SizeInMBs {size} is not between 1 and {largest}")
    if not 0 <= interval <= 900:
        raise InvalidArgumentException(f"IntervalInSeconds {interval} is not between 0 and 900")
    return BufferingHints(size, interval)


def needs_arrow(feature: str) -> None:
    """Refuse what pyarrow does, where it is not installed.

    Raises:
        InvalidArgumentException: with the command that installs it
    """
    if extras.missing(extras.GLUE):
        raise InvalidArgumentException(
            f"{feature} needs pyarrow; install with: {extras.install_command(extras.GLUE)}"
        )


def _compression(name: str) -> str:
    if name not in EXTENSIONS:
        raise InvalidArgumentException(
            f"CompressionFormat '{name}' is not valid; valid: {', '.join(EXTENSIONS)}"
        )
    if name in NEEDS_ARROW:
        needs_arrow(f"CompressionFormat {name}")
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
