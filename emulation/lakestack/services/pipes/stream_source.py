"""Streams of Kinesis and DynamoDB as sources: read by the poller of Lambda's event source mappings.

Amazon EventBridge User Guide, "Amazon Kinesis stream as a source for EventBridge Pipes" and "Amazon
DynamoDB stream as a source for EventBridge Pipes".
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.kinesis import stream_metrics
from lakestack.services.kinesis.reader import Lineage, Position
from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.stream import Stream
from lakestack.services.lambda_.dynamodb_events import DynamoDbEvents
from lakestack.services.lambda_.kinesis_batches import EventSource, KinesisEvents, sequence_of
from lakestack.services.lambda_.kinesis_consumer import (
    GivenUp,
    MappingSettings,
    Outcome,
    ShardConsumer,
)
from lakestack.services.lambda_.kinesis_mapping import starting_point
from lakestack.services.pipes import rules, targets
from lakestack.services.pipes.delivery import Delivery, Event, id_of
from lakestack.services.pipes.pipe import Pipe
from lakestack.services.pipes.state import PipesState

LOG = logging.getLogger(__name__)
JOIN_SECONDS = 5.0
LOOK_SECONDS = 0.5
"""How often it is looked for shards that a split or merge has made."""


class FlatKinesisEvents(KinesisEvents):
    """Records of Kinesis as Pipes has them: not within ``kinesis`` as for Lambda."""

    def event(self, record: Record, shard_id: str) -> Event:
        event = super().event(record, shard_id)
        return {**event.pop("kinesis"), **event}


class StreamSource:
    """Reads a stream, a thread for each shard, and delivers its batches.

    Args:
        stopping: set when it is to end
        disable: disables the pipe, for a reason; does not wait
    """

    def __init__(
        self,
        state: PipesState,
        pipe: Pipe,
        stopping: threading.Event,
        disable: Callable[[str], None],
    ) -> None:
        self._state, self._pipe, self._stopping = state, pipe, stopping
        self._arn: str = pipe.request["Source"]
        of_dynamodb = self._arn.split(":")[2] == "dynamodb"
        kind = "DynamoDBStreamParameters" if of_dynamodb else "KinesisStreamParameters"
        self._own: dict[str, Any] = pipe.request["SourceParameters"][kind]
        self._events: EventSource = (
            DynamoDbEvents(self._arn) if of_dynamodb else FlatKinesisEvents(self._arn)
        )
        self._metadata = {
            "eventSource": "aws:dynamodb" if of_dynamodb else "aws:kinesis",
            "eventVersion": "1.1" if of_dynamodb else "1.0",
            "awsRegion": self._arn.split(":")[3],
            "eventSourceARN": self._arn,
        }
        if not of_dynamodb:
            self._metadata |= {
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": pipe.request["RoleArn"],
            }
        self._details = "DDBStreamBatchInfo" if of_dynamodb else "KinesisBatchInfo"
        self._delivery = Delivery(state.account, state.region, pipe, disable)
        self._settings = settings_of(self._own, rules.batch_size(pipe.request))
        self._threads: dict[str, threading.Thread] = {}

    def open(self) -> None:
        """Find where to begin, or to go on.

        Raises:
            ServiceException: the stream is not there
        """
        self._adopt()

    def work(self) -> None:
        """See that every shard that can be read has its thread, until it is to end."""
        while not self._stopping.is_set():
            stream, lineage = self._adopt()
            for shard in lineage.ready(stream):
                thread = self._threads.get(shard.id)
                if thread is None or not thread.is_alive():
                    self._read(stream, shard, lineage.positions[shard.id])
            self._stopping.wait(LOOK_SECONDS)

    def close(self) -> None:
        """Wait for the batches under way."""
        self._pipe.lineage.wake()
        for thread in self._threads.values():
            thread.join(JOIN_SECONDS)

    def prepare(self, events: list[Event]) -> list[Event]:
        wanted = [event for event in events if self._delivery.passes(event)]
        return [{**event, **self._metadata} for event in wanted]

    def invoke(self, events: list[Event], _window: dict[str, Any] | None = None) -> Outcome:
        try:
            failed = self._delivery.deliver(events)
        except targets.CallError as e:
            LOG.warning("pipe %s: %s", self._pipe.name, e)
            return Outcome(str(e))
        items = [{"itemIdentifier": str(sequence_of(e))} for e in events if id_of(e) in failed]
        return Outcome(None, {"batchItemFailures": items})

    def give_up(self, shard_id: str, given_up: GivenUp) -> None:
        """Send what failed to the dead-letter queue; what it does not take is counted."""
        pipe, dead = self._pipe, (self._own.get("DeadLetterConfig") or {}).get("Arn")
        count = len(given_up.events)
        try:
            if not dead:
                raise ValueError("it has no dead-letter queue")
            message = json.dumps(self._failure(shard_id, given_up))
            service, region = dead.split(":")[2:4]
            to = client(self._state.account, region, service)
            if service == "sqs":
                to.send_message(QueueUrl=targets.queue_url(to, dead), MessageBody=message)
            else:
                to.publish(TopicArn=dead, Message=message)
        except (ClientError, BotoCoreError, ValueError) as e:
            with self._state.lock:
                self._state.lost += count
            LOG.error(
                "pipe %s: %d records of %s are lost: %s; %s",
                *(pipe.name, count, shard_id, given_up.condition, e),
            )
        else:
            LOG.warning(
                "pipe %s gives up %d records of %s: %s",
                *(pipe.name, count, shard_id, given_up.condition),
            )

    def _adopt(self) -> tuple[Stream, Lineage]:
        stream = self._events.stream()
        lineage = self._pipe.lineage
        lineage.follow(stream, lambda shard: Position(starting_point(self._own, shard)))
        return stream, lineage

    def _read(self, stream: Stream, shard: Any, position: Position) -> None:
        consumer = ShardConsumer(
            shard,
            position,
            self._settings,
            self,
            self._stopping,
            clock=stream.clock,
            retention=lambda: stream.retention,
            deleted=stream.deleted.is_set,
            source=self._events,
            on_age=lambda seconds: stream_metrics.iterator_age(stream, seconds),
        )
        name = f"pipe-{self._pipe.name}-{shard.id}"
        thread = threading.Thread(target=consumer.run, name=name, daemon=True)
        self._threads[shard.id] = thread
        thread.start()

    def _failure(self, shard_id: str, given_up: GivenUp) -> dict[str, Any]:
        """The message of the dead-letter queue: where the records are, not what they hold."""
        first, last = given_up.events[0], given_up.events[-1]
        return {
            "context": {"partnerResourceArn": self._pipe.arn, "condition": given_up.condition},
            "version": "1.0",
            "timestamp": _time(clock.wall()),
            self._details: {
                "shardId": self._events.shard_name(shard_id),
                "startSequenceNumber": str(sequence_of(first)),
                "endSequenceNumber": str(sequence_of(last)),
                "approximateArrivalOfFirstRecord": _time(_arrival(first)),
                "approximateArrivalOfLastRecord": _time(_arrival(last)),
                "batchSize": len(given_up.events),
                "streamArn": self._arn,
            },
        }


def settings_of(own: dict[str, Any], batch_size: int) -> MappingSettings:
    """Read KinesisStreamParameters or DynamoDBStreamParameters."""
    return MappingSettings(
        batch_size=batch_size,
        lanes=own.get("ParallelizationFactor") or 1,
        window=own.get("MaximumBatchingWindowInSeconds") or 0,
        max_retries=_number(own.get("MaximumRetryAttempts")),
        max_age=_number(own.get("MaximumRecordAgeInSeconds")),
        bisect=own.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT",
        report_failures=True,
    )


def _number(given: int | None) -> int:
    return -1 if given is None else given


def _arrival(event: Event) -> float:
    if "dynamodb" in event:
        return float(event["dynamodb"].get("ApproximateCreationDateTime") or clock.wall())
    return float(event["approximateArrivalTimestamp"])


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
