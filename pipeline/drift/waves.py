"""Ratings of a drift on their way: a file in the bucket, the simulator, Kinesis, both consumers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.delivered import Delivered
from pipeline.drift.tastes import Rating
from pipeline.errors import StageError
from pipeline.item_counts import count_items
from pipeline.lake import Lake
from pipeline.lambdas.simulator import COLUMNS
from pipeline.simulated_ratings import drift_key
from pipeline.stages.stream import CALL_SECONDS, call_simulator, source_events

__all__ = ["lake_ratings", "stream_wave"]

_STEP = "stream"


def lake_ratings(lake: Lake) -> Iterator[Rating]:
    """All ratings of the training data."""
    for entry in lake.objects(f"{lake.settings.training_data}/rating/"):
        if not entry["Key"].endswith(".csv"):
            continue
        with lake.text(entry["Key"]) as lines:
            reader = csv.DictReader(lines)
            reader.fieldnames = [name.lower() for name in reader.fieldnames or ()]
            for row in reader:
                yield (
                    int(row["userid"]),
                    int(row["movieid"]),
                    float(row["rating"]),
                    int(row["timestamp"]),
                )


def stream_wave(lake: Lake, ratings: Sequence[Rating], seed: int, wave: str) -> None:
    """Send ratings through the stream, and wait until both consumers have them.

    Args:
        lake: where
        ratings: in the order in which they are sent
        seed: of the drift, for the file's name
        wave: the same

    Raises:
        StageError: the simulator fails or stays where it is
        StageTimeoutError: they do not arrive
    """
    key = drift_key(lake, seed, wave)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(ratings)
    lake.s3.put_object(
        Bucket=lake.bucket, Key=key, Body=text.getvalue().encode("utf-8"), ContentType="text/csv"
    )
    _send(lake, key, len(ratings))
    source = source_events(lake)
    delivered = Delivered(lake)

    def arrived() -> bool | None:
        delivered.refresh()
        lake.reporter.progress(_STEP, "Firehose delivers", delivered.records, len(source.events))
        if delivered.records < len(source.events):
            return None
        absent = source.events.overlap(delivered.distinct).first_only
        return None if absent else True

    def written() -> bool | None:
        items = count_items(lake, lake.settings.streamed_table)
        return True if items is not None and items >= len(source.pairs) else None

    waits = lake.target.waits
    lake.poll(
        arrived,
        lake.target.sizes.firehose_interval + waits.delivery_margin,
        f"Firehose to deliver {len(ratings):,} ratings",
        lambda: {"records delivered": delivered.records},
    )
    lake.poll(
        written,
        waits.full_load,
        f"{lake.settings.consumer} to write {len(ratings):,} ratings",
        lambda: {"items": count_items(lake, lake.settings.streamed_table)},
    )


def _send(lake: Lake, key: str, total: int) -> None:
    event: dict[str, Any] = {
        "bucket": lake.bucket,
        "key": key,
        "stream": lake.settings.stream,
        "offset": 0,
        "place": None,
        "seconds": CALL_SECONDS,
    }
    while True:
        lake.reporter.progress(_STEP, "simulator at work", event["offset"], total)
        answer = call_simulator(lake, event)
        if answer["done"]:
            return
        if answer["next"] == event["offset"]:
            raise StageError(
                f"The simulator stays at row {event['offset']:,} of {total:,} of {key}.",
                "Begin again with: lake run --from stream --force; then: lake simulate-drift",
            )
        event |= {"offset": answer["next"], "place": answer.get("place")}
