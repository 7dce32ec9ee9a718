"""Lab 2: a Lambda function puts ratings on the stream; two consumers take them from it.

Firehose delivers them to the bucket, and another function writes them into a DynamoDB table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.cloudformation import template_text
from pipeline.delivered import Delivered, events
from pipeline.distinct_keys import DistinctKeys
from pipeline.errors import StageError
from pipeline.item_counts import GrowingTable, items_once
from pipeline.lake import Lake
from pipeline.lambdas import simulator
from pipeline.run_state import Record, fingerprint
from pipeline.settings import PARTIAL
from pipeline.simulated_ratings import added_keys, forget_added
from pipeline.stages.base import Result, Stage, Work
from pipeline.table_state import table_id, unreadable
from pipeline.text.counted import counted

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["CALL_SECONDS", "SourceEvents", "Stream", "call_simulator", "source_events"]

CALL_SECONDS: Final = 3.0
"""After so long a call of the simulator ends, and its position is noted: a run that is killed
sends again only the rest."""
ANSWER_SECONDS: Final = 500.0
"""How long its answer is waited for: a little longer than the function's timeout."""


class Stream(Stage):
    """Call the simulator until it is done, then wait until both consumers have every rating."""

    name = "stream"
    needs = ("land",)
    stacks = ("streaming",)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [template_text("streaming")]

    def missing(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        delivered, source = Delivered.once(lake), source_events_once(lake)
        absent = source.events.overlap(delivered.distinct).first_only
        if absent:
            return f"{counted(absent, 'rating')} under {lake.settings.delivery_prefix}"
        table, wanted = lake.settings.streamed_table, len(source.pairs)
        items = items_once(lake, table)
        if items is None:
            return unreadable(lake, table) or f"DynamoDB table {table}"
        return f"{counted(wanted - items, 'item')} of {table}" if items < wanted else None

    def lost(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        if not lake.objects(lake.settings.delivery_prefix):
            return f"what was delivered under {lake.settings.delivery_prefix}"
        return unreadable(lake, lake.settings.streamed_table)

    def run(self, work: Work) -> Result:
        lake = work.lake
        self._wait_until_active(work)
        table = table_id(lake, lake.settings.streamed_table)
        if table is None:
            raise _table_gone(lake)
        # In a table made again is nothing of what an interrupted run has sent.
        goes_on = work.noted("next") is not None and work.noted("table") == table
        if not goes_on:
            _clear(lake)
        sent, rejected = self._send(work, table, goes_on=goes_on)
        source = source_events(lake)
        self._enable_consumer(lake)
        delivered = self._delivery(work, source)
        items = self._consumption(work, len(source.pairs))
        distinct = len(delivered.distinct)
        counts = {
            "sent": sent,
            "rejected": rejected,
            "delivered": delivered.records,
            "distinct": distinct,
            "objects": delivered.objects,
            "items": items,
        }
        text = (
            f"{counted(distinct, 'distinct rating')} delivered in "
            f"{counted(delivered.objects, 'object')}, {delivered.records - distinct:,} twice; "
            f"{counted(items, 'item')} in {lake.settings.streamed_table}"
        )
        keys = [entry["Key"] for entry in lake.objects(lake.settings.delivery_prefix)]
        return Result(text, counts, {"output": fingerprint(work.inputs, *keys)})

    @staticmethod
    def _wait_until_active(work: Work) -> None:
        firehose = work.lake.client("firehose")

        at: dict[str, object] = {}

        def active() -> bool | None:
            found = firehose.describe_delivery_stream(
                DeliveryStreamName=work.lake.settings.delivery_stream
            )["DeliveryStreamDescription"]
            if found["DeliveryStreamStatus"].endswith("_FAILED"):
                raise StageError(
                    f"The delivery stream is {found['DeliveryStreamStatus']}: "
                    f"{found.get('FailureDescription', {}).get('Details', '')}",
                    "Start afresh with: lake destroy",
                )
            at["delivery stream"] = found["DeliveryStreamStatus"]
            return True if found["DeliveryStreamStatus"] == "ACTIVE" else None

        work.wait(active, work.lake.target.waits.stack, "the delivery stream to be ACTIVE", at.copy)

    @staticmethod
    def _send(work: Work, table: str, *, goes_on: bool) -> tuple[int, int]:
        lake = work.lake
        total = work.upstream("land").details["files"][PARTIAL]["rows"]
        event: dict[str, Any] = {
            "bucket": lake.bucket,
            "key": lake.settings.data_key(PARTIAL),
            "stream": lake.settings.stream,
            "offset": work.noted("next") if goes_on else 0,
            "place": work.noted("place") if goes_on else None,
            "seconds": CALL_SECONDS,
        }
        rejected = int(work.noted("rejected") or 0) if goes_on else 0
        while True:
            work.progress("simulator at work", event["offset"], total)
            answer = call_simulator(lake, event)
            if not answer["done"] and answer["next"] == event["offset"]:
                break
            rejected += answer["rejected_count"]
            event |= {"offset": answer["next"], "place": answer.get("place")}
            work.note(next=answer["next"], place=event["place"], rejected=rejected, table=table)
            if answer["done"]:
                return answer["next"] - rejected, rejected
        raise StageError(
            f"The simulator stays at row {event['offset']:,} of {total:,}.",
            "Go on from there with: lake run --from stream",
        )

    @staticmethod
    def _delivery(work: Work, source: SourceEvents) -> Delivered:
        lake, wanted = work.lake, len(source.events)
        delivered = Delivered(lake)
        compared = -1

        def complete() -> bool | None:
            nonlocal compared
            delivered.refresh()
            work.progress("Firehose delivers", min(delivered.records, wanted), wanted)
            # Records may come twice: only once there are enough is it worth to look which they are.
            if delivered.records < wanted or delivered.records == compared:
                return None
            compared = delivered.records
            return None if source.events.overlap(delivered.distinct).first_only else True

        patience = lake.target.sizes.firehose_interval + lake.target.waits.delivery_margin
        work.wait(
            complete,
            patience,
            f"Firehose to deliver {counted(wanted, 'rating')} "
            "(send them again with: lake run --only stream --force)",
            position=lambda: {"records delivered": delivered.records},
        )
        return delivered

    @staticmethod
    def _enable_consumer(lake: Lake) -> None:
        """Let the consumer read on where somebody has disabled that: its stack does not see it."""
        client = lake.client("lambda")
        for mapping in _mappings(lake):
            if mapping["State"] == "Disabled":
                client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
                lake.reporter.line(
                    f"stream: the event source mapping of {lake.settings.consumer} was disabled, "
                    "and is enabled again"
                )

    @staticmethod
    def _consumption(work: Work, wanted: int) -> int:
        """Wait until the consumer has written all; returns the items of its table."""
        lake = work.lake
        table = GrowingTable(lake, lake.settings.streamed_table)

        def complete() -> int | None:
            table.look(wanted)
            if table.gone:
                raise _table_gone(lake)
            work.progress(f"{lake.settings.consumer} writes", table.known, wanted)
            return table.counted if table.counted >= wanted else None

        return work.wait(
            complete,
            lake.target.waits.full_load,
            f"{lake.settings.consumer} to write {counted(wanted, 'rating')} into "
            f"{lake.settings.streamed_table} (its log is in group "
            f"/aws/lambda/{lake.settings.consumer}, what it could not write in queue "
            f"{lake.settings.consumer}-failures)",
            position=lambda: {
                "items written": table.known,
                "event source mapping": ", ".join(m["State"] for m in _mappings(lake)) or "absent",
            },
        )


def _mappings(lake: Lake) -> list[dict[str, Any]]:
    """The consumer's event source mappings."""
    found = lake.client("lambda").list_event_source_mappings(FunctionName=lake.settings.consumer)
    return list(found["EventSourceMappings"])


def _table_gone(lake: Lake) -> StageError:
    table = lake.settings.streamed_table
    what = unreadable(lake, table) or f"DynamoDB table {table}"
    return StageError(
        f"{what} is not there for {lake.settings.consumer} to write into.",
        "Make it again, and stream again, with: lake run",
    )


def call_simulator(lake: Lake, event: dict[str, Any]) -> dict[str, Any]:
    """Call the simulator; returns its answer.

    Raises:
        StageError: it has failed
    """
    name = lake.settings.simulator
    answer = lake.target.patient_client("lambda", ANSWER_SECONDS).invoke(
        FunctionName=name, InvocationType="RequestResponse", Payload=json.dumps(event)
    )
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        raise StageError(
            f"Function {name} failed at row {event['offset']:,}: "
            f"{payload.get('errorType', 'error')}: {payload.get('errorMessage')}",
            f"Read its log: {lake.target.read_log(f'/aws/lambda/{name}')}; "
            "then go on with: lake run",
        )
    return dict(payload)


@dataclass(frozen=True)
class SourceEvents:
    """What the landed file gives, each counted once."""

    events: DistinctKeys
    """As `pipeline.delivered.events` has them."""
    pairs: DistinctKeys
    """Their (user, movie), of which each makes an item."""


def source_events_once(lake: Lake) -> SourceEvents:
    """As `source_events`, but not read again in a run that has changed nothing since."""
    return lake.once.get("source events", lambda: source_events(lake))


def source_events(lake: Lake) -> SourceEvents:
    """The distinct events that the landed file gives, and those that were streamed after it."""
    found = SourceEvents(DistinctKeys(), DistinctKeys())
    for key in (lake.settings.data_key(PARTIAL), *added_keys(lake)):
        with lake.text(key) as lines:
            for _, row in simulator.read_rows(lines):
                try:
                    encoded = simulator.encode(row)
                except ValueError:
                    continue  # the simulator rejects and counts it
                for event in events(encoded):
                    if event is not None:
                        found.events.add(event)
                        found.pairs.add(event[:2])
    return found


def _clear(lake: Lake) -> None:
    """Remove what was delivered, so that sending again does not pile up copies.

    With it goes what was streamed later, of simulated drifts and raw files: their copies, and the
    items that only they have made.
    """
    for entry in lake.objects(lake.settings.delivery_prefix):
        lake.s3.delete_object(Bucket=lake.bucket, Key=entry["Key"])
    forget_added(lake)
