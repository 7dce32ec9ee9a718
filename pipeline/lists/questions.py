"""What the transform job asks the model: every user of the training data, many to a line.

A line is one request (SplitType Line, BatchStrategy SingleRecord), an object holds many lines.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.errors import ListsError
from pipeline.lake import Lake

__all__ = ["LONGEST_LIST", "lines", "users"]

LONGEST_LIST: Final = 1000
"""Movies in a list: an item then has about 150 KB of the 400 KB that it may (Amazon DynamoDB
Developer Guide, "Quotas in Amazon DynamoDB"), and 25 of them less than the 16 MB of a request."""
_MOVIES_OF_ANSWER: Final = 20_000
"""In the answer to one line: about 2 MB."""
_MOST_USERS: Final = 500
"""Of a line; the model takes 1,000."""


def users(lake: Lake) -> list[int]:
    """Ids of all users of the training data, in order.

    Raises:
        ListsError: there is none, or a row has no such id
    """
    found: set[int] = set()
    folder = f"{lake.settings.training_data}/rating/"
    for entry in lake.objects(folder):
        if not entry["Key"].endswith(".csv"):
            continue
        with lake.text(entry["Key"]) as text:
            rows = csv.reader(text)
            next(rows, None)  # the header
            try:
                found.update(int(row[0]) for row in rows)
            except (ValueError, IndexError) as error:
                raise ListsError(
                    f"s3://{lake.bucket}/{entry['Key']}, line {rows.line_num}, does not begin with "
                    "a user's number.",
                    "Make the training data again: lake run --from transform --force",
                ) from error
    if not found:
        raise ListsError(
            f"There is no user in s3://{lake.bucket}/{folder}.", "Make the data with: lake run"
        )
    return sorted(found)


def lines(people: Sequence[int], k: int) -> Iterator[bytes]:
    """Requests for the `k` best movies of each user, one JSON document each."""
    each = max(1, min(_MOST_USERS, _MOVIES_OF_ANSWER // k))
    for first in range(0, len(people), each):
        instances = [{"user_id": user, "k": k} for user in people[first : first + each]]
        yield json.dumps({"instances": instances}, separators=(",", ":")).encode() + b"\n"
