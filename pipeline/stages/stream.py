"""Lab 2: the simulator puts ratings on the stream, Firehose delivers them to the bucket."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.cloudformation import template_text
from pipeline.data import Dataset
from pipeline.delivered import Delivered, events
from pipeline.errors import StageError
from pipeline.lake import Lake
from pipeline.lambdas import simulator
from pipeline.run_state import Record
from pipeline.settings import PARTIAL
from pipeline.stages.base import Result, Stage, Work

__all__ = ["Stream", "source_events"]

CALL_SECONDS: Final = 7.0
"""Time given to one call of the simulator, 5 s of which it keeps in reserve. Short calls, because
after each of them its position is noted, and a run that is killed sends again only the rest."""


@dataclass
class FunctionContext:
    """The part of Lambda's context object that the simulator uses."""

    seconds: float = CALL_SECONDS
    _began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function would be ended."""
        return max(0, round(1000 * (self.seconds - (time.monotonic() - self._began))))


class Stream(Stage):
    """Call the simulator until it is done, then wait until every record is in the bucket."""

    name = "stream"
    needs = ("land",)
    stacks = ("004-streaming",)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [template_text("004-streaming")]

    def missing(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        delivered = Delivered(lake)
        delivered.refresh()
        absent = len(source_events(lake) - delivered.distinct)
        return f"{absent:,} ratings under {lake.settings.delivery_prefix}" if absent else None

    def run(self, work: Work) -> Result:
        lake = work.lake
        if work.forced:
            _clear(lake)
        self._wait_until_active(work)
        sent, rejected = self._send(work)
        delivered = self._delivery(work)
        counts = {
            "sent": sent,
            "rejected": rejected,
            "delivered": delivered.records,
            "distinct": len(delivered.distinct),
            "objects": delivered.objects,
        }
        text = (
            f"{len(delivered.distinct):,} distinct ratings delivered in {delivered.objects} "
            f"objects, {delivered.records - len(delivered.distinct):,} twice"
        )
        return Result(text, counts)

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
    def _send(work: Work) -> tuple[int, int]:
        lake = work.lake
        total = work.upstream("land").details["files"][PARTIAL]["rows"]
        event: dict[str, Any] = {
            "bucket": lake.bucket,
            "key": lake.settings.data_key(PARTIAL),
            "stream": lake.settings.stream,
            "offset": work.noted("next") or 0,
        }
        rejected = int(work.noted("rejected") or 0)
        while True:
            work.progress("simulator at work", event["offset"], total)
            answer = simulator.handler(
                event, FunctionContext(), s3=lake.s3, kinesis=lake.client("kinesis")
            )
            if not answer["done"] and answer["next"] == event["offset"]:
                break
            rejected += answer["rejected_count"]
            event["offset"] = answer["next"]
            work.note(next=answer["next"], rejected=rejected)
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
        )
        return delivered


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
