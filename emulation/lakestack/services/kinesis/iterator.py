"""Shard iterators: opaque, short-lived tokens that say where a reader is."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from localstack.aws.api.kinesis import ExpiredIteratorException, InvalidArgumentException

from lakestack.clock import Moment

LIFETIME_SECONDS = 300
"""API "GetShardIterator": a shard iterator expires 5 minutes after it is returned."""


@dataclass(frozen=True, slots=True)
class ShardIterator:
    """A position in a shard.

    Args:
        stream: stream name
        identity: of that very stream: a later one of the same name is another
        shard: number of the shard
        position: the reader wants records after this sequence number
        issued: seconds of the steady clock
    """

    stream: str
    identity: int
    shard: int
    position: int
    issued: float

    def token(self) -> str:
        """Return what the client holds, at most 512 characters."""
        fields = [self.stream, self.identity, self.shard, self.position, round(self.issued, 3)]
        return base64.b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()

    @classmethod
    def from_token(cls, token: str, *, now: Moment) -> ShardIterator:
        """Read a token.

        Raises:
            InvalidArgumentException: not a token of ours
            ExpiredIteratorException: older than 5 minutes
        """
        try:
            # AWS does not mind the quotes that a shell leaves around it (our own observation of
            # public recordings; no page says so).
            fields = json.loads(base64.b64decode(token.strip('"'), validate=True))
            stream, identity, shard, position, issued = fields
            found = cls(str(stream), int(identity), int(shard), int(position), float(issued))
        except (ValueError, TypeError, OverflowError, RecursionError) as e:
            raise InvalidArgumentException("Invalid ShardIterator.") from e
        age = now.steady - found.issued
        if age > LIFETIME_SECONDS:
            raise ExpiredIteratorException(
                f"Iterator expired. The iterator was created at time {now.wall - age:.3f} while "
                f"right now it is {now.wall:.3f} which is further in the future "
                f"than the tolerated delay of {LIFETIME_SECONDS * 1000} milliseconds."
            )
        return found
