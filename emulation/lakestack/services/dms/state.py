"""The resources of the emulated DMS, per account and region, in memory; and how AWS shows them."""

from __future__ import annotations

import re
import secrets
import string
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lakestack import clock
from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.services.dms.progress import COMPLETED, ERROR, TableProgress, percent
from lakestack.services.dms.task_settings import TaskSettings, parse_task_settings
from lakestack.store import Contents, Ending, ServiceState, Store, register

ACTIVE_STATES = frozenset({"starting", "running", "stopping"})
_IDENTIFIER = re.compile(r"[A-Za-z](?!.*--)[A-Za-z0-9-]*(?<!-)")
_SAVED = ("subnet_groups", "instances", "endpoints", "tags")
_TASK_SAVED = (
    *("identifier", "arn", "source_arn", "target_arn", "instance_arn", "table_mappings"),
    *("task_data", "created", "status", "stop_reason", "last_failure", "fresh_start", "started"),
    *("stopped", "load_finished"),
)
LOST = (
    "The emulator ended while the task ran, and was started again with its saved state; start the "
    "task with resume-processing"
)
LOST_REASON = "Stop Reason RECOVERABLE_ERROR"
_ID_CHARACTERS = string.ascii_uppercase + "234567"

Shape = dict[str, Any]


@dataclass
class Task:
    """A replication task and its runs."""

    identifier: str
    arn: str
    source_arn: str
    target_arn: str
    instance_arn: str
    table_mappings: str
    settings: TaskSettings
    task_data: str | None
    created: datetime = field(default_factory=clock.utc)
    status: str = "ready"
    stop_reason: str | None = None
    last_failure: str | None = None
    fresh_start: datetime | None = None
    started: datetime | None = None
    began: float = 0.0
    took: float | None = None
    stopped: datetime | None = None
    load_finished: datetime | None = None
    tables: dict[tuple[str, str], TableProgress] = field(default_factory=dict)
    reloads: list[tuple[str, str]] = field(default_factory=list)
    closing: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    runner: threading.Thread | None = None

    @property
    def resource_id(self) -> str:
        return self.arn.rpartition(":")[2]

    def snapshot(self) -> Shape:
        """As plain data."""
        return {
            **{name: getattr(self, name) for name in _TASK_SAVED},
            "settings": self.settings.document,
            "took": (clock.steady() - self.began if self.took is None else self.took)
            if self.status not in ACTIVE_STATES
            else None,
            "tables": [table.snapshot() for table in self.tables.values()],
        }

    @classmethod
    def restored(cls, saved: Shape) -> Task:
        """The task of a snapshot; it runs no more."""
        task = cls(
            **{name: saved[name] for name in _TASK_SAVED},
            settings=parse_task_settings(None, saved["settings"]),
        )
        task.took = saved["took"]
        tables = [TableProgress(**each) for each in saved["tables"]]
        task.tables = {(table.schema, table.name): table for table in tables}
        return task

    def shape(self, *, settings: bool = True) -> Shape:
        """AWS's ReplicationTask; without settings and mappings if WithoutSettings was asked."""
        answer: Shape = {
            "ReplicationTaskIdentifier": self.identifier,
            "SourceEndpointArn": self.source_arn,
            "TargetEndpointArn": self.target_arn,
            "ReplicationInstanceArn": self.instance_arn,
            "MigrationType": "full-load",
            "Status": self.status,
            "ReplicationTaskCreationDate": self.created,
            "ReplicationTaskArn": self.arn,
        }
        if settings:
            answer["TableMappings"] = self.table_mappings
            answer["ReplicationTaskSettings"] = self.settings.document
        optional = {
            "StopReason": self.stop_reason,
            "LastFailureMessage": self.last_failure,
            "ReplicationTaskStartDate": self.started,
            "TaskData": self.task_data,
        }
        answer.update({k: v for k, v in optional.items() if v is not None})
        if self.started is not None:
            answer["ReplicationTaskStats"] = self._statistics(self.started)
        return answer

    def _statistics(self, started: datetime) -> Shape:
        tables = list(self.tables.values())
        loaded = sum(t.state == COMPLETED for t in tables)
        errored = sum(t.state == ERROR for t in tables)
        loading = sum(t.started is not None and t.ended is None for t in tables)
        queued = sum(t.started is None and t.ended is None for t in tables)
        took = clock.steady() - self.began if self.took is None else self.took
        dates = {
            "FreshStartDate": self.fresh_start,
            "StartDate": started,
            "StopDate": self.stopped,
            "FullLoadStartDate": started,
            "FullLoadFinishDate": self.load_finished,
        }
        return {
            "FullLoadProgressPercent": 100 if self.load_finished else percent(tables),
            "ElapsedTimeMillis": int(took * 1000),
            "TablesLoaded": loaded,
            "TablesLoading": loading,
            "TablesQueued": queued,
            "TablesErrored": errored,
            **{k: v for k, v in dates.items() if v is not None},
        }


