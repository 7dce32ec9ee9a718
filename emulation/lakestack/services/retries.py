"""When and how long to try again what failed by no fault of the caller's.

DynamoDB Developer Guide, "Error handling with DynamoDB": 5xx errors, throttling and connections
that break are retried with exponential back-off, others are not. AWS Architecture Blog,
"Exponential Backoff And Jitter": each wait is random between nothing and its limit ("full jitter").
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnection

from lakestack import clock

T = TypeVar("T")

TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottlingException",
    }
)


def is_transient(error: BaseException) -> bool:
    """Whether a failed call of boto3 may succeed when it is made again."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        # 501 is an operation that the emulator does not have: the same forever.
        return status != 501 and (code in TRANSIENT_CODES or status >= 500)
    if isinstance(error, BotoCoreError):
        return isinstance(error, HTTPClientError | NoConnection | IncompleteReadError)
    return isinstance(error, ConnectionError | TimeoutError)


@dataclass(frozen=True)
class Backoff:
    """Waits of a series of tries, bounded in number and in time.

    Args:
        first: upper limit of the first wait in seconds; it doubles up to `longest`
        tries: most tries in all
        seconds: no new try later than this after the first, but for `least`
        least: so many tries are made however long they take: one may have hung for a minute
    """

    first: float = 0.05
    longest: float = 2.0
    tries: int = 100
    seconds: float = 60.0
    least: int = 4

    def waits(
        self,
        now: Callable[[], float] = clock.steady,
        fraction: Callable[[], float] = random.random,
    ) -> Iterator[float]:
        """Yield how long to wait before each further try; it ends when there is to be none.

        Args:
            now: a steady clock
            fraction: from 0 to 1
        """
        began, limit = now(), self.first
        for done in range(1, self.tries):
            if done >= self.least and now() - began >= self.seconds:
                return
            yield limit * fraction()
            limit = min(2 * limit, self.longest)


IN_PROCESS = Backoff(first=0.1, tries=8, seconds=20.0)
"""For reads that boto3 does not repeat: it does so only until an answer has begun."""


def patiently(action: Callable[[], T], backoff: Backoff = IN_PROCESS) -> T:
    """Do it, again after an error that may pass; raises what does not.

    Args:
        action: has no effect when it fails, or one that a repetition replaces
    """
    waits = backoff.waits()
    while True:
        try:
            return action()
        except Exception as e:
            wait = next(waits, None) if is_transient(e) else None
            if wait is None:
                raise
            time.sleep(wait)
