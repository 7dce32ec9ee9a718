"""What carries the lake's tag, in whatever service: found by the tag, not by knowing of it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from pipeline.lake import Lake

__all__ = ["tagged_resources"]


def tagged_resources(lake: Lake, known: Iterable[str] = ()) -> list[str]:
    """ARNs of all in the region that the Resource Groups Tagging API shows with the lake's tag.

    The list lags behind: what is deleted is still in it for a while (Resource Groups Tagging API
    Reference, "GetResources"). So it is asked again until it is empty or the target's
    `Waits.tag_index` has passed.

    Args:
        lake: the lake
        known: ends of ARNs that are left out, because they are known to stay
    """
    waits, ends = lake.target.waits, tuple(known)
    deadline = time.monotonic() + waits.tag_index
    while True:
        found = [arn for arn in _tagged(lake) if not (ends and arn.endswith(ends))]
        if not found or time.monotonic() >= deadline:
            return found
        time.sleep(waits.poll)


def _tagged(lake: Lake) -> list[str]:
    tag = lake.settings.tag
    pages = lake.client("resourcegroupstaggingapi").get_paginator("get_resources")
    return [
        found["ResourceARN"]
        for page in pages.paginate(TagFilters=[{"Key": tag["Key"], "Values": [tag["Value"]]}])
        for found in page["ResourceTagMappingList"]
        if lake.settings.owns(found.get("Tags", []))
    ]
