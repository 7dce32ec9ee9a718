"""Memory and processor time of a run's processes, by what each of them is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from tests.bench.measure import Sampling

#: By a word of the command line, the first that fits; the rest is the emulator's own.
KINDS = (
    ("DynamoDB engine", ("DynamoDBLocal",)),
    ("Spark", ("SparkSubmit", "pyspark", "spark_jobs", "glue/spark")),
    ("training", ("train.py", "sagemaker/training", "training.py")),
    ("endpoint", ("sagemaker/hosting", "serving", "inference.py")),
    ("functions", ("lambda",)),
    ("lake", ("bin/lake run", "lake run")),
)


def kind_of(command: str) -> str:
    """What a process is, by its command line."""
    return next(
        (kind for kind, words in KINDS if any(word in command for word in words)), "emulator"
    )


@dataclass
class Usage:
    """Peaks of a run.

    Attributes:
        peak: highest sum of resident memory of all processes at one moment, bytes
        by_kind: the same of each kind, each at its own moment
        cpu_seconds: processor time of all processes, as last seen of each
    """

    peak: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    cpu: dict[tuple[int, float], float] = field(default_factory=dict)

    @property
    def cpu_seconds(self) -> float:
        return sum(self.cpu.values())


class Sampler(Sampling):
    """Samples some processes and all below them.

    Args:
        pids: process ids, read again at each sample
    """

    every = 0.5

    def __init__(self, pids: Callable[[], Sequence[int]]) -> None:
        super().__init__()
        self._pids = pids
        self._kinds: dict[tuple[int, float], str] = {}
        self.usage = Usage()

    def sample(self) -> None:
        """Look once."""
        sums: dict[str, int] = {}
        for process in self._processes():
            with contextlib.suppress(psutil.Error):
                key = (process.pid, process.create_time())
                times = process.cpu_times()
                self.usage.cpu[key] = times.user + times.system
                if key not in self._kinds:
                    self._kinds[key] = kind_of(" ".join(process.cmdline()))
                kind = self._kinds[key]
                sums[kind] = sums.get(kind, 0) + int(process.memory_info().rss)
        for kind, size in sums.items():
            self.usage.by_kind[kind] = max(self.usage.by_kind.get(kind, 0), size)
        self.usage.peak = max(self.usage.peak, sum(sums.values()))

    def _processes(self) -> list[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for pid in self._pids():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                found[pid] = process
                found |= {child.pid: child for child in process.children(recursive=True)}
        return list(found.values())
