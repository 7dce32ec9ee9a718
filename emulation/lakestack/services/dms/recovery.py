"""Errors that pass by themselves: what is tried again, counted, and said in the task's log.

AWS DMS User Guide, "Error handling task settings": an environmental error such as a lost connection
or a failed request to the target is recoverable and does not suspend a table. AWS has no field for
their number in the table statistics; here, as there, the log tells.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from lakestack.services.dms.errors import CancelledError
from lakestack.services.dms.task_log import TaskLog
from lakestack.services.retries import Backoff, is_transient

BACKOFF = Backoff(first=0.2)

_T = TypeVar("_T")


class Recovery:
    """Retries of one component of a task run; safe from several threads.

    Args:
        what: what is retried, for the log: "Table a.b, target"
        cancelled: set when the task is stopped: ends every wait with `CancelledError`
    """

    def __init__(
        self, log: TaskLog | None, component: str, what: str, cancelled: threading.Event
    ) -> None:
        self._log, self._component, self._what = log, component, what
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self.reasons: Counter[str] = Counter()

    def note(self, reason: str) -> None:
        """Count a request that is made again; the first for each reason is logged at once."""
        with self._lock:
            self.reasons[reason] += 1
            first = self.reasons[reason] == 1
        if first and self._log is not None:
            self._log.warning(
                self._component, f"{self._what}: recoverable error {reason}; it is tried again"
            )

    def call(self, action: Callable[[], _T]) -> _T:
        """Do what boto3 does; an error that may pass is waited out.

        Raises:
            ClientError: AWS refused it, or goes on failing
            BotoCoreError: nothing answers for as long as it is tried
        """
        waits = BACKOFF.waits()
        while True:
            try:
                return action()
            except (ClientError, BotoCoreError, OSError) as e:
                wait = next(waits, None) if is_transient(e) else None
                if wait is None:
                    raise
                self.note(reason(e))
                if self._cancelled.wait(wait):
                    raise CancelledError("the task was stopped") from e

    def report(self) -> None:
        """Log how many requests were made again, if any."""
        with self._lock:
            found = self.reasons.copy()
        if found and self._log is not None:
            parts = ", ".join(f"{name}: {count}" for name, count in sorted(found.items()))
            self._log.warning(
                self._component,
                f"{self._what}: {found.total()} requests were made again after recoverable "
                f"errors ({parts})",
            )


def reason(error: BaseException) -> str:
    """Name an error: AWS's code, or the exception's class."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "ClientError")
    return type(error).__name__
