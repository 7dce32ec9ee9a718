"""What is tried again, how often and how long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    IncompleteReadError,
    ParamValidationError,
    ReadTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.retries import Backoff, is_transient


class Time:
    """A clock that the waits move on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutItem")  # type: ignore[arg-type]


def series(backoff: Backoff, fraction: float, each: float = 0.0) -> list[float]:
    clock, waits = Time(), []
    for wait in backoff.waits(clock, lambda: fraction):
        waits.append(wait)
        clock.now += wait + each
    return waits


def test_waits_double_up_to_the_longest() -> None:
    assert series(Backoff(0.5, 2.0, tries=6), 1) == [0.5, 1, 2, 2, 2]


@given(st.floats(0, 1))
def test_they_are_bounded_in_number_and_in_time(fraction: float) -> None:
    backoff = Backoff(first=0.1, longest=2.0, tries=50, seconds=30.0)
    waits = series(backoff, fraction)
    assert len(waits) <= 49
    assert sum(waits[:-1]) < 30 or len(waits) <= backoff.least
    limits = series(backoff, 1)
    assert all(a <= b for a, b in pairwise(limits))


def test_an_engine_that_is_away_for_ten_seconds_is_waited_for() -> None:
    assert sum(series(Backoff(), 0.5)) > 10


def test_a_try_that_hangs_does_not_use_up_the_others() -> None:
    assert len(series(Backoff(seconds=30, least=4), 0.5, each=35)) == 3


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (refused("InternalFailure", 500), True),
        (refused("InternalServerError", 500), True),
        (refused("SlowDown", 503), True),
        (refused("ThrottlingException", 400), True),
        (refused("ProvisionedThroughputExceededException", 400), True),
        (refused("Anything", 502), True),
        (refused("InternalFailure", 501), False),
        (refused("NotImplemented", 501), False),
        (refused("ValidationException", 400), False),
        (refused("ResourceNotFoundException", 400), False),
        (refused("AccessDenied", 403), False),
        (refused("PreconditionFailed", 412), False),
        (EndpointConnectionError(endpoint_url="http://x"), True),
        (ReadTimeoutError(endpoint_url="http://x"), True),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), True),
        (ConnectionResetError(), True),
        (ParamValidationError(report="x"), False),
        (ValueError(), False),
    ],
)
def test_what_may_pass(error: Exception, passes: bool) -> None:
    assert is_transient(error) is passes
