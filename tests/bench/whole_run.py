"""`make local`, everything installed: emulator, all stages, reconciliation. Then its endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.bench import lake
from tests.bench.measure import PeakMemory, percentile
from tests.bench.report import Figure
from tests.support import movielens_folder

INVOCATIONS = 500


def run() -> Iterator[Figure]:
    """Yield the wall time and the memory of `make local`, and the endpoint's latency after it."""
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
        yield _endpoint(home.url)


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
