"""Which tables the engine holds, and which it held when it died.

DynamoDB Local keeps its tables in memory: on disk it is slower by more than a tenth (see
docs/design.md). When its process ends its tables are gone, and a table that came back empty would
be taken for one without items. So each stays as a name in a state that says so, which is our
choice among AWS's: ARCHIVED, with a reason (Amazon DynamoDB API Reference, "TableDescription" and
"ArchivalSummary"). Its items cannot be read: ResourceNotFoundException, which AWS gives when a
table's "status might not be ACTIVE". DeleteTable, or a CreateTable of that name, ends the state.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakestack import clock

Key = tuple[str, str, str]
"""Account, region and name of a table."""

MOST_NAMES = 100
"""ListTables' largest page and default (Amazon DynamoDB API Reference, "ListTables")."""


@dataclass(frozen=True)
class LostTable:
    """A table whose items are gone.

    Args:
        description: TableDescription as it was last seen
        at: when the engine was found dead
        reason: why, one sentence
    """

    description: dict[str, Any]
    at: datetime
    reason: str

    def describe(self) -> dict[str, Any]:
        """Its TableDescription now; without counts, which nobody knows."""
        description = copy.deepcopy(self.description)
        for unknown in ("ItemCount", "TableSizeBytes"):
            description.pop(unknown, None)
        for index in (
            *description.get("GlobalSecondaryIndexes", ()),
            *description.get("LocalSecondaryIndexes", ()),
        ):
            for unknown in ("ItemCount", "IndexSizeBytes"):
                index.pop(unknown, None)
        description["TableStatus"] = "ARCHIVED"
        description["ArchivalSummary"] = {
            "ArchivalDateTime": self.at,
            "ArchivalReason": self.reason,
        }
        return description


class Tables:
    """The tables of one engine. All methods are safe to call from several threads."""

    def __init__(self) -> None:
        self._live: dict[Key, dict[str, Any]] = {}
        self._lost: dict[Key, LostTable] = {}
        self._lock = threading.Lock()

    def made(self, key: Key, description: dict[str, Any]) -> None:
        """The engine has a table, as CreateTable or UpdateTable describes it."""
        with self._lock:
            self._live[key] = copy.deepcopy(description)
            self._lost.pop(key, None)

    def deleted(self, key: Key) -> None:
        """The engine has deleted a table."""
        with self._lock:
            self._live.pop(key, None)

    def lose(self, reason: str) -> list[Key]:
        """The engine has died: all that it held is lost; returns what that was."""
        at = clock.utc()
        with self._lock:
            gone, self._live = self._live, {}
            self._lost.update({k: LostTable(d, at, reason) for k, d in gone.items()})
        return sorted(gone)

    def lost(self, key: Key) -> LostTable | None:
        """The lost table of a name."""
        with self._lock:
            return self._lost.get(key)

    def forget(self, key: Key) -> LostTable | None:
        """End a table's state of being lost; returns what was known of it."""
        with self._lock:
            return self._lost.pop(key, None)

    def restore(self, key: Key, table: LostTable) -> None:
        """Undo `forget`."""
        with self._lock:
            if key not in self._live:
                self._lost[key] = table

    def clear(self) -> None:
        """Forget everything: the engine was emptied on purpose."""
        with self._lock:
            self._live.clear()
            self._lost.clear()

    def forget_all(self, covers: Callable[[str, str], bool]) -> set[tuple[str, str]]:
        """Forget the tables of some accounts and regions; return those that had any."""
        with self._lock:
            places = {(a, r) for a, r, _ in (*self._live, *self._lost) if covers(a, r)}
            for tables in (self._live, self._lost):
                for key in [key for key in tables if key[:2] in places]:
                    del tables[key]  # type: ignore[attr-defined]
            return places

    def snapshot(self) -> dict[str, Any]:
        """What the engine has, and what is lost, as plain data."""
        with self._lock:
            return {
                "live": [[*key, copy.deepcopy(told)] for key, told in self._live.items()],
                "lost": [
                    [*key, copy.deepcopy(lost.description), lost.at, lost.reason]
                    for key, lost in self._lost.items()
                ],
            }

    def take_over(self, saved: dict[str, Any]) -> None:
        """What `snapshot` gave is here now."""
        with self._lock:
            for account, region, name, told in saved["live"]:
                self._live[account, region, name] = told
            for account, region, name, *lost in saved["lost"]:
                self._lost[account, region, name] = LostTable(*lost)

    def all_lost(self) -> dict[Key, LostTable]:
        """Every lost table, by account, region and name."""
        with self._lock:
            return dict(sorted(self._lost.items()))

    def names_lost(self, account: str, region: str) -> list[str]:
        """Names of the lost tables of an account and region, sorted."""
        with self._lock:
            return sorted(name for a, r, name in self._lost if (a, r) == (account, region))


def with_lost(
    page: dict[str, Any], lost: list[str], after: str | None, limit: int | None
) -> dict[str, Any]:
    """A page of ListTables with the lost tables that belong on it.

    Args:
        page: the engine's answer
        lost: names of the lost tables, sorted
        after: ExclusiveStartTableName of the request
        limit: Limit of the request
    """
    last = page.get("LastEvaluatedTableName")
    fitting = [n for n in lost if (after is None or n > after) and (last is None or n <= last)]
    names = sorted({*page["TableNames"], *fitting})
    most = limit or MOST_NAMES
    if len(names) > most:
        names = names[:most]
        last = names[-1]
    return {**page, "TableNames": names, **({"LastEvaluatedTableName": last} if last else {})}
