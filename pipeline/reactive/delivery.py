"""Whether what an execution has sent to the stream has come to the bucket."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.delivered import events
from pipeline.distinct_keys import DistinctKeys
from pipeline.lake import Lake
from pipeline.lambdas import simulator
from pipeline.retraining.refresh import fingerprint_of

__all__ = ["all_delivered"]


def all_delivered(lake: Lake, copies: Sequence[str]) -> str | None:
    """Whether every rating of some files is in an object of Firehose's.

    Only deliveries that are no older than the files are read: S3 gives both times.

    Args:
        lake: where
        copies: keys of files that were streamed

    Returns:
        fingerprint of the deliveries that were looked at, None when a rating is in none of them
    """
    wanted, there = DistinctKeys(), DistinctKeys()
    heads = [lake.s3.head_object(Bucket=lake.bucket, Key=key) for key in copies]
    since = min(head["LastModified"] for head in heads)
    for key in copies:
        with lake.text(key) as lines:
            for _, row in simulator.read_rows(lines):
                for event in events(simulator.encode(row)):
                    if event is not None:
                        wanted.add(event)
    deliveries = lake.objects(lake.settings.delivery_prefix)
    for entry in deliveries:
        if entry["LastModified"] >= since:
            for event in events(lake.read(entry["Key"])):
                if event is not None:
                    there.add(event)
    return None if wanted.overlap(there).first_only else fingerprint_of(deliveries)
