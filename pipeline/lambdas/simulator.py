"""Lambda function `movielens-simulator`: puts the ratings of a CSV object onto a Kinesis stream.

Self-contained, because it is deployed as a single file: boto3 and the standard library only.

Event::

    {"bucket": "...", "key": "data/ratings-partial-load/ratings-partial-load.csv",
     "stream": "movielens-ratings", "offset": 0}

``offset`` counts data rows (the header is none); ``seconds``, if given, ends the call after so
long, for callers that note its position at intervals. The answer says where to go on::

    {"sent": 20000, "next": 20000, "done": true, "rejected": [], "rejected_count": 0,
     "place": {"row": 20000, "line": 20001, "byte": 590431}}

The function stops before its deadline with ``done`` false; call it again with ``offset`` set to
``next``, and with ``place`` as it was answered: with it the function reads on where it stopped,
without it, or with the place of another row, it reads the object from its beginning. Records are
sent at least once: a batch cut off by the deadline is sent again.
"""

from __future__ import annotations

import csv
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
CHUNK = 1 << 20
"""Bytes that are read at a time, so that memory does not grow with the object."""
READS = 3
"""Tries at the same byte of an object whose transfer breaks off."""


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
    rows = _Rows(s3, event)
    position = rows.skip_to(int(event.get("offset", 0)))
    place = rows.place()
    until = time.monotonic() + float(event.get("seconds", math.inf))
    sent, rejected = 0, list[dict[str, Any]]()
    while batch := list(itertools.islice(rows, BATCH)):
        records = []
        for line, row in batch:
            try:
                records.append((row[0], encode(row)))
            except ValueError as error:
                rejected.append({"line": line, "reason": str(error), "row": row})
        if not put_batch(kinesis, event["stream"], records, context, position):
            return _answer(sent, position, False, rejected, place)
        sent += len(records)
        position += len(batch)
        place = rows.place()
        ended = time.monotonic() >= until or _out_of_time(context)
        if len(batch) == BATCH and ended:
            return _answer(sent, position, False, rejected, place)
    return _answer(sent, position, True, rejected, place)


class _Rows:
    """Line number and fields of each data row of the event's object, from its ``place`` on.

    Raises:
        ValueError: the header is not the ratings' header
    """

    def __init__(self, s3: Any, event: dict[str, Any]) -> None:
        place, offset = event.get("place") or {}, int(event.get("offset", 0))
        known = place.get("row") == offset and offset > 0
        self.row, self.line, self.byte = (
            (offset, int(place["line"]), int(place["byte"])) if known else (0, 0, 0)
        )
        text = self._lines(s3, event["bucket"], event["key"])
        self._rows = _numbered(csv.reader(text)) if known else read_rows(text)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        row = next(self._rows)[1]
        self.row += 1
        return self.line, row

    def skip_to(self, offset: int) -> int:
        """Pass over rows until the next one is number `offset`; returns it."""
        for _ in itertools.islice(self, offset - self.row):
            pass
        return offset

    def place(self) -> dict[str, int]:
        """Where the next row begins."""
        return {"row": self.row, "line": self.line, "byte": self.byte}

    def _lines(self, s3: Any, bucket: str, key: str) -> Iterator[str]:
        for line in _split(_chunks(s3, bucket, key, self.byte)):
            first = self.byte == 0
            self.byte += len(line)
            self.line += 1
            yield line.decode("utf-8-sig" if first else "utf-8")


def _chunks(s3: Any, bucket: str, key: str, place: int) -> Iterator[bytes]:
    """The object's bytes from `place` on; a transfer that breaks off is continued."""
    from botocore.exceptions import BotoCoreError

    body, failures, same = None, 0, dict[str, str]()
    while True:
        try:
            if body is None:
                part = {"Range": f"bytes={place}-"} if place else {}
                found = s3.get_object(Bucket=bucket, Key=key, **part, **same)
                body, same = found["Body"], {"IfMatch": found["ETag"]} if "ETag" in found else {}
            chunk = body.read(CHUNK)
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":  # it ends here
                return
            raise
        except BotoCoreError as error:
            failures += 1
            if failures >= READS:
                raise
            print(f"s3://{bucket}/{key} broke off at byte {place}: {error}")
            body = None
            continue
        if not chunk:
            return
        failures = 0
        place += len(chunk)
        yield chunk


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends, as `bytes.splitlines` has them."""
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # The last line may go on in the next chunk, and a carriage return be half a line's end.
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        yield from lines
    if rest:
        yield rest


def read_rows(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each data row.

    Args:
        lines: of the whole file, with their ends

    Raises:
        ValueError: the header is not the ratings' header
    """
    reader = csv.reader(lines)
    header = next(reader, [])
    if header != COLUMNS:
        raise ValueError(f"the header is {header}, not {COLUMNS}")
    yield from _numbered(reader)


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
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


def _answer(
    sent: int, position: int, done: bool, rejected: list[dict[str, Any]], place: dict[str, int]
) -> dict[str, Any]:
    return {
        "sent": sent,
        "next": position,
        "done": done,
        "rejected": rejected[:KEPT_REJECTS],
        "rejected_count": len(rejected),
        "place": place,
    }
