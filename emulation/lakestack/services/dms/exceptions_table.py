"""The control table ``awsdms_full_load_exceptions``: each rejected row, with file, line, reason.

Its columns are those of AWS's exceptions table (AWS DMS User Guide, "Control table task
settings") and FILE, LINE, TARGET_TABLE. A run deletes what earlier runs wrote for the tables it
loads again, so an empty table means that the last load of everything went well.
"""

from __future__ import annotations

import threading

from lakestack import clock
from lakestack.services.dms.dynamodb_target import DynamodbTarget
from lakestack.services.dms.dynamodb_writer import Origin, TableWriter
from lakestack.services.dms.item_mapping import Item
from lakestack.services.dms.progress import TableProgress

NAME = "awsdms_full_load_exceptions"
KEYS = {"TASK_NAME": "S", "ERROR_ID": "S"}
COMMIT_RATE = 1000
MAX_TEXT = 100_000


class ExceptionsTable:
    """Where a task run puts its rejected rows.

    Args:
        task_id: the task's resource id, AWS's TASK_NAME
    """

    def __init__(self, target: DynamodbTarget, task_id: str) -> None:
        self._target, self._task_id = target, task_id
        self._lock = threading.Lock()
        self._writer: TableWriter | None = None
        target.create(NAME, KEYS)

    def clear(self, target_table: str) -> None:
        """Forget the rows that earlier loads of a target table rejected."""
        self._target.delete_where(NAME, tuple(KEYS), "TARGET_TABLE", target_table)

    def add(
        self, table: TableProgress, target_table: str, origin: Origin, text: str, reason: str
    ) -> None:
        """Keep one rejected row.

        Args:
            text: the row as it stands in the file, as far as it could be read
        """
        item: Item = {
            "TASK_NAME": {"S": self._task_id},
            "ERROR_ID": {"S": f"{table.full_name}#{origin.file}#{origin.line:012d}"[:1024]},
            "TABLE_OWNER": {"S": table.schema},
            "TABLE_NAME": {"S": table.name},
            "TARGET_TABLE": {"S": target_table},
            "ERROR_TIME": {"S": clock.utc().isoformat(timespec="milliseconds")},
            "STATEMENT": {"S": text[:MAX_TEXT]},
            "ERROR": {"S": reason},
            "FILE": {"S": origin.file},
            "LINE": {"N": str(origin.line)},
        }
        with self._lock:
            if self._writer is None:
                self._writer = TableWriter(
                    lambda: self._target.connect(NAME),
                    NAME,
                    tuple(KEYS),
                    threads=1,
                    commit_rate=COMMIT_RATE,
                    on_written=lambda _count: None,
                    on_rejected=_refused,
                )
            self._writer.put(item, origin)

    def finish(self) -> None:
        """Write what is pending."""
        with self._lock:
            if self._writer is not None:
                self._writer.finish()
                self._writer = None


def _refused(origin: Origin, reason: str) -> None:
    raise RuntimeError(f"{NAME} refuses the row of {origin.file}:{origin.line}: {reason}")
