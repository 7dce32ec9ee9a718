"""The lists in a DynamoDB table: one item for each user, read by the user's id.

An item: ``userId`` (S), ``job`` that made it (S), ``reason`` (S) and ``movies`` (L), best first, of
``movieId`` (N), ``title`` (S) and ``score`` (N).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.errors import ListsError
from pipeline.lake import Lake, is_missing
from pipeline.lists.transform import answers
from pipeline.stages.recommend import Recommendations, Title

__all__ = ["fill", "forget_others", "look_up"]

_AT_ONCE: Final = 25
"""Items of one BatchWriteItem (Amazon DynamoDB API Reference, "BatchWriteItem")."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
"""Seconds before what was not taken is sent again, doubled each time: "we strongly recommend that
you use an exponential backoff algorithm" (same page)."""
_WRONG: Final = "Make the lists again: lake run --from train --force; then: lake lists"


def fill(lake: Lake, job: str) -> int:
    """Put the answers of a transform job into the table; returns how many users' they are.

    Raises:
        ListsError: an answer is not the contract's, or another run has taken the lake
    """
    written = 0
    waiting: list[dict[str, Any]] = []
    for key in answers(lake, job):
        with lake.binary(key) as text:
            for line in text:
                waiting += [{"PutRequest": {"Item": item}} for item in _items(job, key, line)]
                while len(waiting) >= _AT_ONCE:
                    _write(lake, waiting[:_AT_ONCE])
                    del waiting[:_AT_ONCE]
                    written += _AT_ONCE
                lake.reporter.progress("lists", f"{written:,} lists written")
    if waiting:
        _write(lake, waiting)
    return written + len(waiting)


def forget_others(lake: Lake, job: str) -> int:
    """Delete what another job has made, of users whom the data has no more; returns how many."""
    pages = lake.client("dynamodb").get_paginator("scan")
    old = [
        {"DeleteRequest": {"Key": {"userId": item["userId"]}}}
        for page in pages.paginate(
            TableName=lake.settings.lists_table,
            ProjectionExpression="userId",
            FilterExpression="#job <> :job",
            ExpressionAttributeNames={"#job": "job"},
            ExpressionAttributeValues={":job": {"S": job}},
        )
        for item in page["Items"]
    ]
    for first in range(0, len(old), _AT_ONCE):
        _write(lake, old[first : first + _AT_ONCE])
    return len(old)


def look_up(lake: Lake, user: int, k: int) -> Recommendations:
    """The best `k` movies of a user's item.

    Raises:
        ListsError: there is no table, or nothing of the user in it
    """
    table = lake.settings.lists_table
    try:
        answer = lake.client("dynamodb").get_item(TableName=table, Key={"userId": {"S": str(user)}})
    except ClientError as error:
        if not is_missing(error):
            raise
        raise ListsError(f"There is no table {table}.", "Make it with: lake lists") from error
    item = answer.get("Item")
    if item is None:
        raise ListsError(
            f"Table {table} has no list of user {user}: the lists are of the users of the training "
            "data.",
            f"Ask the endpoint: lake recommend {user}",
        )
    titles = [
        Title(int(m["movieId"]["N"]), m["title"]["S"], float(m["score"]["N"]))
        for m in (entry["M"] for entry in item["movies"]["L"][:k])
    ]
    return Recommendations(user, item["reason"]["S"], titles)


def _items(job: str, key: str, line: bytes) -> Iterator[dict[str, Any]]:
    """The items of a line of answers.

    Raises:
        ListsError: the line is something else
    """
    try:
        for found in json.loads(line)["predictions"]:
            yield {
                "userId": {"S": str(int(found["user_id"]))},
                "job": {"S": job},
                "reason": {"S": str(found["reason"])},
                "movies": {
                    "L": [
                        {
                            "M": {
                                "movieId": {"N": str(int(movie["movie_id"]))},
                                "title": {"S": str(movie["title"])},
                                "score": {"N": repr(float(movie["score"]))},
                            }
                        }
                        for movie in found["recommendations"]
                    ]
                },
            }
    except (ValueError, KeyError, TypeError) as error:
        raise ListsError(
            f"{key} is not what the model answers ({error!r}): {line[:100]!r}", _WRONG
        ) from error


def _write(lake: Lake, requests: list[dict[str, Any]]) -> None:
    """Write up to 25 requests, however often the table does not take all."""
    table, pause = lake.settings.lists_table, _FIRST_PAUSE
    while requests:
        answer = lake.client("dynamodb").batch_write_item(RequestItems={table: requests})
        requests = answer.get("UnprocessedItems", {}).get(table, [])
        if requests and lake.cancelled.wait(pause):
            raise ListsError("Another run has taken the lake.", "Go on with: lake lists")
        pause = min(2 * pause, _LONGEST_PAUSE)
