"""``lake destroy --dry-run``: what `pipeline.destroy.destruction` would delete, in its order.

Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.destroy.leftovers import network_interfaces
from pipeline.destroy.logs import log_groups
from pipeline.destroy.stopping import working
from pipeline.dms_roles import own_roles
from pipeline.infrastructure import BUCKET, SERVING
from pipeline.lake import Lake
from pipeline.ownership import Belongings, own_tables
from pipeline.reactive.stack import running
from pipeline.retraining.registry import registered
from pipeline.settings import LISTS, LOADED, REACTIVE, ROOT, SCHEDULE
from pipeline.text.counted import counted

__all__ = ["planned_steps", "stack_contents"]


def planned_steps(lake: Lake, own: Belongings) -> Iterator[tuple[str, str, list[str]]]:
    """The steps.

    Yields:
        numbers in the workshop's text, what the step is about, and what it would delete
    """
    at_work = running(lake) if REACTIVE in own.contents else []
    executions = [f"execution {arn.rpartition(':')[2]} (would be stopped)" for arn in at_work]
    yield "", "reactive", executions + stack_contents(lake, own, REACTIVE)
    yield "", "schedule", stack_contents(lake, own, SCHEDULE)
    stop = [f"{one.what} (would be stopped)" for one in working(lake, own)]
    yield "11-12", "stop what is at work", stop
    yield "13", "endpoint and model", stack_contents(lake, own, SERVING)
    yield "", "model registry", registered(lake)
    yield "", "lists", stack_contents(lake, own, LISTS)
    yield "10", "crawlers and job", stack_contents(lake, own, "catalog")
    yield "8-9", "streams and functions", stack_contents(lake, own, "streaming")
    network = network_interfaces(lake) if ROOT in own.contents else []
    yield "6-7", "stacks of lab 1", stack_contents(lake, own, ROOT) + network
    tables = stack_contents(lake, own, LOADED)
    others = [f"table {name}" for name in own_tables(lake)]
    yield "1-2", "tables of lab 1", tables + [t for t in others if t not in own and t not in tables]
    roles = [f"role {name}, unless DMS is used elsewhere" for name in own_roles(lake)]
    yield "6-7", "roles of DMS", roles
    yield "", "logs", [f"log group {group}" for group in log_groups(lake)] if own else []
    objects: list[str] = []
    if own.bucket:
        pages = lake.s3.get_paginator("list_object_versions").paginate(Bucket=lake.bucket)
        count = sum(len(p.get("Versions", [])) + len(p.get("DeleteMarkers", [])) for p in pages)
        objects = [f"{counted(count, 'object')} of bucket {lake.bucket}"]
    yield "3-5", "objects", objects
    yield "3-5", "bucket", stack_contents(lake, own, BUCKET)


def stack_contents(lake: Lake, own: Belongings, template: str) -> list[str]:
    """The stack made from `template`, and what the workshop's text names of its resources."""
    if template not in own.contents:
        return []
    return [f"stack {lake.settings.stack(template)}", *own.contents[template]]