class DmsState(ServiceState):
    """All DMS resources of one account and region; hold `lock` while reading or changing them."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.subnet_groups: dict[str, Shape] = {}
        self.instances: dict[str, Shape] = {}
        self.endpoints: dict[str, Shape] = {}
        self.connections: dict[tuple[str, str], Shape] = {}
        self.tasks: dict[str, Task] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.subscriptions: dict[str, Shape] = {}

    def contents(self) -> Contents:
        with self.lock:
            return {
                "replication subnet group": sorted(self.subnet_groups),
                "replication instance": sorted(self.instances),
                "endpoint": sorted(self.endpoints),
                "replication task": sorted(t.identifier for t in self.tasks.values()),
                "event subscription": sorted(self.subscriptions),
            }

    def end(self) -> list[Ending]:
        """Running tasks are stopped as StopReplicationTask does."""
        running = [t for t in self.tasks.values() if t.status in ACTIVE_STATES]
        for task in running:
            task.status = "stopping"
            task.cancelled.set()
        return [Ending.of(task.runner) for task in running if task.runner is not None]

    def snapshot(self) -> Shape:
        with self.lock:
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "connections": list(self.connections.values()),
                "tasks": [task.snapshot() for task in self.tasks.values()],
                **({"subscriptions": self.subscriptions} if self.subscriptions else {}),
            }

    def resume(self) -> None:
        """A task that ran has failed: its thread is gone; what it has loaded is there."""
        for task in self.tasks.values():
            if task.status in ACTIVE_STATES:
                task.status, task.stop_reason = "failed", LOST_REASON
                task.last_failure = f"Last Error {LOST} {LOST_REASON} Error Level RECOVERABLE"
                task.stopped = clock.utc()
                task.took = task.took or 0.0

    def restore(self, document: Shape) -> None:
        for name in _SAVED:
            setattr(self, name, document[name])
        self.connections = {
            (c["ReplicationInstanceArn"], c["EndpointArn"]): c for c in document["connections"]
        }
        self.tasks = {each["arn"]: Task.restored(each) for each in document["tasks"]}
        self.subscriptions = document.get("subscriptions", {})
        # An instance shows its subnet group as it is now.
        for instance in self.instances.values():
            group = instance["ReplicationSubnetGroup"]["ReplicationSubnetGroupIdentifier"]
            if group in self.subnet_groups:
                instance["ReplicationSubnetGroup"] = self.subnet_groups[group]

    def arn(self, kind: str, resource_id: str | None = None) -> str:
        """An ARN of kind rep, endpoint, task, subgrp or es; without an id with a random one."""
        resource_id = resource_id or "".join(secrets.choice(_ID_CHARACTERS) for _ in range(26))
        return arns.arn("dms", self.region, self.account, f"{kind}:{resource_id}")

    def tag(self, arn: str, request: Shape) -> None:
        """Keep the tags of a creating request, which may have none."""
        self.tags[arn] = given_tags(request)

    def exists(self, arn: str) -> bool:
        named = {self.arn("subgrp", name) for name in self.subnet_groups}
        named |= {self.arn("es", name) for name in self.subscriptions}
        return arn in named or any(
            arn in resources for resources in (self.instances, self.endpoints, self.tasks)
        )


def given_tags(request: Shape) -> dict[str, str]:
    """The request's tags by their keys (DMS API Reference, "Tag": 1 to 128 characters)."""
    tags = request.get("Tags") or []
    for number, tag in enumerate(tags, 1):
        if not 1 <= len(tag.get("Key") or "") <= 128:
            raise invalid_value(
                f"The key of tag {number} is {tag.get('Key')!r}; needed: 1 to 128 characters"
            )
    return {tag["Key"]: tag.get("Value") or "" for tag in tags}


