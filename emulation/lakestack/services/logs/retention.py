"""Log events go when their group's retention is over, by the time of schedules.

Amazon CloudWatch Logs User Guide, "Working with log groups and log streams", "Change log data
retention in CloudWatch Logs". An empty stream stays, as on AWS.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.logs.models import LogGroup, logs_backends

from lakestack.services.logs.reads import reading
from lakestack.services.schedules.periodic import Periodic
from lakestack.services.schedules.time import TIME

LOG = logging.getLogger(__name__)
PERIOD_SECONDS = 3600.0


def install() -> None:
    """Look for old events from now on."""
    _PERIODIC.start()


def drop_old() -> int:
    """Drop what is older than its group keeps it; how many events."""
    count = 0
    for backends in list(logs_backends.values()):
        for backend in list(backends.values()):
            with reading():
                groups = [g for g in backend.groups.values() if g.retention_in_days]
                count += sum(_drop_in(group) for group in groups)
    if count:
        LOG.info("%d log events are older than their groups keep them, and dropped", count)
    return count


_PERIODIC = Periodic("retention of logs", drop_old, PERIOD_SECONDS)


def _drop_in(group: LogGroup) -> int:
    longest, count = timedelta(days=int(group.retention_in_days)), 0
    for stream in group.streams.values():
        seen = len(stream.events)  # what comes meanwhile is appended, without a lock
        kept = [event for event in stream.events[:seen] if _age(event) < longest]
        if len(kept) < seen:
            size = sum(len(event.message) for event in stream.events[:seen])
            stream.stored_bytes -= size - sum(len(event.message) for event in kept)
            stream.events[:seen] = kept
            count += seen - len(kept)
    return count


def _age(event: Any) -> timedelta:
    return TIME.age(_time(event.timestamp), _time(event.ingestion_time))


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
