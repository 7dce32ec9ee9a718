"""`make local`, everything installed: emulator, all stages, reconciliation. Then what follows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.bench import lake
from tests.bench.measure import PeakMemory, median, percentile, seconds
from tests.bench.report import Figure
from tests.support import movielens_folder

INVOCATIONS = 500
ROUNDS = 3
AFTER = (
    ("lake status", ("status",), 0.7),
    ("lake run, finished", ("run",), 4),
)
"""Commands on a lake that is finished, and their goals in seconds."""


def run() -> Iterator[Figure]:
    """Yield the wall time and the memory of `make local`, and of what people then do."""
    data = movielens_folder()
    with lake.Home() as home:
        began = time.perf_counter()
        make = home.begin("make", "local", *([f"MOVIELENS={data}"] if data else []))
        with PeakMemory(lambda: [*home.pids, make.pid]) as memory:
            home.finish(make)
        took = time.perf_counter() - began
        rows = "100,004 MovieLens ratings" if data else "100,004 synthetic ratings"
        detail = f"{rows}; set-up skipped, emulator start included"
        yield Figure("make local, whole", took, "s", 90, True, detail)
        yield Figure("peak memory", memory.gigabytes, "GB", 4, True, "sum of all processes")
        for name, words, goal in AFTER:
            again = median([_seconds(home, words) for _ in range(ROUNDS)])
            yield Figure(name, again, "s", goal, True, f"median of {ROUNDS}, all is done")
        yield _endpoint(home.url)


def _seconds(home: lake.Home, words: tuple[str, ...]) -> float:
    return seconds(lambda: home.command(lake.program("lake"), *words))


def _endpoint(url: str) -> Figure:
    runtime = lake.client("sagemaker-runtime", url)
    times = []
    for i in range(INVOCATIONS):
        body = json.dumps({"instances": [{"user_id": 1 + i % 600, "k": 10}]})
        began = time.perf_counter()
        runtime.invoke_endpoint(
            EndpointName="movielens-recommender", ContentType="application/json", Body=body
        )["Body"].read()
        times.append((time.perf_counter() - began) * 1000)
    detail = f"{INVOCATIONS} users, one at a time; median {percentile(times, 50):.1f} ms"
    return Figure("endpoint p99", percentile(times, 99), "ms", 20, True, detail)
