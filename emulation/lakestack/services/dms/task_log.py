"""The task log in CloudWatch Logs: group ``dms-tasks-<instance>``, stream ``dms-task-<id>``.

AWS DMS User Guide, "Monitoring AWS DMS tasks", section "Viewing and managing AWS DMS task logs".
"""

from __future__ import annotations

from types import TracebackType

from lakestack import clock
from lakestack.services.logs.stream import LogStream

TASK_MANAGER = "TASK_MANAGER"
SOURCE_UNLOAD = "SOURCE_UNLOAD"
TARGET_LOAD = "TARGET_LOAD"


class TaskLog:
    """Lines in the form ``<time> [<component>]<I|W|E>:  <message>``; safe from several threads."""

    def __init__(self, account: str, region: str, instance: str, task_id: str) -> None:
        self._stream = LogStream(account, region, f"dms-tasks-{instance}", f"dms-task-{task_id}")

    def info(self, component: str, message: str) -> None:
        self._write(component, "I", message)

    def warning(self, component: str, message: str) -> None:
        self._write(component, "W", message)

    def error(self, component: str, message: str) -> None:
        self._write(component, "E", message)

    def __enter__(self) -> TaskLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stream.close()

    def _write(self, component: str, level: str, message: str) -> None:
        now = clock.utc().strftime("%Y-%m-%dT%H:%M:%S")
        one_line = message.replace("\r", " ").replace("\n", " ")
        self._stream.write(f"{now} [{component:<16}]{level}:  {one_line}")
