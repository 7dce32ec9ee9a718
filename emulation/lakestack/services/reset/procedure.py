"""The reset: what runs ends first, then everything is forgotten."""

from __future__ import annotations

import logging
import threading
from typing import Any

from lakestack import clock, store
from lakestack.endings import ended
from lakestack.services import processes
from lakestack.services.dynamodb.engine_process import NAME as ENGINE
from lakestack.services.fault_injection.rules import FAULTS
from lakestack.services.metrics import COLLECTOR
from lakestack.services.reset import containers, providers
from lakestack.services.reset.scope import Scope
from lakestack.services.schedules.time import TIME

LOG = logging.getLogger(__name__)

END_SECONDS = 10.0
"""How long what runs may take to end after its process was killed; it takes some milliseconds."""

_one_at_a_time = threading.Lock()


def reset(scope: Scope) -> dict[str, Any]:
    """Empty all services of what is meant, and end faults that were asked for.

    Faults and the clock of schedules have no account: only a reset of everything ends them.

    Processes (job runs, training jobs, endpoints, functions) are killed, and what delivery streams
    have buffered is dropped. Nothing is emptied before all that could still write has ended.

    Returns:
        ``scope``; ``services``, the names of those that held something; ``not_ended``, what has
        not ended within `END_SECONDS` and may write once more; ``seconds``
    """
    began = clock.steady()
    with _one_at_a_time:
        held = {name for name, each in store.stores().items() if each.contents(*_place(scope))}
        endings = [
            e for each in store.stores().values() for e in each.close(*_place(scope), dropping=True)
        ]
        providers.end(scope)
        processes.kill_of(scope.covers, but=ENGINE)
        COLLECTOR.drop(scope.covers)
        late = ended("everything", endings, END_SECONDS)
        held |= containers.reset(scope)
        providers.forget(scope)
        if scope.everything:
            FAULTS.clear()
            TIME.back()
    seconds = round(clock.steady() - began, 3)
    LOG.info("reset of %s in %.3f s", scope.as_dict() or "everything", seconds)
    return {
        "scope": scope.as_dict(),
        "services": sorted(held),
        "not_ended": late,
        "seconds": seconds,
    }


def _place(scope: Scope) -> tuple[str | None, str | None]:
    return scope.account, scope.region
