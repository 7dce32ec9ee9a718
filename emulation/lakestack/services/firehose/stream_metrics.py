"""CloudWatch metrics of a delivery stream.

Amazon Data Firehose Developer Guide, "Monitor Amazon Data Firehose with CloudWatch metrics".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakestack import clock
from lakestack.services.firehose.buffer import Batch
from lakestack.services.firehose.records import BACKUP, ERROR, SourceRecord
from lakestack.services.metrics import COLLECTOR, Kind

NAMESPACE = "AWS/Firehose"
S3, BACKUP_TO_S3, HTTP_ENDPOINT = "DeliveryToS3", "BackupToS3", "DeliveryToHttpEndpoint"


@dataclass(frozen=True)
class StreamMetrics:
    """Publishes for one delivery stream."""

    account: str
    region: str
    stream: str

    def put(self, operation: str, sizes: Sequence[int]) -> None:
        """PutRecord or PutRecordBatch has taken records.

        Args:
            sizes: bytes of each
        """
        self._publish(f"{operation}.Requests", 1)
        self._publish(f"{operation}.Bytes", sum(sizes), "Bytes")
        if operation == "PutRecordBatch":
            self._publish(f"{operation}.Records", len(sizes))
        self._incoming(len(sizes), sum(sizes))

    def read(self, records: Sequence[SourceRecord]) -> None:
        """Records were read from the stream of Kinesis."""
        size = sum(len(record.data) for record in records)
        self._publish("DataReadFromKinesisStream.Records", len(records))
        self._publish("DataReadFromKinesisStream.Bytes", size, "Bytes")
        self._incoming(len(records), size)

    def delivered(self, batch: Batch, to: str, *, success: bool) -> None:
        """An object or a request was written, or could not be.

        Args:
            to: `S3` or `HTTP_ENDPOINT`
        """
        if batch.route.output == ERROR:
            return
        kind = BACKUP_TO_S3 if batch.route.output == BACKUP else to
        self._publish(f"{kind}.Success", 1 if success else 0)
        if success:
            self._publish(f"{kind}.Records", len(batch))
            self._publish(f"{kind}.Bytes", batch.size, "Bytes")
            age = max(0.0, clock.steady() - batch.opened)
            self._publish(f"{kind}.DataFreshness", round(age), "Seconds")

    def _incoming(self, count: int, size: int) -> None:
        self._publish("IncomingRecords", count)
        self._publish("IncomingBytes", size, "Bytes")

    def _publish(self, metric: str, value: float, unit: str = "Count") -> None:
        dimensions = (("DeliveryStreamName", self.stream),)
        COLLECTOR.add(Kind(self.account, self.region, NAMESPACE, dimensions, metric, unit), value)
