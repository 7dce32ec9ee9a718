"""The commands that people type: set-up when all is there, and the emulator's start."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.lake import Home, program
from tests.bench.measure import median, seconds
from tests.bench.report import Figure

ROUNDS = 3


def run() -> Iterator[Figure]:
    """Yield the time of help, of a set-up that has nothing to do, and of the emulator's start."""
    told = median([_command(program("lake"), "--help") for _ in range(ROUNDS)])
    yield Figure("lake --help", told, "s", 0.3, True, f"median of {ROUNDS}")
    skipped = median([_command("make", "setup") for _ in range(ROUNDS)])
    detail = f"median of {ROUNDS}, everything is there"
    yield Figure("make setup, skipped", skipped, "s", 2, True, detail)
    started = median([_command(program("lake"), "emulator", "start") for _ in range(ROUNDS)])
    detail = f"median of {ROUNDS}, the whole command, until the gateway answers"
    yield Figure("emulator start", started, "s", 6, True, detail)


def _command(*command: str) -> float:
    with Home() as home:
        return seconds(lambda: home.command(*command))
