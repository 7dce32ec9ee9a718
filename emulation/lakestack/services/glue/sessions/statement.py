"""A statement of a session: its code, its state and what came of it.

AWS Glue Web API Reference, "Statement" and "StatementOutput". As AWS's own notebook kernel
(aws-glue-sessions) reads them, a statement whose code raised is AVAILABLE, too: its output has the
status ``error`` (``ok`` otherwise). ERROR is one whose process ended under it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from lakestack import clock

ACTIVE = ("WAITING", "RUNNING", "CANCELLING")


class Statement:
    """One statement.

    Args:
        number: counts the statements of the session from 0 (our guess)
        code: Python
    """

    def __init__(self, number: int, code: str) -> None:
        self.number, self.code = number, code
        self.state = "WAITING"
        self.started = clock.wall_ms()
        self.completed: int | None = None
        self.output: dict[str, Any] = {}

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    def finish(self, said: Mapping[str, Any]) -> None:
        """Take what the process says of its end."""
        error = said.get("error")
        self.output = {
            "Data": {"TextPlain": said["text"]},
            "ExecutionCount": self.number,
            "Status": "error" if error else "ok",
        }
        if error:
            self.output["ErrorName"] = error["name"]
            self.output["ErrorValue"] = error["value"]
            self.output["Traceback"] = error["traceback"]
        self._end("CANCELLED" if said.get("cancelled") else "AVAILABLE")

    def cancel(self) -> None:
        """End it before it ran, or when its session was stopped."""
        self.output = {"ExecutionCount": self.number, "Status": "cancelled"}
        self._end("CANCELLED")

    def fail(self, message: str) -> None:
        """End it with its process."""
        self.output = {
            "ExecutionCount": self.number,
            "Status": "error",
            "ErrorName": "SessionEnded",
            "ErrorValue": message,
            "Traceback": [],
        }
        self._end("ERROR")

    def as_api(self) -> dict[str, Any]:
        """The Statement structure of the API; times in milliseconds."""
        return {
            "Id": self.number,
            "Code": self.code,
            "State": self.state,
            "Progress": 0.0 if self.active else 1.0,
            "StartedOn": self.started,
            **({} if self.active else {"Output": self.output, "CompletedOn": self.completed}),
        }

    def snapshot(self) -> dict[str, Any]:
        """As plain data."""
        return dict(vars(self))

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> Self:
        """The statement of a snapshot."""
        statement = cls(saved["number"], saved["code"])
        vars(statement).update(saved)
        return statement

    def _end(self, state: str) -> None:
        self.state, self.completed = state, clock.wall_ms()
