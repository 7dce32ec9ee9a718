"""Ends sessions whose IdleTimeout or Timeout is over, by the time of schedules."""

from __future__ import annotations

from lakestack.services.glue.state import STORE
from lakestack.services.schedules.time import TIME
from lakestack.services.schedules.watch import Watch

LONGEST_WAIT = 30.0
"""Seconds between two looks at the clock."""


def look() -> float:
    """Time out what is due; seconds until the next is."""
    wait, now = LONGEST_WAIT, TIME.now()
    for state in STORE.states():
        with state.lock:
            sessions = list(state.sessions.values())
        for session in sessions:
            left = session.due(now)
            if left is not None and left > 0:
                wait = min(wait, left)
    return wait


WATCH = Watch("glue-sessions", LONGEST_WAIT)


def start() -> None:
    """Look from now on, in a thread."""
    WATCH.start(look)
