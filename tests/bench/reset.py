"""The reset of an emulator that holds a whole lake, as a fixture asks for it between two tests."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator

from tests.bench import lake
from tests.bench.report import Figure
from tests.support import movielens_folder

GOAL_SECONDS = 0.3


def run() -> Iterator[Figure]:
    """Yield the time from the request to the answer, after a whole run.

    Raises:
        RuntimeError: something is left, or has not ended
    """
    data = movielens_folder()
    with lake.Home() as home:
        home.command(lake.program("lake"), "emulator", "start")
        home.command(lake.program("lake"), "run", *(["--movielens", str(data)] if data else []))
        request = urllib.request.Request(f"{home.url}/_lakestack/reset", b"{}")  # noqa: S310
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            found = json.loads(answer.read())["reset"]
        took = time.perf_counter() - began
        _check(found, home.url)
    rows = "100,004 MovieLens ratings" if data else "100,004 synthetic ratings"
    detail = f"{len(found['services'])} services with a whole lake of {rows}"
    yield Figure("reset of a whole lake", took, "s", GOAL_SECONDS, True, detail)


def _check(found: dict[str, object], url: str) -> None:
    left = [
        *lake.client("s3", url).list_buckets()["Buckets"],
        *lake.client("dynamodb", url).list_tables()["TableNames"],
        *lake.client("sagemaker", url).list_endpoints()["Endpoints"],
        *lake.client("cloudformation", url).list_stacks()["StackSummaries"],
    ]
    if found["not_ended"] or left:
        raise RuntimeError(f"not ended: {found['not_ended']}; left: {left}")
