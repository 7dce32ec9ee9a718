"""Lambda function `movielens-simulator`: puts the ratings of a CSV object onto a Kinesis stream.

Self-contained, because it is deployed as a single file: boto3 and the standard library only.

Event::

    {"bucket": "...", "key": "data/ratings-partial-load/ratings-partial-load.csv",
     "stream": "movielens-ratings", "offset": 0}

``offset`` counts data rows (the header is none); ``seconds``, if given, ends the call after so
long, for callers that note its position now and then. The answer says where to go on::

    {"sent": 20000, "next": 20000, "done": true, "rejected": [], "rejected_count": 0}

The function stops before its deadline with ``done`` false; call it again with ``offset`` set to
``next``. Records are sent at least once: a batch cut off by the deadline is sent again.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BATCH = 500
"""Records of one PutRecords call (Kinesis Data Streams API Reference, 'PutRecords')."""
ATTEMPTS = 10
"""Tries for the records of one batch before the function gives up."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 3.0
"""Seconds; the pause doubles from one to the other, and is drawn at random below it."""
RESERVE_MILLISECONDS = 5_000
"""Time kept for the answer and for one last call that is slow."""
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "Throttling",
        "ThrottlingException",
        "KMSThrottlingException",
    }
)
"""Codes of a whole PutRecords call that may be made again (same page, 'Errors')."""
KEPT_REJECTS = 100
"""Rejected rows listed in the answer; all are counted."""
COLUMNS = ["userId", "movieId", "rating", "timestamp"]


class RecordsRejectedError(RuntimeError):
    """Kinesis kept refusing records; carries the offset to go on from."""


def handler(event: dict[str, Any], context: Any, *, s3: Any = None, kinesis: Any = None) -> Any:
    """Lambda's entry point; `s3` and `kinesis` are clients for callers that have their own.

    Raises:
        ValueError: the object is not a ratings CSV, or the event lacks a field
        RecordsRejectedError: a batch could not be put in `ATTEMPTS` tries
    """
    if s3 is None or kinesis is None:
        import boto3

        s3, kinesis = s3 or boto3.client("s3"), kinesis or boto3.client("kinesis")
    missing = [name for name in ("bucket", "key", "stream") if not event.get(name)]
    if missing:
        raise ValueError(f"the event has no {', '.join(missing)}")
    body = s3.get_object(Bucket=event["bucket"], Key=event["key"])["Body"].read()
    position = int(event.get("offset", 0))
    until = time.monotonic() + float(event.get("seconds", math.inf))
    sent, rejected = 0, []
    rows = itertools.islice(read_rows(body), position, None)
    while batch := list(itertools.islice(rows, BATCH)):
        records = []
        for line, row in batch:
            try:
                records.append((row[0], encode(row)))
            except ValueError as error:
                rejected.append({"line": line, "reason": str(error), "row": row})
        if not put_batch(kinesis, event["stream"], records, context, position):
            return _answer(sent, position, False, rejected)
        sent += len(records)
        position += len(batch)
        ended = time.monotonic() >= until or _out_of_time(context)
        if len(batch) == BATCH and ended:
            return _answer(sent, position, False, rejected)
    return _answer(sent, position, True, rejected)


def read_rows(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each data row.

    Raises:
        ValueError: the header is not the ratings' header
    """
    reader = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    header = next(reader, [])
    if header != COLUMNS:
        raise ValueError(f"the header is {header}, not {COLUMNS}")
    for row in reader:
        if row:
            yield reader.line_num, row


def encode(row: Sequence[str]) -> bytes:
    """The event of a row: one JSON object and a newline.

    Raises:
        ValueError: the row is not a rating
    """
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} fields instead of {len(COLUMNS)}")
    rating = float(row[2])
    if not math.isfinite(rating):
        raise ValueError(f"rating {row[2]!r} is not a number")
    event = {
        "userId": int(row[0]),
        "movieId": int(row[1]),
        "rating": rating,
        "timestamp": int(row[3]),
    }
    return json.dumps(event).encode("ascii") + b"\n"


def put_batch(
    kinesis: Any, stream: str, records: Iterable[tuple[str, bytes]], context: Any, offset: int
) -> bool:
    """Put `records` (partition key, data); False when the time ran out before all were put.

    Each record's own ErrorCode decides what is sent again, not FailedRecordCount. A call that is
    throttled as a whole has put none of them.
    """
    waiting = [{"PartitionKey": key, "Data": data} for key, data in records]
    pause, codes = FIRST_PAUSE, {""}
    for attempt in range(ATTEMPTS):
        if not waiting:
            return True
        if attempt:
            if _out_of_time(context, pause):
                return False
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - jitter, not a secret
            pause = min(2 * pause, LONGEST_PAUSE)
        try:
            answers = kinesis.put_records(StreamName=stream, Records=waiting)["Records"]
        except kinesis.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in THROTTLED:
                raise
            codes = {code}
            continue
        codes = {answer["ErrorCode"] for answer in answers if answer.get("ErrorCode")}
        waiting = [
            record
            for record, answer in zip(waiting, answers, strict=True)
            if answer.get("ErrorCode")
        ]
    if waiting:
        raise RecordsRejectedError(
            f"{stream} refused {len(waiting)} records {ATTEMPTS} times "
            f"({', '.join(sorted(codes))}); go on with offset {offset}"
        )
    return True


def _out_of_time(context: Any, ahead: float = 0.0) -> bool:
    remaining = context.get_remaining_time_in_millis() - 1000 * ahead
    return bool(remaining < RESERVE_MILLISECONDS)


def _answer(sent: int, position: int, done: bool, rejected: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "sent": sent,
        "next": position,
        "done": done,
        "rejected": rejected[:KEPT_REJECTS],
        "rejected_count": len(rejected),
    }
