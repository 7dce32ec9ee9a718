"""CloudWatch metrics of streams.

Amazon Kinesis Data Streams Developer Guide, "Monitoring the Amazon Kinesis Data Streams Service
with Amazon CloudWatch", "Basic stream-level metrics". Latencies are not published.
"""

from __future__ import annotations

from collections.abc import Sequence

from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.stream import Stream
from lakestack.services.metrics import COLLECTOR, Kind

NAMESPACE = "AWS/Kinesis"
_HIDDEN = "__ddb_stream_"
"""LocalStack keeps the streams of DynamoDB's tables in streams of this prefix."""


def put_record(stream: Stream, size: int) -> None:
    """One record was put.

    Args:
        size: bytes of its data
    """
    _publish(stream, "PutRecord.Success", 1)
    _publish(stream, "PutRecord.Bytes", size, "Bytes")
    _incoming(stream, 1, size)


def put_records(stream: Stream, total: int, taken: Sequence[int]) -> None:
    """Some records were put.

    Args:
        total: how many were asked for
        taken: bytes of data of those that were not throttled
    """
    _publish(stream, "PutRecords.Success", 1 if taken else 0)
    _publish(stream, "PutRecords.TotalRecords", total)
    _publish(stream, "PutRecords.SuccessfulRecords", len(taken))
    _publish(stream, "PutRecords.FailedRecords", 0)
    _publish(stream, "PutRecords.ThrottledRecords", total - len(taken))
    _publish(stream, "PutRecords.Bytes", sum(taken), "Bytes")
    _publish(stream, "PutRecords.Records", len(taken))
    throttled(stream, total - len(taken))
    if taken:
        _incoming(stream, len(taken), sum(taken))


def throttled(stream: Stream, count: int = 1) -> None:
    """So many records were refused for now."""
    _publish(stream, "WriteProvisionedThroughputExceeded", count)


def get_records(stream: Stream, records: Sequence[Record]) -> None:
    """GetRecords, of a client or a service, has given these."""
    _publish(stream, "GetRecords.Success", 1)
    _publish(stream, "GetRecords.Records", len(records))
    _publish(stream, "GetRecords.Bytes", sum(len(record.data) for record in records), "Bytes")
    age = max(0.0, stream.clock().steady - records[-1].stored) if records else 0.0
    iterator_age(stream, age)


def iterator_age(stream: Stream, seconds: float) -> None:
    """How old the last record of a GetRecords was; 0 for a reader that has caught up."""
    value = round(max(0.0, seconds) * 1000)
    _publish(stream, "GetRecords.IteratorAgeMilliseconds", value, "Milliseconds")


def _incoming(stream: Stream, count: int, size: int) -> None:
    _publish(stream, "IncomingRecords", count)
    _publish(stream, "IncomingBytes", size, "Bytes")


def _publish(stream: Stream, metric: str, value: float, unit: str = "Count") -> None:
    if not stream.name.startswith(_HIDDEN):
        dimensions = (("StreamName", stream.name),)
        kind = Kind(stream.account, stream.region, NAMESPACE, dimensions, metric, unit)
        COLLECTOR.add(kind, value)
