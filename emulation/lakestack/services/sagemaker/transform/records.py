"""An object of S3 as requests to a container: records, and batches of them.

Amazon SageMaker API Reference, "CreateTransformJob": SplitType, BatchStrategy, MaxPayloadInMB.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 1 << 20


class RecordError(Exception):
    """The object cannot be cut into requests."""


def records(path: Path, *, split: bool, gzipped: bool, limit: int | None) -> Iterator[bytes]:
    """The records of a file, without their line ends; the whole file is one where `split` is false.

    Args:
        limit: bytes of the largest record; None: any

    Raises:
        RecordError: a record is larger, or the file is no gzip file
    """
    too_large = f"a record is larger than MaxPayloadInMB allows ({limit} bytes)"
    try:
        with gzip.open(path) if gzipped else path.open("rb") as file:
            if not split:
                whole = file.read() if limit is None else file.read(limit + 1)
                if limit is not None and len(whole) > limit:
                    raise RecordError(too_large)
                yield whole
                return
            while line := file.readline(-1 if limit is None else limit + 2):
                record = line.removesuffix(b"\n").removesuffix(b"\r")
                if limit is not None and len(record) > limit:
                    raise RecordError(too_large)
                if record:
                    yield record
    except (gzip.BadGzipFile, EOFError, zlib.error) as e:
        raise RecordError(f"it cannot be decompressed: {e}") from e


def batches(found: Iterator[bytes], *, many: bool, limit: int | None) -> Iterator[list[bytes]]:
    """Records by request: one each, or as many as fit.

    Args:
        many: BatchStrategy MultiRecord
        limit: bytes of a request, line ends included; None: any
    """
    batch: list[bytes] = []
    size = 0
    for record in found:
        full = limit is not None and size + len(record) + 1 > limit
        if batch and (full or not many):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record) + 1
    if batch:
        yield batch
