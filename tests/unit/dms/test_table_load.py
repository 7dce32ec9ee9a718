"""One table's load: how much of it is held at once, however large the table is."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from lakestack.services.dms import progress as states
from lakestack.services.dms import s3_source
from lakestack.services.dms.dynamodb_wire import BATCH
from lakestack.services.dms.dynamodb_writer import MOST_QUEUED_BATCHES
from lakestack.services.dms.item_mapping import ItemMapping, Row
from lakestack.services.dms.progress import TableProgress
from lakestack.services.dms.s3_source import parse_s3_source
from lakestack.services.dms.table_load import DEFAULT_WRITERS, LoadContext, TableLoad
from lakestack.services.dms.task_settings import parse_task_settings
from tests.unit.dms.test_s3_source import settings

OBJECTS, ROWS, CHUNK = 8, 500, 1_000


class Counted:
    """The S3, the mapping and the DynamoDB of a load; nothing is written while more is read.

    Args:
        allowed: rows that may be read and not yet written
    """

    def __init__(self, allowed: int) -> None:
        self.allowed, self.lock = allowed, threading.Lock()
        self.over = threading.Event()
        self.made = self.written = self.most = 0
        self.asked: list[int] = []
        body = b"".join(b"%d\n" % i for i in range(1_000, 1_000 + ROWS))
        self.objects = {f"data/a/t/{n}": body for n in range(OBJECTS)}

    def get_paginator(self, _: str) -> Counted:
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        found = ({"Key": k, "Size": len(v), "ETag": "e"} for k, v in self.objects.items())
        yield {"Contents": list(found)}

    def get_object(self, *, Key: str, Range: str, **_: str) -> dict[str, Any]:  # noqa: N803
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        self.asked.append(last + 1 - first)
        return {"Body": io.BytesIO(self.objects[Key][first : last + 1])}

    def make(self, _: Row) -> dict[str, Any]:
        with self.lock:
            self.made += 1
            self.most = max(self.most, self.made - self.written)
            if self.most > self.allowed:
                self.over.set()
            return {"k": {"S": str(self.made)}}

    def connect(self, _: str, on_retry: Any) -> Counted:  # noqa: ARG002
        return self

    def write(self, _: str, requests: list[Any]) -> None:
        if not self.written:
            self.over.wait(0.5)  # time enough for a reader that does not stop by itself
        with self.lock:
            self.written += len(requests)

    def close(self) -> None:
        """Nothing was opened."""

    def info(self, *_: str) -> None:
        """The log is not looked at."""


@pytest.mark.parametrize(
    ("commit_rate", "queued"), [(10_000, MOST_QUEUED_BATCHES), (BATCH * DEFAULT_WRITERS, 1)]
)
def test_a_load_holds_few_rows_and_one_chunk_of_its_table(
    monkeypatch: pytest.MonkeyPatch, commit_rate: int, queued: int
) -> None:
    monkeypatch.setattr(s3_source, "CHUNK_BYTES", CHUNK)
    # Of each writer: its queue, the batch that it writes, and the one that is being filled.
    counted: Any = Counted(DEFAULT_WRITERS * BATCH * (queued + 2))
    source = parse_s3_source(settings())
    context = LoadContext(
        s3=counted,
        source=source,
        target=counted,
        exceptions=cast(Any, None),
        settings=parse_task_settings(f'{{"FullLoadSettings": {{"CommitRate": {commit_rate}}}}}'),
        cancelled=threading.Event(),
        log=counted,
    )
    progress = TableProgress("o", "t")

    mapping = ItemMapping("t_t", {"k": "S"}, counted.make, ())
    TableLoad(context, source.tables[0], mapping, progress).run()

    assert (progress.state, progress.rows) == (states.COMPLETED, OBJECTS * ROWS)
    assert counted.written == counted.made == OBJECTS * ROWS
    assert counted.most <= counted.allowed
    assert max(counted.asked) <= CHUNK
