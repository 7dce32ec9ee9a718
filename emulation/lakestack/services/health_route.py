"""How the emulator is, beyond that it answers: its engines, what they have lost, and its faults.

``GET /_localstack/lake/health``, a route of ours beside LocalStack's own, which knows only whether
a service was loaded.
"""

from __future__ import annotations

import os
from typing import Any

from lakestack import marks, paths
from lakestack.health import HEALTH, problem


def install() -> None:
    """Add the route."""
    from localstack.services.internal import get_internal_apis

    get_internal_apis().add(HEALTH, lambda _request: document(), methods=["GET"])


def document() -> dict[str, Any]:
    """What the route answers.

    ``ok`` is false while something has to be done: an engine is silent or stays down, tables are
    lost and not yet made again, or a signal has stopped a process. A fault that fixed itself is
    listed and makes nothing red. ``process`` and ``folder`` say whose emulator it is.
    """
    from lakestack.services import faults, processes
    from lakestack.services.dynamodb import engine
    from lakestack.services.saved_state.keeper import KEEPER

    running = engine.engine()
    kept, count = faults.recorded()
    found: dict[str, Any] = {
        "engines": [running.describe()] if running is not None else [],
        "stopped": processes.stopped(),
        "faults": [fault.as_dict() for fault in kept],
        "fault_count": count,
        "saved_state": KEEPER.describe(),
    }
    place = {
        "process": os.getpid(),
        "folder": os.environ.get(marks.EMULATOR),
        "container": paths.in_container(),
    }
    return {"ok": problem(found) is None, **place, **found}
