"""How a parallel scan of a table is divided among tasks."""

from __future__ import annotations

import pytest

pytest.importorskip("pyspark")

from lakestack.services.glue.runtime.awsglue.dynamodb_source import (
    ITEMS_PER_SEGMENT,
    ITEMS_PER_TASK,
    MOST_SEGMENTS,
    parts,
    tasks_for,
)


@pytest.mark.parametrize("items", [0, 1, 9_999, 100_000, 1_000_000, 10_000_000])
@pytest.mark.parametrize("tasks", [1, 3, 8])
def test_no_segment_is_larger_than_a_page(items: int, tasks: int) -> None:
    divided = parts(items, tasks)

    assert divided >= 1
    assert items / (tasks * divided) <= ITEMS_PER_SEGMENT
    assert (divided - 1) * tasks * ITEMS_PER_SEGMENT < max(items, 1)


def test_dynamodb_takes_no_more_than_a_million_segments() -> None:
    assert parts(10**12, 1_000) * 1_000 <= MOST_SEGMENTS
    assert parts(10**12, MOST_SEGMENTS) == 1


@pytest.mark.parametrize(
    ("items", "asked", "tasks"),
    [
        (0, None, 1),
        (10 * ITEMS_PER_TASK, None, 8),
        (0, 100, 8),
        (3, 2, 2),
        (50 * ITEMS_PER_TASK, 100, 50),
        (500 * ITEMS_PER_TASK, 100, 100),
    ],
)
def test_a_job_gets_as_many_of_its_splits_as_have_work(
    items: int, asked: int | None, tasks: int
) -> None:
    assert tasks_for(items, asked, at_once=2) == tasks
