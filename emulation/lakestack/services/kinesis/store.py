"""The streams of every account and region."""

from __future__ import annotations

from typing import Any

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lakestack.services.kinesis.stream import Stream
from lakestack.store import ByName, Ending, Store, register


class Streams(ByName[Stream]):
    """The streams of one account and region, with their records."""

    KIND = "stream"

    def end(self) -> list[Ending]:
        """Readers see that their streams were deleted, and read them to the end."""
        for stream in self.all():
            stream.begin_deletion()
        return []

    def snapshot(self) -> dict[str, Any]:
        return {"streams": [s.snapshot() for s in self.all() if not s.deleted.is_set()]}

    def restore(self, document: dict[str, Any]) -> None:
        for saved in document["streams"]:
            self.put(Stream.restored(self.account, self.region, saved))


class StreamStore:
    """Streams by account, region and name; a deleted stream vanishes when its time is over."""

    def __init__(self) -> None:
        self.states = Store("kinesis", Streams)

    def add(self, stream: Stream) -> None:
        """Register a stream.

        Raises:
            ResourceInUseException: the name is taken
        """
        with self.states.holding(stream.account, stream.region) as streams:
            if streams.find(stream.name) is not None:
                raise ResourceInUseException(
                    f"Stream {stream.name} under account {stream.account} already exists."
                )
            streams.put(stream)

    def streams(self, account: str, region: str) -> list[Stream]:
        """Return the streams by name."""
        return self.states.get(account, region).all()

    def get(self, account: str, region: str, name: str) -> Stream:
        """Find a stream by name.

        Raises:
            ResourceNotFoundException: there is none
        """
        stream = self.states.get(account, region).find(name)
        if stream is None:
            raise ResourceNotFoundException(f"Stream {name} under account {account} not found.")
        return stream

    def by_arn(self, arn: str) -> Stream:
        """Find a stream by ARN, whose account and region decide.

        Raises:
            InvalidArgumentException: not the ARN of a stream
            ResourceNotFoundException: there is none
        """
        parts = arn.split(":", 5)
        kind, _, name = parts[-1].partition("/")
        if len(parts) != 6 or parts[2] != "kinesis" or kind != "stream" or not name:
            raise InvalidArgumentException(f"{arn} is not the ARN of a Kinesis data stream")
        return self.get(parts[4], parts[3], name.split("/")[0])

    def find(self, arn: str) -> Stream | None:
        """Find a stream by ARN, None when there is none."""
        try:
            return self.by_arn(arn)
        except ResourceNotFoundException:
            return None

    def named_by(self, account: str, region: str, request: Any) -> Stream:
        """Find the stream that a request names by StreamARN or StreamName.

        Raises:
            InvalidArgumentException: it names none, or two that differ
        """
        name, arn = request.get("StreamName"), request.get("StreamARN")
        if arn:
            stream = self.by_arn(arn)
            if name and name != stream.name:
                raise InvalidArgumentException(
                    f"StreamARN {arn} and StreamName {name} do not refer to the same stream."
                )
            return stream
        if not name:
            raise InvalidArgumentException(
                "Either StreamARN or StreamName must be specified in the request."
            )
        return self.get(account, region, name)

    def all(self) -> list[Stream]:
        """Return every stream of every account and region."""
        return [stream for streams in self.states.states() for stream in streams.all()]

    def forget_gone(self) -> int:
        """Let go of the streams whose deletion has ended; return how many."""
        return sum(streams.forget_gone() for streams in self.states.states())

    def clear(self) -> None:
        """Forget every stream."""
        self.states.reset()


STORE = StreamStore()
"""The emulator's streams; Firehose reads its sources here."""

register(STORE.states)
