"""What happens to streams without a request: records expire, deleted streams are forgotten.

Developer Guide, "Change the data retention period": a record is inaccessible once it is older than
the stream's retention period, whether or not anybody puts more.
"""

from __future__ import annotations

import logging
import threading

from lakestack.services.kinesis.store import StreamStore

LOG = logging.getLogger(__name__)

PERIOD_SECONDS = 2.0


class Upkeep:
    """Looks after the streams of a store in a thread of its own, from the first `start` on."""

    def __init__(self, store: StreamStore) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kinesis-upkeep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def once(self) -> None:
        """Drop what has expired and say how much; forget the streams that are gone."""
        for stream in self._store.all():
            for shard, count in stream.trim().items():
                LOG.warning(
                    "%s, %s: %d records outlived the retention of %d h and are dropped",
                    *(stream.arn, shard, count, stream.retention_hours),
                )
        self._store.forget_gone()

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD_SECONDS):
            try:
                self.once()
            except Exception:
                LOG.exception("upkeep of the streams; it goes on")
