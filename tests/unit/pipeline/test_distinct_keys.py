"""Distinct keys: as a set counts them, in memory and beyond it."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.distinct_keys import DistinctKeys, Overlap

KEYS = st.lists(
    st.tuples(
        st.integers(0, 3), st.text("a,\0\ud800", max_size=2) | st.integers(0, 3) | st.just(2.5)
    )
)


def filled(keys: object, most: int = 1 << 20) -> DistinctKeys:
    made = DistinctKeys(most_in_memory=most)
    for key in keys:  # type: ignore[attr-defined]
        made.add(key)
    return made


@given(KEYS, KEYS, st.sampled_from([16, 64, 1 << 20]))
def test_sizes_and_overlap_are_those_of_sets(
    first: list[object], second: list[object], most: int
) -> None:
    ones, twos = {repr(key) for key in first}, {repr(key) for key in second}
    one, two = filled(first, most), filled(second, most)
    assert (len(one), len(two)) == (len(ones), len(twos))
    assert one.overlap(two) == Overlap(len(ones - twos), len(ones & twos), len(twos - ones))
    assert one.overlap(two).same == (ones == twos)


def test_a_set_goes_on_growing_after_it_was_counted() -> None:
    keys = filled([("a",)], 16)
    assert len(keys) == 1
    keys.add(("b",))
    keys.add(("a",))
    assert len(keys) == 2


@pytest.mark.parametrize("repeats", [1, 4])
def test_memory_does_not_grow_with_the_keys(repeats: int) -> None:
    most = 1 << 20
    tracemalloc.start()
    try:
        keys = filled(((n // repeats, "x") for n in range(300_000 * repeats)), most)
        assert len(keys) == 300_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * most  # 300,000 digests alone are 4.6 MiB, as a set of tuples over 40
