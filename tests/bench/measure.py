"""Clocks and memory meters of the benchmarks."""

from __future__ import annotations

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Self

import psutil

SAMPLE_SECONDS = 0.2


def seconds(action: Callable[[], object]) -> float:
    """Run an action; return its wall time in seconds."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def side_by_side(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int
) -> tuple[float, float]:
    """Measure two things in turn and return their medians, so that drift hits both."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return median([a for a, _ in pairs]), median([b for _, b in pairs])


def median(values: Sequence[float]) -> float:
    return percentile(values, 50)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of at least one value."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


class Sampling(ABC):
    """Context manager: looks again and again, in a thread of its own, until its end.

    Attributes:
        every: seconds between two looks
    """

    every: ClassVar[float] = SAMPLE_SECONDS

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self.every):
            self.sample()

    @abstractmethod
    def sample(self) -> None:
        """Look once."""


class PeakMemory(Sampling):
    """Highest sum of resident memory of some processes and their children.

    Args:
        pids: process ids, read again at each sample
    """

    def __init__(self, pids: Callable[[], Sequence[int]]) -> None:
        super().__init__()
        self._pids = pids
        self.peak = 0

    @property
    def gigabytes(self) -> float:
        return self.peak / 2**30

    def sample(self) -> None:
        """Look once."""
        self.peak = max(self.peak, sum(resident(pid) for pid in self._pids()))


def resident(pid: int) -> int:
    """Bytes that a process and all below it hold; 0 when there is none."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        total = int(process.memory_info().rss)
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += int(child.memory_info().rss)
        return total
    return 0
