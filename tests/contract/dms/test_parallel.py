"""How many tables of a task load at a time: MaxFullLoadSubTasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.contract.dms.helpers import Lake, table, to_table

TABLES = [table(f"t{n}", a="STRING", b="STRING") for n in range(4)]
LONG, SHORT = 12_000, 1_000


@pytest.fixture(scope="module")
def lake(aws: Callable[[str], Any]) -> Lake:
    """Four tables, the first of which takes long enough for the others to be prepared."""
    lake = Lake(aws)
    for n, rows in enumerate((LONG, SHORT, SHORT, SHORT)):
        lines = "".join(f"{i},{i}\n" for i in range(rows))
        lake.put(f"data/t{n}/1.csv", f"a,b\n{lines}")
    return lake


def loads(lake: Lake, subtasks: int) -> list[tuple[datetime, datetime]]:
    """Start and end of the tables' loads, the first table's first."""
    lake.create_task(
        lake.endpoints(*TABLES),
        *(to_table(t["TableName"], lake.target(t["TableName"]), "a") for t in TABLES),
        FullLoadSettings={"MaxFullLoadSubTasks": subtasks},
    )
    lake.run()
    found = lake.statistics()
    assert [found[f"t{n}"]["FullLoadRows"] for n in range(4)] == [LONG, SHORT, SHORT, SHORT]
    return [
        (found[f"t{n}"]["FullLoadStartTime"], found[f"t{n}"]["FullLoadEndTime"]) for n in range(4)
    ]


def test_one_subtask_loads_one_table_after_the_other(lake: Lake) -> None:
    found = sorted(loads(lake, 1))
    for (_, ended), (started, _) in pairwise(found):
        assert ended <= started


def test_four_subtasks_load_four_tables_at_the_same_time(lake: Lake) -> None:
    (_, first_ended), *others = loads(lake, 4)
    assert all(started < first_ended for started, _ in others)
