"""Ten million ratings through a Glue job on a cluster, with and without a killed executor."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lakestack.cluster.process import Cluster, Size
from tests import support
from tests.bench.measure import Sampling, resident
from tests.bench.report import Figure
from tests.integration.glue import clustered

RATINGS = int(os.environ.get("RATINGS", "10_000_000"))
SIZE = Size(workers=2, cores=1, memory=1024)
GIB = 2**30


class PeakOfExecutors(Sampling):
    """The most resident memory that one executor with its Python has had."""

    every = 0.5

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster
        self.bytes = 0

    def sample(self) -> None:
        """Look once."""
        for process in clustered.executors(self._cluster).values():
            self.bytes = max(self.bytes, resident(process.pid))


def run() -> Iterator[Figure]:
    """Yield the time of a job in which an executor is killed over one without, and the memory.

    Raises:
        RuntimeError: the job's output is not complete and right
    """
    with (
        tempfile.TemporaryDirectory(prefix="lake-bench-") as home,
        clustered.lake(Path(home), SIZE) as (cluster, url),
        PeakOfExecutors(cluster) as peak,
    ):
        aws = support.clients(url)
        plain = _job(aws, cluster, kill=False)
        killed = _job(aws, cluster, kill=True)
    detail = (
        f"{RATINGS:,} ratings, 2 workers of 1 core: {plain:.0f} s, with the kill {killed:.0f} s"
    )
    yield Figure("job with a killed executor", killed / plain, "x", 4, True, detail)
    heap = f"an executor with {SIZE.memory} MiB of heap, and its Python"
    yield Figure("memory of an executor", peak.bytes / GIB, "GB", 2.0, True, heap)


def _job(aws: clustered.Aws, cluster: Cluster, *, kill: bool) -> float:
    job = clustered.Job(aws, clustered.SCRIPT)
    expected = clustered.put_ratings(aws, job.bucket, RATINGS)
    began = time.perf_counter()
    run = job.start()
    if kill:
        job.kill_an_executor(cluster, run)
    ended = job.ended(run, 1800)
    took = time.perf_counter() - began
    if ended["JobRunState"] != "SUCCEEDED":
        raise RuntimeError(f"the job ended {ended['JobRunState']}: {ended.get('ErrorMessage')}")
    if clustered.written(aws, job.bucket) != expected:
        raise RuntimeError("the job has lost or doubled ratings")
    aws("glue").delete_job(JobName=job.name)
    return took
