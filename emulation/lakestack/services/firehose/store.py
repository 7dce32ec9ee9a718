"""The delivery streams of every account and region."""

from __future__ import annotations

from typing import Any

from localstack.aws.api.firehose import ResourceInUseException, ResourceNotFoundException

from lakestack.services.firehose.delivery_stream import DeliveryStream
from lakestack.store import ByName, Ending, Store, register


class DeliveryStreams(ByName[DeliveryStream]):
    """The delivery streams of one account and region. What they buffer is not saved."""

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
