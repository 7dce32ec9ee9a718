"""Lambda function `movielens-stream-consumer`: writes streamed ratings into a DynamoDB table.

Self-contained, because it is deployed as a single file: boto3 and the standard library only.

The second consumer of the stream, behind an event source mapping that delivers at least once
(AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams").
Each write has the condition that the table has no rating of the same user and movie that is as
new: a record that comes again, or late, changes nothing.

The answer names the first record that could not be written (ReportBatchItemFailures); the mapping
comes again with it and all after it, and sends it to its on-failure destination in the end.

Environment: ``TABLE``, the table's name; partition key userId, sort key movieId, both strings.
"""

from __future__ import annotations

import base64
import json
import os
import random
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

ITEMS = 100
"""Items of one TransactWriteItems call (DynamoDB API Reference, 'TransactWriteItems')."""
ATTEMPTS = 8
"""Tries for one call that meets conflicts or throttling."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds; the pause doubles from one to the other, and is drawn at random below it."""
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
PASSING_REASONS = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Of a cancelled transaction: worth another try. 'None' stands with the items that were fine."""

Item = dict[str, dict[str, str]]


class WriteError(RuntimeError):
    """DynamoDB kept refusing, or refused for good."""


def handler(event: dict[str, Any], context: Any, *, dynamodb: Any = None) -> dict[str, Any]:  # noqa: ARG001
    """Lambda's entry point; `dynamodb` is a client for callers that have their own.

    Returns:
        ``{"batchItemFailures": [{"itemIdentifier": <sequence number>}]}``, empty if all went
    """
    if dynamodb is None:
        dynamodb = _client()
    table = os.environ["TABLE"]
    waiting: list[tuple[str, list[Item]]] = []
    for record in event.get("Records", []):
        sequence = str(record["kinesis"]["sequenceNumber"])
        try:
            items = list(read_items(base64.b64decode(record["kinesis"]["data"])))
        except (ValueError, RecursionError) as error:
            print(f"record {sequence} is no rating: {error}")
            return _failure(_write(dynamodb, table, waiting) or sequence)
        waiting.append((sequence, items))
    return _failure(_write(dynamodb, table, waiting))


def read_items(data: bytes) -> Iterator[Item]:
    """The items of a record: one or more JSON objects, with or without something between them.

    Raises:
        ValueError: something else than ratings
    """
    text = data.decode("utf-8")
    decoder = json.JSONDecoder(parse_float=Decimal)
    position = 0
    while text[position:].strip():
        while text[position].isspace():
            position += 1
        found, position = decoder.raw_decode(text, position)
        yield _item(found)


def _item(found: Any) -> Item:
    try:
        user, movie, at = (int(found[name]) for name in ("userId", "movieId", "timestamp"))
        rating = Decimal(found["rating"])
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{found!r} is no rating") from error
    if not rating.is_finite():
        raise ValueError(f"rating {rating} is not a number")
    return {
        "userId": {"S": str(user)},
        "movieId": {"S": str(movie)},
        "rating": {"N": str(rating)},
        "timestamp": {"N": str(at)},
    }


def _write(dynamodb: Any, table: str, records: list[tuple[str, list[Item]]]) -> str | None:
    """Write in order; the sequence number of the first record that may not be written, or None."""
    chunk: dict[tuple[str, str], Item] = {}
    first = ""
    for sequence, items in records:
        if chunk and len(chunk) + len(items) > ITEMS:
            if not _put(dynamodb, table, list(chunk.values())):
                return first
            chunk = {}
        first = first if chunk else sequence
        for item in items:
            key = item["userId"]["S"], item["movieId"]["S"]
            there = chunk.get(key)
            # A transaction may name an item once; of equal times the first wins, as in the table.
            if there is None or int(there["timestamp"]["N"]) < int(item["timestamp"]["N"]):
                chunk[key] = item
    return None if not chunk or _put(dynamodb, table, list(chunk.values())) else first


def _put(dynamodb: Any, table: str, items: list[Item]) -> bool:
    """Write items, `ITEMS` at a time; whether all of them, or newer ones, are in the table now."""
    try:
        for start in range(0, len(items), ITEMS):
            put_items(dynamodb, table, items[start : start + ITEMS])
    except WriteError as error:
        print(error)
        return False
    return True


def put_items(dynamodb: Any, table: str, items: list[Item]) -> None:
    """Put items of different keys, except where the table has one that is as new.

    Raises:
        WriteError: refused for good, or in `ATTEMPTS` tries
    """
    pause, reason = FIRST_PAUSE, ""
    attempt = 0
    while items:
        try:
            dynamodb.transact_write_items(TransactItems=[_condition(table, i) for i in items])
            return
        except dynamodb.exceptions.TransactionCanceledException as error:
            codes = [r.get("Code", "None") for r in error.response.get("CancellationReasons", [])]
            if len(codes) != len(items):
                raise WriteError(f"{table}: {error}") from error
            strange = set(codes) - PASSING_REASONS - {"None", "ConditionalCheckFailed"}
            if strange:
                raise WriteError(f"{table}: {', '.join(sorted(strange))}: {error}") from error
            left = [i for i, c in zip(items, codes, strict=True) if c != "ConditionalCheckFailed"]
            if len(left) < len(items):
                items = left  # the others are in the table already
                continue
            reason = str(error)
        except dynamodb.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in PASSING:
                raise WriteError(f"{table}: {error}") from error
            reason = str(error)
        attempt += 1
        if attempt == ATTEMPTS:
            raise WriteError(f"{table} refused {len(items)} items {ATTEMPTS} times: {reason}")
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - jitter, not a secret
        pause = min(2 * pause, LONGEST_PAUSE)


def _condition(table: str, item: Item) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(userId) OR #at < :at",
            "ExpressionAttributeNames": {"#at": "timestamp"},
            "ExpressionAttributeValues": {":at": item["timestamp"]},
        }
    }


def _failure(sequence: str | None) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": sequence}] if sequence else []}


_made: list[Any] = []


def _client() -> Any:
    """One client for all calls of a warm function."""
    if not _made:
        import boto3

        _made.append(boto3.client("dynamodb"))
    return _made[0]
