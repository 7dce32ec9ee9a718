"""One delivery stream: its configuration and the delivery that runs for it."""

from __future__ import annotations

import threading
from typing import Any

from localstack.aws.api.firehose import (
    ConcurrentModificationException,
    InvalidArgumentException,
)

from lakestack import clock
from lakestack.services.arns import arn
from lakestack.services.firehose import destinations
from lakestack.services.firehose.course import StreamCourse
from lakestack.services.firehose.delivery import Delivery
from lakestack.services.firehose.destination import DESTINATION_ID, Destination
from lakestack.services.firehose.source import DirectSource, KinesisSource, Source

CREATION_SECONDS = 0.05
"""How long CREATING lasts."""


class DeliveryStream:
    """State of one delivery stream; its delivery begins with its creation.

    Args:
        kinesis_source: KinesisStreamSourceConfiguration, None for DirectPut
        start: False for one that goes on later, as that of a snapshot does
    """

    def __init__(
        self,
        account: str,
        region: str,
        name: str,
        *,
        destination: Destination,
        source: Source,
        kinesis_source: dict[str, Any] | None = None,
        direct_source: dict[str, Any] | None = None,
        start: bool = True,
    ) -> None:
        self.account, self.region, self.name = account, region, name
        self.arn = arn("firehose", region, account, f"deliverystream/{name}")
        self.created = clock.moment()
        self.updated = self.created.wall
        self.tags: dict[str, str] = {}
        self.encryption: dict[str, Any] = {"Status": "DISABLED"}
        self.kinesis_source, self.direct_configuration = kinesis_source, direct_source
        self.source = source
        self._lock = threading.Lock()
        self._deleting = False
        kinesis_arn = kinesis_source["KinesisStreamARN"] if kinesis_source else None
        self.course = StreamCourse(account, region, name, self.arn, destination, kinesis_arn)
        self.metrics = self.course.metrics
        if isinstance(source, KinesisSource):
            source.on_read = self.metrics.read
        self.delivery = Delivery(name, source, self.course)
        if start:
            self.delivery.start()

    @property
    def destination(self) -> Destination:
        """Where its records go now."""
        return self.course.destination

    @property
    def version(self) -> int:
        """Grows with each change of the destination."""
        return self.course.version

    @property
    def status(self) -> str:
        """CREATING, ACTIVE or DELETING."""
        if self._deleting:
            return "DELETING"
        return "CREATING" if clock.steady() < self.created.steady + CREATION_SECONDS else "ACTIVE"

    @property
    def gone(self) -> bool:
        """Whether deletion has ended: what was pending is written."""
        return self._deleting and not self.delivery.alive

    def delete(self) -> None:
        """Write what is pending and end; `gone` tells when that is done."""
        self._deleting = True
        self.delivery.stop()

    def update(self, version: str, destination_id: str, changes: Any, kind: str) -> None:
        """API "UpdateDestination".

        Args:
            kind: of the destination, such as ``ExtendedS3Destination``

        Raises:
            ConcurrentModificationException: `version` is not the current one
            InvalidArgumentException: no such destination, or it would be invalid
        """
        with self._lock:
            if version != str(self.version):
                raise ConcurrentModificationException(
                    f"Version Id mismatch: the current version is {self.version}, not {version}"
                )
            if destination_id != DESTINATION_ID:
                raise InvalidArgumentException(
                    f"Destination Id {destination_id} not found; {self.name} has {DESTINATION_ID}"
                )
            new = destinations.updated(self.destination, kind, changes)
            self.course.destination = new
            self.course.version += 1
            self.updated = clock.wall()
        self.source.wake()

    def describe(self) -> dict[str, Any]:
        """Return DescribeDeliveryStream's answer."""
        description: dict[str, Any] = {
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn,
            "DeliveryStreamStatus": self.status,
            "DeliveryStreamType": "DirectPut",
            "VersionId": str(self.version),
            "CreateTimestamp": self.created.wall,
            "Destinations": [self.destination.describe()],
            "HasMoreDestinations": False,
        }
        if self.version > 1:
            description["LastUpdateTimestamp"] = self.updated
        if self.kinesis_source is None:  # else the source's own encryption counts
            description["DeliveryStreamEncryptionConfiguration"] = self.encryption
        else:
            description["DeliveryStreamType"] = "KinesisStreamAsSource"
            description["Source"] = {
                "KinesisStreamSourceDescription": {
                    **self.kinesis_source,
                    "DeliveryStartTimestamp": self.created.wall,
                }
            }
        if self.direct_configuration:
            description["Source"] = {"DirectPutSourceDescription": self.direct_configuration}
        return description

    def direct_source(self) -> DirectSource | None:
        """Return the queue for puts, None if records come from elsewhere."""
        return self.source if isinstance(self.source, DirectSource) else None

    def snapshot(self) -> dict[str, Any]:
        """The stream and what it has not delivered, as plain data."""
        return {
            "name": self.name,
            "created": self.created.wall,
            "updated": self.updated,
            "version": self.version,
            "tags": dict(self.tags),
            "encryption": dict(self.encryption),
            "kinesis_source": self.kinesis_source,
            "direct_source": self.direct_configuration,
            "destination": self.destination.config,
            "kind": self.destination.kind,
            "deleting": self._deleting,
            "delivery": self.delivery.snapshot(),
        }

    @classmethod
    def restored(
        cls, account: str, region: str, saved: dict[str, Any], source: Source
    ) -> DeliveryStream:
        """The stream of a snapshot, whose delivery has not begun."""
        stream = cls(
            account,
            region,
            saved["name"],
            destination=destinations.parse(saved["kind"], saved["destination"]),
            source=source,
            kinesis_source=saved["kinesis_source"],
            direct_source=saved["direct_source"],
            start=False,
        )
        stream.created = clock.then(saved["created"])
        stream.course.version = saved["version"]
        for name in ("updated", "tags", "encryption"):
            setattr(stream, name, saved[name])
        source.restore(saved["delivery"]["source"])
        stream.delivery.restore(saved["delivery"])
        stream._deleting = saved["deleting"]
        return stream

    def resume(self) -> None:
        """Begin the delivery of a stream that was restored."""
        self.delivery.start()
        if self._deleting:
            self.delivery.stop()