STORE = register(Store("dms", DmsState))


class Operations:
    """Mixed into the provider: what operations of every kind need."""

    def store(self, context: RequestContext) -> DmsState:
        """The resources of the request's account and region."""
        return STORE.get(context.account_id, context.region)


def invalid_value(message: str) -> CommonServiceException:
    """DMS's error for a parameter's value."""
    return aws_error("InvalidParameterValueException", message)


def not_found(message: str) -> CommonServiceException:
    """DMS's error for a resource that does not exist."""
    return aws_error("ResourceNotFoundFault", message)


def wrong_state(message: str) -> CommonServiceException:
    """DMS's error for a resource that is in another state."""
    return aws_error("InvalidResourceStateFault", message)


def already_exists(what: str, name: str) -> CommonServiceException:
    """DMS's error for a name that is taken."""
    return aws_error("ResourceAlreadyExistsFault", f"{what} {name} already exists")


def check_identifier(name: str, what: str, most: int = 255) -> str:
    """Check an identifier: letters, digits and single hyphens, a letter first, no hyphen last."""
    if len(name) > most or not _IDENTIFIER.fullmatch(name):
        raise invalid_value(
            f"The {what} {name!r} is not valid: 1 to {most} letters, digits and single hyphens, "
            "beginning with a letter and not ending with a hyphen"
        )
    return name


def find(resources: dict[str, Any], arn: str, what: str) -> Any:
    """The resource with an ARN, or AWS's ResourceNotFoundFault."""
    if arn not in resources:
        raise not_found(f"{what} {arn} not found")
    return resources[arn]


def select(
    resources: Iterable[Any],
    request: Shape,
    getters: Mapping[str, Callable[[Any], Iterable[str]]],
    what: str,
) -> list[Any]:
    """Apply a Describe operation's Filters: all filters must match, any value of each.

    Raises:
        CommonServiceException: ResourceNotFoundFault if filters are given and none matches
    """
    chosen = list(resources)
    filters = request.get("Filters") or []
    for one in filters:
        getter = getters.get(one["Name"])
        if getter is None:
            raise invalid_value(f"Filter {one['Name']!r} is not valid; valid: {', '.join(getters)}")
        values = set(one["Values"])
        chosen = [r for r in chosen if values.intersection(getter(r))]
    if filters and not chosen:
        raise not_found(f"No {what} found matching the filters")
    return chosen


def described(
    state: DmsState,
    resources: Mapping[Any, Shape],
    request: Shape,
    filters: Mapping[str, str],
    member: str,
    what: str,
) -> Shape:
    """A Describe operation's answer over resources that are kept as AWS shows them.

    Args:
        filters: the member that each filter looks at
        member: the answer's list
        what: what there is none of, if filters match none
    """
    getters = {name: _getter(key) for name, key in filters.items()}
    with state.lock:
        found = select(resources.values(), request, getters, what)
    shown, marker = page(found, request)
    return {member: shown, **marker}


def _getter(key: str) -> Callable[[Shape], Iterable[str]]:
    return lambda resource: [resource[key]]


def page(
    items: list[Any], request: Shape, most: int = 100, least: int = 20
) -> tuple[list[Any], Shape]:
    """Cut out the page that MaxRecords and Marker ask for; returns it and the Marker member."""
    size = request.get("MaxRecords") or most
    if not least <= size <= most:
        raise invalid_value(f"MaxRecords is {size}; valid: {least} to {most}")
    marker = request.get("Marker") or "0"
    if not (marker.isascii() and marker.isdigit() and len(marker) < 19):
        raise invalid_value(f"Marker {marker!r} is not one that this operation returned")
    start = int(marker[:18])
    end = start + size
    return items[start:end], {"Marker": str(end)} if end < len(items) else {}
