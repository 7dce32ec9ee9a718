"""Lab 2: a Lambda function puts ratings on the stream; two consumers take them from it.

Firehose delivers them to the bucket, and another function writes them into a DynamoDB table.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from pipeline.cloudformation import template_text
from pipeline.data import Dataset
from pipeline.delivered import Delivered, events
from pipeline.errors import StageError
from pipeline.lake import Lake
from pipeline.lambdas import simulator
from pipeline.run_state import Record, fingerprint
from pipeline.settings import PARTIAL
from pipeline.stages.base import Result, Stage, Work
from pipeline.stages.full_load import count_items
from pipeline.table_state import table_id, unreadable

__all__ = ["Stream", "source_events"]

CALL_SECONDS: Final = 3.0
"""After so long a call of the simulator ends, and its position is noted: a run that is killed
sends again only the rest."""
COUNT_SECONDS: Final = 1.5
"""Between two counts of the consumer's table."""
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
        delivered = Delivered(lake)
        delivered.refresh()
        absent = len(source_events(lake) - delivered.distinct)
        if absent:
            return f"{absent:,} ratings under {lake.settings.delivery_prefix}"
        table, wanted = lake.settings.streamed_table, len(_pairs(lake))
        items = count_items(lake, table)
        if items is None:
            return unreadable(lake, table) or f"DynamoDB table {table}"
        return f"{wanted - items:,} items of {table}" if items < wanted else None

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
        # In a table made anew is nothing of what an interrupted run has sent.
        goes_on = work.noted("next") is not None and work.noted("table") == table
        if not goes_on:
            _clear(lake)
        sent, rejected = self._send(work, table, goes_on=goes_on)
        delivered = self._delivery(work)
        items = self._consumption(work)
        counts = {
            "sent": sent,
            "rejected": rejected,
            "delivered": delivered.records,
            "distinct": len(delivered.distinct),
            "objects": delivered.objects,
            "items": items,
        }
        text = (
            f"{len(delivered.distinct):,} distinct ratings delivered in {delivered.objects} "
            f"objects, {delivered.records - len(delivered.distinct):,} twice; {items:,} items in "
            f"{lake.settings.streamed_table}"
        )
        keys = [entry["Key"] for entry in lake.objects(lake.settings.delivery_prefix)]
        return Result(text, counts, {"output": fingerprint(work.inputs, *keys)})

    @staticmethod
    def _wait_until_active(work: Work) -> None:
        firehose = work.lake.client("firehose")

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
            return True if found["DeliveryStreamStatus"] == "ACTIVE" else None

        work.wait(active, work.lake.target.waits.stack, "the delivery stream to be ACTIVE")

    @staticmethod
    def _send(work: Work, table: str, *, goes_on: bool) -> tuple[int, int]:
        lake = work.lake
        total = work.upstream("land").details["files"][PARTIAL]["rows"]
        event: dict[str, Any] = {
            "bucket": lake.bucket,
            "key": lake.settings.data_key(PARTIAL),
            "stream": lake.settings.stream,
            "offset": work.noted("next") if goes_on else 0,
            "seconds": CALL_SECONDS,
        }
        rejected = int(work.noted("rejected") or 0) if goes_on else 0
        while True:
            work.progress("simulator at work", event["offset"], total)
            answer = _call_simulator(lake, event)
            if not answer["done"] and answer["next"] == event["offset"]:
                break
            rejected += answer["rejected_count"]
            event["offset"] = answer["next"]
            work.note(next=answer["next"], rejected=rejected, table=table)
            if answer["done"]:
                return answer["next"] - rejected, rejected
        raise StageError(
            f"The simulator stays at row {event['offset']:,} of {total:,}.",
            "Go on from there with: lake run --from stream",
        )

    @staticmethod
    def _delivery(work: Work) -> Delivered:
        lake = work.lake
        wanted = source_events(lake)
        delivered = Delivered(lake)

        def complete() -> bool | None:
            delivered.refresh()
            done = len(wanted & delivered.distinct)
            work.progress("Firehose delivers", done, len(wanted))
            return True if done == len(wanted) else None

        patience = lake.target.sizes.firehose_interval + lake.target.waits.delivery_margin
        work.wait(
            complete,
            patience,
            f"Firehose to deliver {len(wanted):,} ratings "
            "(send them again with: lake run --only stream --force)",
            position=lambda: delivered.records,
        )
        return delivered

    @staticmethod
    def _consumption(work: Work) -> int:
        lake = work.lake
        wanted = len(_pairs(lake))

        looked, written = 0.0, 0

        def complete() -> int | None:
            nonlocal looked, written
            # Counting reads the whole table: seldom enough not to hinder who writes it.
            if time.monotonic() - looked < COUNT_SECONDS:
                return None
            items = count_items(lake, lake.settings.streamed_table)
            if items is None:
                raise _table_gone(lake)
            looked, written = time.monotonic(), items
            work.progress(f"{lake.settings.consumer} writes", items, wanted)
            return items if items >= wanted else None

        return work.wait(
            complete,
            lake.target.waits.full_load,
            f"{lake.settings.consumer} to write {wanted:,} ratings into "
            f"{lake.settings.streamed_table} (its log is in group "
            f"/aws/lambda/{lake.settings.consumer}, what it could not write in queue "
            f"{lake.settings.consumer}-failures)",
            position=lambda: written,
        )


def _table_gone(lake: Lake) -> StageError:
    table = lake.settings.streamed_table
    what = unreadable(lake, table) or f"DynamoDB table {table}"
    return StageError(
        f"{what} is not there for {lake.settings.consumer} to write into.",
        "Make it again, and stream again, with: lake run",
    )


def _call_simulator(lake: Lake, event: dict[str, Any]) -> dict[str, Any]:
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


def _pairs(lake: Lake) -> set[tuple[int, int]]:
    """What makes an item of its own: the (user, movie) of the ratings."""
    return {(user, movie) for user, movie, _, _ in source_events(lake)}


def source_events(lake: Lake) -> set[tuple[int, int, float, int]]:
    """The distinct events that the landed file gives."""
    body = lake.read(lake.settings.data_key(PARTIAL))
    found: set[tuple[int, int, float, int]] = set()
    for _, row in simulator.read_rows(body):
        try:
            encoded = simulator.encode(row)
        except ValueError:
            continue  # the simulator rejects and counts it
        found.update(event for event in events(encoded) if event is not None)
    return found


def _clear(lake: Lake) -> None:
    """Remove what was delivered, so that sending again does not pile up copies."""
    for entry in lake.objects(lake.settings.delivery_prefix):
        lake.s3.delete_object(Bucket=lake.bucket, Key=entry["Key"])
