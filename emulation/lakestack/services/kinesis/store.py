"""The streams of every account and region."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lakestack.services.kinesis.stream import Stream


class StreamStore:
    """Streams by account, region and name; a deleted stream vanishes when its time is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[tuple[str, str], dict[str, Stream]] = defaultdict(dict)

    def add(self, stream: Stream) -> None:
        """Register a stream.

        Raises:
            ResourceInUseException: the name is taken
        """
        with self._lock:
            streams = self._live(stream.account, stream.region)
            if stream.name in streams:
                raise ResourceInUseException(
                    f"Stream {stream.name} under account {stream.account} already exists."
                )
            streams[stream.name] = stream

    def streams(self, account: str, region: str) -> list[Stream]:
        """Return the streams by name."""
        with self._lock:
            return sorted(self._live(account, region).values(), key=lambda s: s.name)

    def get(self, account: str, region: str, name: str) -> Stream:
        """Find a stream by name.

        Raises:
            ResourceNotFoundException: there is none
        """
        with self._lock:
            stream = self._live(account, region).get(name)
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
        with self._lock:
            return [s for streams in self._streams.values() for s in streams.values()]

    def forget_gone(self) -> int:
        """Let go of the streams whose deletion has ended; return how many."""
        with self._lock:
            before = sum(map(len, self._streams.values()))
            for account, region in list(self._streams):
                if not self._live(account, region):
                    del self._streams[account, region]
            return before - sum(map(len, self._streams.values()))

    def clear(self) -> None:
        """Forget every stream."""
        with self._lock:
            for streams in self._streams.values():
                for stream in streams.values():
                    stream.begin_deletion()
            self._streams.clear()

    def _live(self, account: str, region: str) -> dict[str, Stream]:
        streams = self._streams[account, region]
        for name in [name for name, stream in streams.items() if stream.gone]:
            del streams[name]
        return streams


STORE = StreamStore()
"""The emulator's streams; Firehose reads its sources here."""
