"""An emulator that holds a whole lake is saved, loaded and reset, as a fixture asks for it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.bench import lake
from tests.bench.report import Figure
from tests.support import movielens_folder

GOAL_SECONDS = 0.3
GOAL_STATE_SECONDS = 5.0


def run() -> Iterator[Figure]:
    """Yield the times from the requests to the answers, after a whole run.

    Raises:
        RuntimeError: something is not saved or does not go on, is left, or has not ended
    """
    data = movielens_folder()
    with lake.Home() as home:
        home.command(lake.program("lake"), "emulator", "start")
        home.command(lake.program("lake"), "run", *(["--movielens", str(data)] if data else []))
        name = b'{"name": "lake"}'
        saving, saved = _ask(home.url, "state/save", name)
        loading, loaded = _ask(home.url, "state/load", name)
        if saved["state"]["omitted"] or loaded["state"]["not_resumed"]:
            raise RuntimeError(f"{saved}, {loaded}")
        home.command(lake.program("lake"), "verify")
        took, answer = _ask(home.url, "reset", b"{}")
        found = answer["reset"]
        _check(found, home.url)
    rows = "100,004 MovieLens ratings" if data else "100,004 synthetic ratings"
    detail = f"{len(found['services'])} services with a whole lake of {rows}"
    size = f"{saved['state']['bytes'] / 1e6:.0f} MB, a whole lake of {rows}"
    yield Figure("snapshot of a whole lake", saving, "s", GOAL_STATE_SECONDS, True, size)
    yield Figure("restore of a whole lake", loading, "s", GOAL_STATE_SECONDS, True, size)
    yield Figure("reset of a whole lake", took, "s", GOAL_SECONDS, True, detail)


def _ask(url: str, path: str, body: bytes) -> tuple[float, Any]:
    request = urllib.request.Request(f"{url}/_lakestack/{path}", body)  # noqa: S310 - loopback
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
        found = json.loads(answer.read())
    return time.perf_counter() - began, found


def _check(found: dict[str, object], url: str) -> None:
    left = [
        *lake.client("s3", url).list_buckets()["Buckets"],
        *lake.client("dynamodb", url).list_tables()["TableNames"],
        *lake.client("sagemaker", url).list_endpoints()["Endpoints"],
        *lake.client("cloudformation", url).list_stacks()["StackSummaries"],
    ]
    if found["not_ended"] or left:
        raise RuntimeError(f"not ended: {found['not_ended']}; left: {left}")
