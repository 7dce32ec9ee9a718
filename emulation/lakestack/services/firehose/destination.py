"""The S3 destination of a delivery stream: what a configuration says, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from localstack.aws.api.firehose import InvalidArgumentException

from lakestack.services.firehose import processing
from lakestack.services.firehose.buffer import BufferingHints
from lakestack.services.firehose.compression import UNCOMPRESSED
from lakestack.services.firehose.format_conversion.settings import Conversion
from lakestack.services.firehose.metadata_query import MetadataQuery, QueryError, available
from lakestack.services.firehose.object_key import LAMBDA, QUERY, partition_expressions
from lakestack.services.firehose.processing import Processing
from lakestack.services.firehose.s3_output import LogTarget, S3Output

DESTINATION_ID = "destinationId-000000000001"
S3, EXTENDED_S3 = "S3Destination", "ExtendedS3Destination"

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
_LEAST_SIZE_MB = 64
"""With dynamic partitioning or format conversion."""

_LARGEST_SIZE_MB = 128
"""The default with those."""

DEFAULT_RETRY_SECONDS = 300
MAX_RETRY_SECONDS = 7200


class Destination(Protocol):
    """Where the records of a delivery stream go.

    Attributes:
        kind: name of its configuration in the API, without that word
        config: as it was given, merged with later updates
        hints: how what goes there is buffered
        processing: what is done with the records before
        errors: where failed records are written
        backup: where source records are written, None if they are not
        log_target: CloudWatch Logs group and stream for errors, None when not enabled
    """

    @property
    def kind(self) -> str: ...

    @property
    def config(self) -> dict[str, Any]: ...

    @property
    def hints(self) -> BufferingHints: ...

    @property
    def processing(self) -> Processing: ...

    @property
    def errors(self) -> S3Output: ...

    @property
    def backup(self) -> S3Output | None: ...

    @property
    def log_target(self) -> LogTarget | None: ...

    def updated(self, changes: dict[str, Any], kind: str) -> Destination:
        """This destination with the given members replaced, the others kept."""
        ...

    def describe(self) -> dict[str, Any]:
        """The member of DescribeDeliveryStream's Destinations."""
        ...


