"""CloudWatch Logs that can be read while jobs make groups and streams.

moto's lists walk over dictionaries that another request may be adding to, and then fail with a
500. One lock around what walks and what adds or removes mends that; writing events takes no part,
because it may call the functions that subscribe to a group.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from moto.logs.models import LogsBackend

WALKS = ("describe_log_groups", "describe_log_streams", "filter_log_events", "get_log_events")
CHANGES = ("create_log_group", "delete_log_group", "create_log_stream", "delete_log_stream")

_lock = threading.RLock()


def install() -> None:
    """Keep moto's reads of log groups and streams apart from changes to them."""
    for name in (*WALKS, *CHANGES):
        method = getattr(LogsBackend, name)
        if method.__module__ != __name__:
            setattr(LogsBackend, name, _locked(method))


def _locked(method: Any) -> Any:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return method(*args, **kwargs)

    call.__module__ = __name__
    return call
