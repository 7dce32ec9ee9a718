"""The delivery streams of every account and region."""

from __future__ import annotations

import functools
from typing import Any

from localstack.aws.api.firehose import ResourceInUseException, ResourceNotFoundException

from lakestack.services.firehose.delivery_stream import DeliveryStream
from lakestack.services.firehose.source import DirectSource, KinesisSource, Source
from lakestack.services.kinesis.store import STORE as KINESIS
from lakestack.store import ByName, Ending, Store, register


class DeliveryStreams(ByName[DeliveryStream]):
    """The delivery streams of one account and region, with what they buffer."""

    KIND = "delivery stream"

    def end(self) -> list[Ending]:
        """Each writes what is pending, and ends."""
        streams = self.all()
        for stream in streams:
            stream.delete()
        return [Ending(f"delivery stream {s.name}", s.delivery.join) for s in streams]

    def abandon(self) -> list[Ending]:
        """What is pending is dropped."""
        for stream in self.all():
            stream.delivery.drop()
        return self.end()

    def snapshot(self) -> dict[str, Any]:
        return {"streams": [stream.snapshot() for stream in self.all()]}

    def restore(self, document: dict[str, Any]) -> None:
        for saved in document["streams"]:
            source: Source = DirectSource()
            if saved["kinesis_source"] is not None:
                arn = saved["kinesis_source"]["KinesisStreamARN"]
                source = KinesisSource(None, functools.partial(KINESIS.find, arn))
            self._things[saved["name"]] = DeliveryStream.restored(
                self.account, self.region, saved, source
            )

    def resume(self) -> None:
        for stream in self._things.values():
            stream.resume()


STORE = register(Store("firehose", DeliveryStreams))


def create(account: str, region: str, name: str, **config: Any) -> DeliveryStream:
    """Make and register a delivery stream.

    Raises:
        ResourceInUseException: the name is taken
    """
    with STORE.holding(account, region) as streams:
        if streams.find(name) is not None:
            raise ResourceInUseException(
                f"Firehose {name} under accountId {account} already exists"
            )
        stream = DeliveryStream(account, region, name, **config)
        streams.put(stream)
        return stream


def get(account: str, region: str, name: str) -> DeliveryStream:
    """Find a delivery stream.

    Raises:
        ResourceNotFoundException: there is none
    """
    stream = STORE.get(account, region).find(name)
    if stream is None:
        raise ResourceNotFoundException(f"Firehose {name} under account {account} not found.")
    return stream
