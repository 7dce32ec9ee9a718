"""`GlueContext.forEachBatch`: a function for each micro-batch, until the job is stopped.

AWS Glue Developer Guide, "GlueContext class" (forEachBatch) and "Anatomy of an AWS Glue streaming
job".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.storagelevel import StorageLevel

from . import infer

LOG = logging.getLogger("GlueLogger")

RETRIES = 3
"""Of a batch that fails, where ``batchMaxRetries`` does not say."""

_KNOWN = {"windowsize", "checkpointlocation", "batchmaxretries"}


def for_each_batch(
    frame: DataFrame, batch_function: Callable[[DataFrame, int], Any], options: Mapping[str, Any]
) -> None:
    """Call a function with the records and the number of each batch.

    Args:
        options: ``windowSize``, ``checkpointLocation`` and perhaps ``batchMaxRetries``

    Raises:
        StreamingQueryException: a batch has failed more often than may be
        ValueError: an option is missing, or the frame is no stream
    """
    given = {str(name).lower(): value for name, value in options.items()}
    for name in ("windowSize", "checkpointLocation"):
        if not given.get(name.lower()):
            raise ValueError(f'forEachBatch needs options={{"{name}": …}}')
    if not frame.isStreaming:
        raise ValueError("forEachBatch needs a streaming frame, as create_data_frame gives")
    for name in sorted(given.keys() - _KNOWN):
        LOG.warning("option %r of forEachBatch is not known and is ignored", name)
    retries = int(given.get("batchmaxretries", RETRIES))
    batch = _Batch(batch_function)
    failed, failures = -1, 0
    while True:
        query = (
            frame.writeStream.foreachBatch(batch.run)
            .trigger(processingTime=str(given["windowsize"]))
            .option("checkpointLocation", str(given["checkpointlocation"]))
            .start()
        )
        try:
            query.awaitTermination()
        except StreamingQueryException:
            failures = failures + 1 if batch.number == failed else 1
            failed = batch.number
            if failures > retries:
                raise
            LOG.warning("batch %s failed; attempt %s of %s", failed, failures + 1, retries + 1)
        else:
            return


class _Batch:
    """Calls the function; knows the number of the batch under way."""

    def __init__(self, function: Callable[[DataFrame, int], Any]) -> None:
        self._function = function
        self.number = -1

    def run(self, frame: DataFrame, number: int) -> None:
        self.number = number
        # The function may read it several times, and each would fetch the records again.
        frame.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            self._function(frame, number)
        finally:
            frame.unpersist()
            infer.forget()
