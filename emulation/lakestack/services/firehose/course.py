"""What a delivery stream does with its records, by the destination that it has at the moment."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.firehose import record_splitting
from lakestack.services.firehose.buffer import Batch, BufferingHints
from lakestack.services.firehose.destination import Destination, S3Destination
from lakestack.services.firehose.failed_records import (
    DECOMPRESSION_FAILED,
    FORMAT_CONVERSION_FAILED,
    HTTP_ENDPOINT_FAILED,
    PROCESSING_FAILED,
    conversion_document,
    failed,
)
from lakestack.services.firehose.format_conversion.converter import Converter
from lakestack.services.firehose.http_endpoint import DeliveryError, HttpDestination, send
from lakestack.services.firehose.lambda_transform import LambdaTransform, Transformed
from lakestack.services.firehose.metadata_query import MetadataQuery, QueryError
from lakestack.services.firehose.object_key import LAMBDA, QUERY, partition_expressions
from lakestack.services.firehose.processing import JSON, Processing
from lakestack.services.firehose.record_splitting import SplitError
from lakestack.services.firehose.records import (
    BACKUP,
    ERROR,
    TO_DESTINATION,
    Folder,
    Placed,
    Route,
    SourceRecord,
)
from lakestack.services.firehose.stream_metrics import HTTP_ENDPOINT, S3, StreamMetrics
from lakestack.services.logs.stream import LogStream

LOG = logging.getLogger(__name__)

PARTITION_ERROR = "DynamicPartitioning.MetadataExtractionFailed"
PARTITION_LIMIT = "DynamicPartitioning.ActivePartitionLimitExceeded"
S3_ERROR = "S3.DeliveryFailed"


class StreamCourse:
    """The course of one delivery stream (`delivery.Course`).

    Attributes:
        destination: may be replaced at any time
        version: of the delivery stream, in the names of its objects
    """

    def __init__(
        self,
        account: str,
        region: str,
        name: str,
        arn: str,
        destination: Destination,
        kinesis_arn: str | None,
    ) -> None:
        self.account, self.region, self.stream, self.arn = account, region, name, arn
        self.destination, self.version = destination, 1
        self._event = {"deliveryStreamArn": arn, "region": region}
        if kinesis_arn:
            self._event["sourceKinesisStreamArn"] = kinesis_arn
        self._log: LogStream | None = None
        self._s3 = client(account, region, "s3")
        self.metrics = StreamMetrics(account, region, name)

    @property
    def intake(self) -> BufferingHints | None:
        destination = self.destination
        if isinstance(destination, S3Destination) and destination.partitioned:
            return destination.processing.intake or BufferingHints(1, 0)
        return destination.processing.intake

    @property
    def backs_up(self) -> bool:
        return self.destination.backup is not None

    def hints(self, output: str) -> BufferingHints:
        destination = self.destination
        if output == BACKUP and destination.backup is not None:
            return destination.backup.hints
        return destination.errors.hints if output == ERROR else destination.hints

    def process(self, records: list[SourceRecord], patient: Callable[[], bool]) -> list[Placed]:
        destination = self.destination
        units, placed = _split(records, destination.processing)
        if (settings := destination.processing.transformation) is not None:
            region = settings.function.split(":")[3]
            transform = LambdaTransform(
                client(self.account, region, "lambda"), settings, self._event, self.report
            )
            transformed, failures = transform.transform(units, patient)
            placed += failures
        else:
            transformed = [Transformed(unit, unit.data) for unit in units]
        for each in transformed:
            placed.append(_place(each, destination))
        return placed

    def full(self, record: SourceRecord) -> Placed:
        return failed(
            record, PARTITION_LIMIT, "The limit of 500 active partitions per stream is exceeded."
        )

    def name(self, batch: Batch) -> None:
        route, destination = batch.route, self.destination
        if route.output == ERROR:
            naming = destination.errors.naming(self.stream, self.version)
            batch.key = batch.key or naming.error_key(batch.arrival, route.error_type)
        elif route.output == BACKUP:
            naming = (destination.backup or destination.errors).naming(self.stream, self.version)
            batch.key = batch.key or naming.key(batch.arrival)
        elif isinstance(destination, S3Destination):
            self._name_in_s3(batch, destination)
        else:
            batch.key = batch.key or str(uuid.uuid4())  # of the request

    def write(self, batch: Batch) -> None:
        http = isinstance(self.destination, HttpDestination)
        success = False
        try:
            self._write(batch)
            success = True
        finally:
            self.metrics.delivered(batch, HTTP_ENDPOINT if http else S3, success=success)

    def _write(self, batch: Batch) -> None:
        destination = self.destination
        self.name(batch)
        assert batch.key is not None  # noqa: S101 - `name` has set it
        if batch.route.output == ERROR:
            # As on AWS the lines are not packed with a suffix that says so: `error_key` has none.
            destination.errors.put(self._s3, batch.key, batch.body, packed=False)
        elif batch.route.output == BACKUP:
            (destination.backup or destination.errors).put(self._s3, batch.key, batch.body)
        elif isinstance(destination, HttpDestination):
            send(destination, batch, self.arn)
        elif isinstance(destination, S3Destination) and destination.conversion is not None:
            self._convert(destination, batch)
        else:
            destination.errors.put(self._s3, batch.key, batch.body)
        LOG.info("delivery stream %s: %d records in %s", self.stream, len(batch), batch.key)

    def redirect(self, batch: Batch, error: Exception, *, final: bool) -> bool:
        destination = self.destination
        limited = isinstance(destination, HttpDestination) or (
            isinstance(destination, S3Destination) and batch.route.folder is not None
        )
        if not limited or batch.route.output in (ERROR, BACKUP):
            return False
        since = batch.failing_since if batch.failing_since is not None else clock.steady()
        retried = error.retried if isinstance(error, DeliveryError) else True
        seconds = destination.retry_seconds  # type: ignore[attr-defined]
        if retried and not final and clock.steady() - since < seconds:
            return False
        kind, code, endpoint = PROCESSING_FAILED, S3_ERROR, dict[str, str]()
        if isinstance(destination, HttpDestination):
            kind, endpoint = HTTP_ENDPOINT_FAILED, {"EndpointUrl": destination.url}
            code = error.code if isinstance(error, DeliveryError) else "HttpEndpoint.Unknown"
        batch.records = [
            failed(
                record, code, str(error), attempts=batch.attempts, error_type=kind, **endpoint
            ).record
            for record in batch.records
        ]
        batch.size = sum(len(record.data) for record in batch.records)
        batch.route = Route(ERROR, kind)
        return True

    def report(self, line: str) -> None:
        target = self.destination.log_target
        if target is None:
            return
        try:
            if self._log is None or (self._log.group, self._log.stream) != target:
                self._log = LogStream(self.account, self.region, *target)
            self._log.write(f"{self.arn}: {line}")
            self._log.flush()
        except Exception:  # the emulator's log has the line already: delivery must go on
            LOG.exception("cannot write to the log group of delivery stream %s", self.stream)

    def close(self) -> None:
        if isinstance(self.destination, S3Destination) and self.destination.query is not None:
            self.destination.query.close()

    def _name_in_s3(self, batch: Batch, destination: S3Destination) -> None:
        conversion = destination.conversion
        extension = conversion.extension if conversion else ""
        naming = destination.output.naming(self.stream, self.version, extension)
        keys = None
        if (folder := batch.route.folder) is not None:
            naming, keys = replace(naming, prefix=folder.prefix), dict(folder.keys)
        batch.key = batch.key or naming.key(batch.arrival, keys)
        if conversion is not None:
            batch.failed_key = batch.failed_key or naming.error_key(
                batch.arrival, FORMAT_CONVERSION_FAILED
            )

    def _convert(self, destination: S3Destination, batch: Batch) -> None:
        assert destination.conversion is not None  # noqa: S101 - asked before
        assert batch.key is not None  # noqa: S101
        assert batch.failed_key is not None  # noqa: S101
        converter = Converter(destination.conversion, self.account, self.region)
        body, failures = converter.convert(batch.records)
        if failures:
            lines = [
                conversion_document(record, code, message, converter.table)
                for record, code, message in failures
            ]
            destination.errors.put(self._s3, batch.failed_key, b"".join(lines), packed=False)
            code, text = failures[0][1:]
            self.report(f"{len(failures)} records were not converted; the first: {code}: {text}")
        if body is not None:
            destination.output.put(self._s3, batch.key, body, packed=False)


def _split(
    records: list[SourceRecord], processing: Processing
) -> tuple[list[SourceRecord], list[Placed]]:
    """Unpack and take apart; what cannot be is placed among the failed records as it came."""
    if not (processing.unpack or processing.messages or processing.split):
        return records, []
    units: list[SourceRecord] = []
    failures: list[Placed] = []
    for record in records:
        code, kind = "Decompression.Failed", DECOMPRESSION_FAILED
        try:
            data = record_splitting.gunzipped(record.data) if processing.unpack else record.data
            code, kind = "CloudWatchLogProcessing.Failed", PROCESSING_FAILED
            data = record_splitting.log_messages(data) if processing.messages else data
            code = "RecordDeAggregation.Failed"
            if processing.split is None:
                parts = [data]
            elif processing.split == JSON:
                parts = record_splitting.json_records(data)
            else:
                assert isinstance(processing.split, bytes)  # noqa: S101 - JSON, or a delimiter
                parts = record_splitting.delimited_records(data, processing.split)
        except SplitError as e:
            failures.append(failed(record, code, str(e), error_type=kind))
            continue
        units += [record._replace(data=part) for part in parts]
    return units, failures


def _place(each: Transformed, destination: Destination) -> Placed:
    record = each.source._replace(data=each.data + destination.processing.delimiter)
    if not isinstance(destination, S3Destination) or not destination.partitioned:
        return Placed(TO_DESTINATION, record)
    prefix = destination.output.prefix
    try:
        keys = _keys(each, partition_expressions(prefix), destination.query)
    except QueryError as e:
        return failed(each.source._replace(data=each.data), PARTITION_ERROR, str(e))
    return Placed(Route(folder=Folder(prefix, keys)), record)


def _keys(
    each: Transformed, expressions: list[tuple[str, str]], query: MetadataQuery | None
) -> tuple[tuple[str, str], ...]:
    by_space: dict[str, dict[str, str]] = {LAMBDA: each.keys, QUERY: {}}
    if query is not None:
        by_space[QUERY] = query.keys(each.data)
    found = []
    for space, key in expressions:
        value = by_space[space].get(key)
        if value is None:
            raise QueryError(f"The partition key {key} of {space} is missing in the record")
        if not value:
            raise QueryError("partitionKeys values must not be null or empty")
        found.append((f"{space}:{key}", value))
    return tuple(dict.fromkeys(found))
