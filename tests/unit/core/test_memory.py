"""When freed memory is given back: seldom, and not for little."""

from __future__ import annotations

from lakestack.services.memory import LEAST_SECONDS, WORTH_BYTES, Trimmer


class Process:
    """A process whose memory shrinks to `needed` when it is trimmed."""

    def __init__(self) -> None:
        self.resident = self.needed = 100 * WORTH_BYTES
        self.now, self.trims = 0.0, 0
        self.trimmer = Trimmer(self.trim, lambda: self.resident, lambda: self.now)

    def trim(self) -> None:
        self.trims += 1
        self.resident = self.needed


def test_what_was_freed_is_given_back() -> None:
    process = Process()
    assert process.trimmer.give_back() == 0
    process.resident = process.needed = 110 * WORTH_BYTES
    assert process.trimmer.give_back() == 0  # all of it is in use
    process.needed, process.now = 101 * WORTH_BYTES, LEAST_SECONDS
    assert process.trimmer.give_back() == 9 * WORTH_BYTES
    assert process.trims == 2


def test_a_little_growth_and_a_short_while_are_left_alone() -> None:
    process = Process()
    process.trimmer.give_back()
    process.resident += WORTH_BYTES - 1
    process.trimmer.give_back()
    assert process.trims == 0
    process.resident += WORTH_BYTES
    process.trimmer.give_back()
    process.resident += 5 * WORTH_BYTES
    process.now = LEAST_SECONDS - 1
    process.trimmer.give_back()
    assert process.trims == 1


def test_a_library_without_the_call_changes_nothing() -> None:
    assert Trimmer(None, lambda: 10**12, lambda: 0.0).give_back() == 0
