"""The whole lake, everything installed: emulator, all stages, reconciliation. Then its endpoint."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

from tests.bench import lake
from tests.bench.measure import PeakMemory, percentile
from tests.bench.report import Figure
from tests.support import emulator, movielens_folder

INVOCATIONS = 500


def run() -> Iterator[Figure]:
    """Yield the wall time and the memory of a whole run, and the endpoint's latency after it."""
    began = time.perf_counter()
    with emulator() as running:
        data = movielens_folder()
        process = lake.lake_command(running, "run", *(["--movielens", str(data)] if data else []))
        with PeakMemory(lambda: [running.pid, process.pid]) as memory:
            output, _ = process.communicate(timeout=600)
        took = time.perf_counter() - began
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, "lake run", output)
        rows = "100,004 MovieLens ratings" if data else "100,004 synthetic ratings"
        yield Figure("whole run", took, "s", 90, True, f"{rows}, emulator start included")
        yield Figure("peak memory", memory.gigabytes, "GB", 4, True, "sum of all processes")
        yield _endpoint(running.url)


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
