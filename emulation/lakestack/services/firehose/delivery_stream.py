"""One delivery stream: its configuration and the delivery that runs for it."""

from __future__ import annotations

import logging
import threading
from typing import Any

from localstack.aws.api.firehose import (
    ConcurrentModificationException,
    InvalidArgumentException,
)

from lakestack import clock
from lakestack.services.arns import arn
from lakestack.services.base import client
from lakestack.services.firehose.buffer import Batch
from lakestack.services.firehose.delivery import Delivery
from lakestack.services.firehose.destination import DESTINATION_ID, S3Destination
from lakestack.services.firehose.object_key import ObjectNaming
from lakestack.services.firehose.s3_writer import put_object
from lakestack.services.firehose.source import DirectSource, Source
from lakestack.services.logs.stream import LogStream

LOG = logging.getLogger(__name__)

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
        destination: S3Destination,
        source: Source,
        kinesis_source: dict[str, Any] | None = None,
        start: bool = True,
    ) -> None:
        self.account, self.region, self.name = account, region, name
        self.arn = arn("firehose", region, account, f"deliverystream/{name}")
        self.created = clock.moment()
        self.updated = self.created.wall
        self.version = 1
        self.tags: dict[str, str] = {}
        self.encryption: dict[str, Any] = {"Status": "DISABLED"}
        self.kinesis_source = kinesis_source
        self.destination = destination
        self.source = source
        self._lock = threading.Lock()
        self._deleting = False
        self._log: LogStream | None = None
        self._s3 = client(account, region, "s3")
        self.delivery = Delivery(name, source, destination.hints, self._write, self._report)
        if start:
            self.delivery.start()

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

    def update(self, version: str, destination_id: str, changes: Any, *, extended: bool) -> None:
        """API "UpdateDestination".

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
            self.destination = self.destination.updated(changes, extended=extended)
            self.delivery.change_hints(self.destination.hints)
            self.version += 1
            self.updated = clock.wall()

    def describe(self) -> dict[str, Any]:
        """Return DescribeDeliveryStream's answer."""
        description: dict[str, Any] = {
            "DeliveryStreamName": self.name,
            "DeliveryStreamARN": self.arn,
            "DeliveryStreamStatus": self.status,
            "DeliveryStreamType": "DirectPut",
            "DeliveryStreamEncryptionConfiguration": self.encryption,
            "VersionId": str(self.version),
            "CreateTimestamp": self.created.wall,
            "Destinations": [self.destination.describe()],
            "HasMoreDestinations": False,
        }
        if self.version > 1:
            description["LastUpdateTimestamp"] = self.updated
        if self.kinesis_source is not None:
            description["DeliveryStreamType"] = "KinesisStreamAsSource"
            description["Source"] = {
                "KinesisStreamSourceDescription": {
                    **self.kinesis_source,
                    "DeliveryStartTimestamp": self.created.wall,
                }
            }
        return description

    def direct_source(self) -> DirectSource | None:
        """Return the queue for puts, None if records come from elsewhere."""
        return self.source if isinstance(self.source, DirectSource) else None

    def _write(self, batch: Batch) -> None:
        destination = self.destination
        batch.key = batch.key or self._key(batch)
        put_object(self._s3, destination, batch.key, batch.body)
        LOG.info("delivery stream %s: %d records in %s", self.name, len(batch), batch.key)

    def _key(self, batch: Batch) -> str:
        destination = self.destination
        return ObjectNaming(
            stream=self.name,
            version=str(self.version),
            prefix=destination.prefix,
            compression=destination.compression,
            extension=destination.extension,
            zone=destination.zone,
        ).key(batch.arrival)

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
            "destination": self.destination.config,
            "extended": self.destination.extended,
            "deleting": self._deleting,
            "delivery": self.delivery.snapshot(self._key),
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
            destination=S3Destination.parse(saved["destination"], extended=saved["extended"]),
            source=source,
            kinesis_source=saved["kinesis_source"],
            start=False,
        )
        stream.created = clock.then(saved["created"])
        for name in ("updated", "version", "tags", "encryption"):
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

    def _report(self, line: str) -> None:
        target = self.destination.log_stream
        if target is None:
            return
        try:
            if self._log is None or (self._log.group, self._log.stream) != target:
                self._log = LogStream(self.account, self.region, *target)
            self._log.write(f"{self.arn}: {line}")
            self._log.flush()
        except Exception:  # the emulator's log has the line already: delivery must go on
            LOG.exception("cannot write to the log group of delivery stream %s", self.name)
