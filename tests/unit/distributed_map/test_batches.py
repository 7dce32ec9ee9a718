"""ItemBatcher: what is taken, and how items are put together; how many failures are tolerated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.distributed_map.batches import BatcherError, ItemBatcher
from lakestack.services.distributed_map.children import Child, Children

DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}


def batches(written: dict[str, Any], items: list[Any], state_input: Any = None) -> list[Any]:
    return ItemBatcher.parse("S", written, DISTRIBUTED).batches(items, state_input, {"Id": "x"})


@given(st.lists(st.text(max_size=30)), st.integers(1, 5))
def test_every_item_is_in_one_batch_in_order(items: list[str], count: int) -> None:
    found = batches({"MaxItemsPerBatch": count}, items)

    assert [item for batch in found for item in batch["Items"]] == items
    assert all(len(batch["Items"]) == count for batch in found[:-1])


def test_bytes_limit_a_batch() -> None:
    items = ["a" * 20] * 4

    found = batches({"MaxInputBytesPerBatch": 70, "MaxItemsPerBatch": 100}, items)

    assert [len(batch["Items"]) for batch in found] == [2, 2]
    with pytest.raises(BatcherError, match="does not fit"):
        batches({"MaxInputBytesPerBatch": 20}, items)


def test_what_all_batches_share_and_limits_by_path() -> None:
    shared = {"const": 1, "day.$": "$.day", "run.$": "$$.Id"}
    written = {"MaxItemsPerBatchPath": "$.n", "BatchInput": shared}

    found = batches(written, [1, 2, 3], {"n": 2, "day": "mon"})

    made = {"const": 1, "day": "mon", "run": "x"}
    assert found == [{"BatchInput": made, "Items": [1, 2]}, {"BatchInput": made, "Items": [3]}]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "needs MaxItemsPerBatch"),
        ({"MaxItemsPerBatch": 0}, "positive integer"),
        ({"MaxItemsPerBatch": True}, "positive integer"),
        ({"MaxItemsPerBatch": "{% 1 %}"}, "positive integer"),
        ({"MaxInputBytesPerBatch": 262_145}, "at most 262144"),
        ({"MaxItemsPerBatchPath": "n"}, "reference path"),
        ({"MaxItemsPerBatch": 1, "Size": 2}, "other fields"),
        ({"MaxItemsPerBatch": 1, "BatchInput": {"a.$": "States.UUID()"}}, "functions"),
    ],
)
def test_what_is_not_valid_is_refused(written: dict[str, Any], said: str) -> None:
    with pytest.raises(BatcherError, match=said):
        batches(written, [])


def test_an_inline_map_has_no_batches() -> None:
    with pytest.raises(BatcherError, match="DISTRIBUTED"):
        ItemBatcher.parse("S", {"MaxItemsPerBatch": 1}, {"ProcessorConfig": {"Mode": "INLINE"}})


@pytest.mark.parametrize(
    ("count", "percentage", "expected"),
    [(0, 0, [True]), (1, 0, [False, True]), (0, 50, [False, False, True]), (1, 50, [False, True])],
)
def test_failures_are_tolerated_up_to_the_threshold(
    count: int, percentage: float, expected: list[bool]
) -> None:
    children = Children(4, count, percentage)
    failed = [Child(n, {}, 1, datetime.now(UTC)) for n in range(len(expected))]

    assert [children.failed(child) for child in failed] == expected