@dataclass(frozen=True)
class S3Destination:
    """A checked destination in S3.

    Attributes:
        query: for the partition keys, None without
        partitioned: whether dynamic partitioning is enabled
        retry_seconds: how long a partition's object is tried to be written
    """

    kind: str
    config: dict[str, Any]
    output: S3Output
    processing: Processing
    backup: S3Output | None
    conversion: Conversion | None
    query: MetadataQuery | None
    partitioned: bool
    retry_seconds: float

    @classmethod
    def parse(cls, config: dict[str, Any], *, extended: bool) -> S3Destination:
        """Check a configuration.

        Raises:
            InvalidArgumentException: not valid on AWS, or a feature that is not emulated
        """
        partitioning = config.get("DynamicPartitioningConfiguration") or {}
        partitioned = bool(partitioning.get("Enabled"))
        conversion = Conversion.parse(config.get("DataFormatConversionConfiguration"))
        large = "Dynamic Partitioning" if partitioned else "data format conversion"
        output = S3Output.parse(
            config,
            partitioned=partitioned,
            default_size=_LARGEST_SIZE_MB if partitioned or conversion else None,
        )
        if (partitioned or conversion) and output.hints.size_mb < _LEAST_SIZE_MB:
            raise InvalidArgumentException(
                f"BufferingHints.SizeInMBs must be at least {_LEAST_SIZE_MB} when {large} is "
                "enabled."
            )
        if conversion and output.compression != UNCOMPRESSED:
            raise InvalidArgumentException(
                f"CompressionFormat must be {UNCOMPRESSED} when data format conversion is "
                f"enabled; received {output.compression}"
            )
        processed = processing.parse(config.get("ProcessingConfiguration"), partitioned=partitioned)
        if partitioned:
            _check_keys(output.prefix, processed)
        return cls(
            kind=EXTENDED_S3 if extended else S3,
            config=config,
            output=output,
            processing=processed,
            backup=_backup(config),
            conversion=conversion,
            query=_query(processed.query),
            partitioned=partitioned,
            retry_seconds=retry_seconds(partitioning),
        )

    @property
    def hints(self) -> BufferingHints:
        return self.output.hints

    @property
    def errors(self) -> S3Output:
        return self.output

    @property
    def log_target(self) -> LogTarget | None:
        return self.output.log_target

    def updated(self, changes: dict[str, Any], kind: str) -> S3Destination:
        """Return this destination with the given members replaced, the others kept.

        Raises:
            InvalidArgumentException: not valid on AWS
        """
        merged = {**self.config, **changes}
        if backup := merged.pop("S3BackupUpdate", None):
            merged["S3BackupConfiguration"] = {
                **(self.config.get("S3BackupConfiguration") or {}),
                **backup,
            }
        if self.backup is not None and merged.get("S3BackupMode") == "Disabled":
            raise InvalidArgumentException("S3BackupMode cannot be disabled once it is enabled")
        new = S3Destination.parse(merged, extended=EXTENDED_S3 in (self.kind, kind))
        if new.partitioned != self.partitioned:
            raise InvalidArgumentException(
                "Dynamic partitioning cannot be enabled or disabled for an existing delivery stream"
            )
        return new

    def describe(self) -> dict[str, Any]:
        """Return the member of DescribeDeliveryStream's Destinations."""
        full = self.output.described()
        basic = {name: full[name] for name in _BASIC if name in full}
        description = {"DestinationId": DESTINATION_ID, "S3DestinationDescription": basic}
        if self.kind == EXTENDED_S3:
            unset = {
                "S3BackupMode": "Disabled",
                "DataFormatConversionConfiguration": {"Enabled": False},
            }
            extended = {**unset, **full}
            backup = extended.pop("S3BackupConfiguration", None)
            if backup:
                extended["S3BackupDescription"] = S3Output.parse(backup).described()
            if self.partitioned:
                extended["DynamicPartitioningConfiguration"] = {
                    "Enabled": True,
                    "RetryOptions": {"DurationInSeconds": int(self.retry_seconds)},
                }
            description["ExtendedS3DestinationDescription"] = extended
        return description


def retry_seconds(config: Mapping[str, Any]) -> float:
    """RetryOptions.DurationInSeconds of a configuration.

    Raises:
        InvalidArgumentException: out of range
    """
    given = (config.get("RetryOptions") or {}).get("DurationInSeconds")
    seconds = DEFAULT_RETRY_SECONDS if given is None else int(given)
    if not 0 <= seconds <= MAX_RETRY_SECONDS:
        raise InvalidArgumentException(
            f"DurationInSeconds {seconds} is not between 0 and {MAX_RETRY_SECONDS}"
        )
    return seconds


def _backup(config: dict[str, Any]) -> S3Output | None:
    mode = config.get("S3BackupMode") or "Disabled"
    if mode not in ("Disabled", "Enabled"):
        raise InvalidArgumentException(
            f"S3BackupMode '{mode}' is not valid; valid: Disabled, Enabled"
        )
    given = config.get("S3BackupConfiguration")
    if mode == "Enabled" and not given:
        raise InvalidArgumentException(
            "S3BackupConfiguration must be specified when S3BackupMode is Enabled"
        )
    checked = S3Output.parse(given) if given else None
    return checked if mode == "Enabled" else None


def _check_keys(prefix: str, processed: Processing) -> None:
    namespaces = {space for space, _ in partition_expressions(prefix)}
    for space, processor, there in (
        (QUERY, "MetadataExtraction", processed.query is not None),
        (LAMBDA, "Lambda", processed.transformation is not None),
    ):
        if space in namespaces and not there:
            raise InvalidArgumentException(
                f"Prefix has expressions of {space}, which need the processor {processor}"
            )


def _query(text: str | None) -> MetadataQuery | None:
    if text is None:
        return None
    if not available():
        raise InvalidArgumentException(
            "The processor MetadataExtraction needs jq; install with: pip install jq"
        )
    query = MetadataQuery(text)
    try:
        query.check()
    except QueryError as e:
        query.close()
        raise InvalidArgumentException(f"MetadataExtractionQuery is not valid: {e}") from e
    return query


__all__ = ["DESTINATION_ID", "Destination", "S3Destination", "retry_seconds"]
