"""When something was last changed in the emulator, for whoever keeps its state.

Requests are seen at the gateway (`lakestack.services.saved_state.observer`); what changes by
itself, such as a job run that ends, is noted where it does.
"""

from __future__ import annotations

import threading

_changed = threading.Event()


def note() -> None:
    """Something has changed."""
    if not _changed.is_set():  # which takes no lock
        _changed.set()


def taken() -> bool:
    """Whether something has changed since this was last asked."""
    found = _changed.is_set()
    _changed.clear()
    return found


def wait(seconds: float) -> bool:
    """Wait for a change, at most so long; whether there is one that nobody has taken."""
    return _changed.wait(seconds)
