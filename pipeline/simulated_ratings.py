"""The files that drifts were simulated with: they lie beside the landed file that is streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.lake import Lake
from pipeline.lambdas import simulator
from pipeline.settings import PARTIAL

__all__ = ["Simulated", "drift_key", "drift_keys", "forget_drifts", "simulated"]

_AT_ONCE: Final = 25
"""Deletions of one BatchWriteItem (Amazon DynamoDB API Reference, "BatchWriteItem")."""


def drift_key(lake: Lake, seed: int, wave: str) -> str:
    """Where the ratings of a wave lie: a new key for each, so that a rerun adds to them."""
    number = len(drift_keys(lake)) + 1
    return f"{_folder(lake)}drift-{number:03d}-{seed}-{wave}.csv"


def drift_keys(lake: Lake) -> list[str]:
    """Keys of the files, oldest first."""
    return sorted(
        entry["Key"]
        for entry in lake.objects(f"{_folder(lake)}drift-")
        if entry["Key"].endswith(".csv")
    )


@dataclass(frozen=True)
class Simulated:
    """What drifts were simulated with.

    Attributes:
        rows: ratings of all files
        pairs: distinct (user, movie), which nobody had rated before
    """

    rows: int
    pairs: int


def simulated(lake: Lake) -> Simulated:
    """Count the ratings of all files."""
    pairs = [pair for key in drift_keys(lake) for pair in _pairs(lake, key)]
    return Simulated(len(pairs), len(set(pairs)))


def forget_drifts(lake: Lake) -> None:
    """Delete the files, and the items of the streamed ratings' table that only they have made."""
    keys = drift_keys(lake)
    if not keys:
        return
    pairs = {pair for key in keys for pair in _pairs(lake, key)}
    pairs.difference_update(_pairs(lake, lake.settings.data_key(PARTIAL)))
    dynamodb, table = lake.client("dynamodb"), lake.settings.streamed_table
    waiting = [
        {"DeleteRequest": {"Key": {"userId": {"S": user}, "movieId": {"S": movie}}}}
        for user, movie in sorted(pairs)
    ]
    while waiting:
        batch, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        answer = dynamodb.batch_write_item(RequestItems={table: batch})
        waiting += answer.get("UnprocessedItems", {}).get(table, [])
    for key in keys:
        lake.s3.delete_object(Bucket=lake.bucket, Key=key)


def _pairs(lake: Lake, key: str) -> Iterator[tuple[str, str]]:
    """User and movie of each rating of a file that is streamed."""
    with lake.text(key) as lines:
        for _, row in simulator.read_rows(lines):
            if len(row) > 1:
                yield row[0], row[1]


def _folder(lake: Lake) -> str:
    return lake.settings.data_key(PARTIAL).rpartition("/")[0] + "/"
