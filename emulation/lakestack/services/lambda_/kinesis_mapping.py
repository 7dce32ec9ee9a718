"""Event source mappings of Kinesis' and DynamoDB's streams: LocalStack's worker, our poller.

LocalStack's own poller takes one batch a second, handles the shards in turn and knows neither
bisecting nor positions: a mapping that is disabled starts over. This one reads the emulator's
streams in process, a thread for each shard, and goes on where it stopped.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.event_source_mapping.esm_worker import EsmState
from localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller
from localstack.services.lambda_.event_source_mapping.pollers.poller import Poller

from lakestack import clock, patches
from lakestack.services import event_filters
from lakestack.services.kinesis import stream_metrics
from lakestack.services.kinesis.reader import Lineage, Position
from lakestack.services.kinesis.shard import Shard
from lakestack.services.kinesis.stream import Stream
from lakestack.services.lambda_ import metrics
from lakestack.services.lambda_.dynamodb_events import DynamoDbEvents
from lakestack.services.lambda_.kinesis_batches import Event, EventSource, KinesisEvents
from lakestack.services.lambda_.kinesis_consumer import (
    GivenUp,
    MappingSettings,
    Outcome,
    ShardConsumer,
)
from lakestack.services.lambda_.state import STORE as LAMBDA

LOG = logging.getLogger(__name__)

JOIN_SECONDS = 5.0


class StreamPoller(Poller):  # type: ignore[misc]
    """What LocalStack's worker drives: `poll_events` again and again, and `close` at the end."""

    def __init__(
        self, worker: Any, original: KinesisPoller | DynamoDBPoller, invoke: Callable[..., Any]
    ) -> None:
        self._worker, self._original, self._invoke = worker, original, invoke
        self._config = worker.esm_config
        arn = self._config["EventSourceArn"]
        self._source: EventSource = (
            DynamoDbEvents(arn) if isinstance(original, DynamoDBPoller) else KinesisEvents(arn)
        )
        self._stopping: threading.Event = worker._shutdown_event
        self._settings = settings_of(self._config)
        _, _, *self._place = function_locators_from_arn(self._config["FunctionArn"])
        self._threads: dict[str, threading.Thread] = {}
        self._result: str | None = None
        self._lineage: Lineage | None = None
        if worker.enabled:
            self._adopt()

    def event_source(self) -> str:
        return str(self._original.event_source())

    def poll_events(self) -> None:
        """See that every shard that can be read has its thread."""
        stream, lineage = self._adopt()
        for shard in lineage.ready(stream):
            thread = self._threads.get(shard.id)
            if thread is None or not thread.is_alive():
                consumer = ShardConsumer(
                    shard,
                    lineage.positions[shard.id],
                    self._settings,
                    self,
                    self._stopping,
                    clock=stream.clock,
                    retention=lambda: stream.retention,
                    deleted=stream.deleted.is_set,
                    source=self._source,
                    on_age=self._publish_age,
                )
                name = f"mapping-{self._worker.uuid[:8]}-{shard.id}"
                thread = threading.Thread(target=consumer.run, name=name, daemon=True)
                self._threads[shard.id] = thread
                thread.start()

    def close(self) -> None:
        """Wait for the batches under way."""
        if self._lineage is not None:
            self._lineage.wake()
        for thread in self._threads.values():
            thread.join(JOIN_SECONDS)
        if self._worker.current_state == EsmState.DELETING:
            LAMBDA.get(*self._place).lineages.pop(self._worker.uuid, None)

    def prepare(self, events: list[Event]) -> list[Event]:
        original = self._original
        wanted = event_filters.passing(original.filter_patterns, events)
        prepared: list[Event] = original.add_source_metadata(wanted)
        return prepared

    def invoke(self, events: list[Event], window: dict[str, Any] | None = None) -> Outcome:
        name, qualifier, account, region = function_locators_from_arn(self._config["FunctionArn"])
        request_id = str(uuid.uuid4())
        payload: dict[str, Any] = {"Records": events}
        if window is not None:
            payload |= {**window, "eventSourceARN": self._config["EventSourceArn"]}
        result = self._invoke(
            function_name=name,
            qualifier=qualifier,
            region=region,
            account_id=account,
            invocation_type="RequestResponse",
            client_context=None,
            request_id=request_id,
            payload=json.dumps(payload).encode(),
        )
        self._note("PROBLEM: Function call failed" if result.is_error else "OK")
        return Outcome(
            "Unhandled" if result.is_error else None,
            json.loads(result.payload or b"null"),
            request_id,
            result.executed_version or "$LATEST",
        )

    def give_up(self, shard_id: str, given_up: GivenUp) -> None:
        arn = self._config["FunctionArn"]
        LOG.warning(
            "event source mapping %s of %s gives up %d records of %s: %s",
            *(self._worker.uuid, arn, len(given_up.events), shard_id, given_up.condition),
        )
        try:
            shard = self._source.shard_name(shard_id)
            self._original.send_events_to_dlq(shard, given_up.events, failure(arn, given_up))
        except Exception:
            LOG.exception("on-failure destination of mapping %s", self._worker.uuid)

    def _adopt(self) -> tuple[Stream, Lineage]:
        stream = self._source.stream()
        # Asked for again each time: after a reset the mapping starts over.
        lineage = LAMBDA.get(*self._place).lineage(self._worker.uuid)
        lineage.follow(stream, lambda s: Position(starting_point(self._config, s)))
        self._lineage = lineage
        return stream, lineage

    def _publish_age(self, seconds: float) -> None:
        name, _, account, region = function_locators_from_arn(self._config["FunctionArn"])
        metrics.iterator_age(name, account, region, seconds)
        stream_metrics.iterator_age(self._source.stream(), seconds)

    def _note(self, result: str) -> None:
        if result != self._result:
            self._result = result
            stored = self._worker._state.event_source_mappings.get(self._worker.uuid)
            if stored is not None:
                stored["LastProcessingResult"] = result


