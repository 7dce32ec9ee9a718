"""The files that were streamed later: of simulated drifts, and of what was dropped in under raw/.

They lie beside the landed file that is streamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.lake import Lake
from pipeline.lambdas import simulator
from pipeline.settings import PARTIAL

__all__ = [
    "Simulated",
    "added_keys",
    "drift_key",
    "drift_keys",
    "forget_added",
    "raw_key",
    "simulated",
]

_RAW: Final = "raw-"
_AT_ONCE: Final = 25
"""Deletions of one BatchWriteItem (Amazon DynamoDB API Reference, "BatchWriteItem")."""


def drift_key(lake: Lake, seed: int, wave: str) -> str:
    """Where the ratings of a wave lie: a new key for each, so that a rerun adds to them."""
    number = len(drift_keys(lake)) + 1
    return f"{_folder(lake)}drift-{number:03d}-{seed}-{wave}.csv"


def drift_keys(lake: Lake) -> list[str]:
    """Keys of the files, oldest first."""
    return _keys(lake, "drift-")


def raw_key(lake: Lake, batch: str) -> str:
    """Where the ratings lie that a batch of raw files has given."""
    return f"{_folder(lake)}{_RAW}{batch}.csv"


def added_keys(lake: Lake) -> list[str]:
    """Keys of all files that were streamed after the landed one."""
    return [*drift_keys(lake), *_keys(lake, _RAW)]


@dataclass(frozen=True)
class Simulated:
    """What was streamed after the landed file.

    Attributes:
        rows: ratings of all files
        pairs: distinct (user, movie) that no landed file has
    """

    rows: int
    pairs: int


def simulated(lake: Lake) -> Simulated:
    """Count the ratings of all files."""
    rows, pairs = 0, set[tuple[str, str]]()
    for key in added_keys(lake):
        for pair in _pairs(lake, key):
            rows += 1
            pairs.add(pair)
    if _keys(lake, _RAW):  # a drift's are of movies that nobody has rated
        for table in ("ratings", PARTIAL):
            pairs.difference_update(_pairs(lake, lake.settings.data_key(table)))
    return Simulated(rows, len(pairs))


def forget_added(lake: Lake) -> None:
    """Delete the files, and the items of the streamed ratings' table that only they have made."""
    keys = added_keys(lake)
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


def _keys(lake: Lake, stem: str) -> list[str]:
    found = [entry["Key"] for entry in lake.objects(f"{_folder(lake)}{stem}")]
    return sorted(key for key in found if key.endswith(".csv"))


def _folder(lake: Lake) -> str:
    return lake.settings.data_key(PARTIAL).rpartition("/")[0] + "/"
