"""``lake pause``: what bills by the hour and can be made again is removed; all data is kept.

Removed are the endpoint, with its stack, and of the nested stack what belongs to the replication
instance: stacks 003 and 005, which the parameter `Paused` takes out. The stream and its shard stay,
because what is on it is data.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.account.cost import Item, hourly
from pipeline.account.deployed import deployed
from pipeline.infrastructure import SERVING, is_paused, pause_root
from pipeline.lake import Lake
from pipeline.ownership import own_bucket
from pipeline.run_lock import RunLock
from pipeline.settings import ROOT, TABLES

__all__ = ["Pause", "pause_lake"]

_REMOVED: Final = ("AWS::DMS::ReplicationInstance", "AWS::SageMaker::Endpoint")


@dataclass
class Pause:
    """What a pause has done.

    Attributes:
        removed: for people
        still: what is billed by the hour all the same
    """

    removed: list[str] = field(default_factory=list)
    still: list[Item] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"removed": self.removed, "still": [vars(item) for item in self.still]}


def pause_lake(lake: Lake) -> Pause:
    """Remove the endpoint and the replication instance.

    Args:
        lake: on its target

    Returns:
        what was removed, and what is still billed

    Raises:
        RunLockedError: a run is at work
        StackError: a stack cannot be changed
    """
    lock = RunLock(lake.s3, lake.bucket, lake.settings.state, "lake pause", lake.cancelled.set)
    with lock if own_bucket(lake) else nullcontext():
        before = _billed(lake)
        lake.reporter.begin("endpoint")
        there = lake.stacks.delete(SERVING)
        lake.reporter.end("endpoint", "removed" if there else "nothing there")
        lake.reporter.begin("replication instance")
        running = lake.stacks.describe(ROOT) is not None and not is_paused(lake.stacks)
        if running:
            pause_root(lake.stacks)
        lake.reporter.end("replication instance", "removed" if running else "nothing there")
        return Pause(sorted(before - _billed(lake)), _still(lake))


def _billed(lake: Lake) -> set[str]:
    return {
        f"{resource.kind.removeprefix('AWS::').replace('::', ' ')} {resource.name}"
        for stack in deployed(lake)
        for resource in stack.resources
        if resource.kind in _REMOVED and resource.logical in stack.physical
    }


def _still(lake: Lake) -> list[Item]:
    if lake.target.prices is None:
        return []
    there = [
        resource
        for stack in deployed(lake)
        for resource in stack.resources
        if resource.logical in stack.physical
    ]
    pages = lake.client("dynamodb").get_paginator("list_tables").paginate()
    names = {name for page in pages for name in page["TableNames"]}
    tables = {t: n for t in TABLES if (n := lake.settings.dynamodb_table(t)) in names}
    return hourly(lake.target.prices, there, tables)
