"""A count is made once between beginning and end, and each time otherwise."""

from __future__ import annotations

from itertools import count

from pipeline.counted_once import CountedOnce


def test_it_counts_once_between_beginning_and_end() -> None:
    once, numbers = CountedOnce(), count(1)

    def look(what: str = "items") -> int:
        return once.get(what, lambda: next(numbers))

    assert [look(), look()] == [1, 2]
    once.begin()
    assert [look(), look("others"), look()] == [3, 4, 3]
    once.end()
    assert [look(), look()] == [5, 6]
    once.begin()
    assert look() == 7


def test_what_was_being_counted_at_the_end_is_not_kept() -> None:
    once = CountedOnce()
    once.begin()

    def interrupted() -> int:
        once.end()
        once.begin()
        return 1

    assert once.get("items", interrupted) == 1
    assert once.get("items", lambda: 2) == 2


def test_nothing_is_a_count() -> None:
    once = CountedOnce()
    once.begin()
    assert once.get("items", lambda: None) is None
    assert once.get("items", lambda: 1) is None