def settings_of(config: Any) -> MappingSettings:
    """Read a mapping's configuration."""
    return MappingSettings(
        batch_size=config["BatchSize"],
        lanes=config.get("ParallelizationFactor") or 1,
        window=config["MaximumBatchingWindowInSeconds"],
        max_retries=config["MaximumRetryAttempts"],
        max_age=config["MaximumRecordAgeInSeconds"],
        bisect=bool(config.get("BisectBatchOnFunctionError")),
        tumbling=config.get("TumblingWindowInSeconds") or 0,
        report_failures="ReportBatchItemFailures" in (config.get("FunctionResponseTypes") or []),
    )


def starting_point(config: Any, shard: Shard) -> int:
    """Return the sequence number after which a mapping begins to read a shard."""
    match config["StartingPosition"]:
        case "TRIM_HORIZON":
            return 0
        case "AT_TIMESTAMP":
            given = config["StartingPositionTimestamp"]
            seconds = given.timestamp() if isinstance(given, datetime) else float(given)
            return shard.position_at(seconds)
        case _:
            return shard.tip()


def failure(function_arn: str, given_up: GivenUp) -> dict[str, Any]:
    """Build the invocation record for an on-failure destination, without the batch's details."""
    outcome = given_up.outcome
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": outcome.request_id if outcome else str(uuid.uuid4()),
            "functionArn": function_arn,
            "condition": given_up.condition,
            "approximateInvokeCount": given_up.attempts,
        }
    }
    if outcome:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": outcome.version,
            "functionError": outcome.error,
        }
    return record


def install(invoke: Callable[..., Any]) -> None:
    """Give LocalStack's workers for streams our poller.

    Args:
        invoke: `LambdaService.invoke`
    """
    original = patches.original("lambda.worker")
    patches.replace("lambda.stream_arrival", _created)

    @functools.wraps(original)
    def get_esm_worker(self: Any) -> Any:
        worker = original(self)
        if isinstance(worker.poller, KinesisPoller | DynamoDBPoller):
            worker.poller = StreamPoller(worker, worker.poller, invoke)
        return worker

    patches.replace("lambda.worker", get_esm_worker)


def _created(_poller: Any, record: Event) -> float:
    """When a record of DynamoDB came, for the on-failure destination: Unix seconds."""
    return float(record["dynamodb"].get("ApproximateCreationDateTime") or clock.wall())
