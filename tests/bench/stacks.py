"""The foreign workshop's nested stack: six templates, Lambda functions and custom resources."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Figure
from tests.integration.pipeline.foreign_workshop import Workshop
from tests.support import emulator


def run() -> Iterator[Figure]:
    """Yield the times to CREATE_COMPLETE and to deleted."""
    with emulator() as running, tempfile.TemporaryDirectory(prefix="lake-bench-") as folder:
        shop = Workshop(running.url, Path(folder))
        shop.publish()
        stack = shop.create_nested()
        if stack["StackStatus"] != "CREATE_COMPLETE":
            raise RuntimeError(f"the nested stack ended {stack['StackStatus']}")
        shop.clean()
        shop.delete_nested()
    detail = "6 templates, 2 custom resources, data local, fresh emulator"
    yield Figure("nested stack, create", shop.seconds["create"], "s", 25, True, detail)
    yield Figure("nested stack, delete", shop.seconds["delete"], "s", 10, True, "the same stack")
