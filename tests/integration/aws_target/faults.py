"""Where AWS refuses, and with what; and which of all pairs are tried.

By default each place meets one kind of fault, drawn by a fixed seed, so that every stage and every
kind is reached in every run. ``FAULTS_OF_AWS=whole`` tries every kind at every place.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from botocore.exceptions import EndpointConnectionError

from pipeline.settings import ROOT
from tests.integration.aws_target.account import Account, Ended
from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.guards import names
from tests.integration.aws_target.wire import Fault

WHOLE: Final = os.environ.get("FAULTS_OF_AWS") == "whole"
SEED: Final = 10
ALWAYS: Final = 10**6
"""More often than anything is tried again."""


@dataclass(frozen=True)
class Place:
    """A call that a command makes, once at least.

    Attributes:
        stage: of a run, or the command
        service: boto3's name of it
        operation: that is called
        template: of the stack, where stacks are made by the call
        words: options with which the stage makes the call in any case: two stages run side by side
    """

    stage: str
    service: str
    operation: str
    template: str = ""
    words: tuple[str, ...] = ()

    def matches(self, params: dict[str, Any]) -> bool:
        """Whether a call is the one that is meant."""
        return not self.template or params["StackName"] == names().stack(self.template)


PLACES: Final = (
    Place("infrastructure", "cloudformation", "CreateStack", "bucket"),
    Place("land", "cloudformation", "CreateStack", ROOT),
    Place("catalog", "glue", "StartCrawler"),
    Place("full_load", "dms", "DescribeTableStatistics", words=("--only", "full_load", "--force")),
    Place("stream", "lambda", "Invoke", words=("--only", "stream", "--force")),
    Place("transform", "glue", "StartJobRun"),
    Place("train", "sagemaker", "CreateTrainingJob"),
    Place("deploy", "cloudformation", "CreateStack", "serving"),
    Place("recommend", "sagemaker-runtime", "InvokeEndpoint"),
)
BY_STAGE: Final = {place.stage: place for place in PLACES}

T = TypeVar("T")
Cause = Exception | Callable[[], None]


def denied(place: Place) -> AwsError:
    """The caller lacks a permission."""
    return AwsError(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/x is not authorized to perform: "
        f"{place.service}:{place.operation}",
        403 if place.service == "lambda" else 400,
    )


def expired(_place: Place) -> AwsError:
    """The token of the session has run out."""
    return AwsError(
        "ExpiredTokenException", "The security token included in the request is expired", 403
    )


def lost(place: Place) -> Exception:
    """There is no network."""
    found: Exception = EndpointConnectionError(
        endpoint_url=f"https://{place.service}.test.invalid/"
    )
    return found


def interrupt(_place: Place) -> Callable[[], None]:
    """Somebody presses Ctrl-C."""
    return lambda: signal.raise_signal(signal.SIGINT)


def throttled(place: Place) -> AwsError:
    """The service's own way of saying that it is asked too often."""
    code, status = {
        "cloudformation": ("Throttling", 400),
        "lambda": ("TooManyRequestsException", 429),
        "s3": ("SlowDown", 503),
    }.get(place.service, ("ThrottlingException", 400))
    return AwsError(code, "Rate exceeded", status)


KINDS: Final[dict[str, Callable[[Place], Cause]]] = {
    "access denied": denied,
    "expired token": expired,
    "network lost": lost,
    "interrupted": interrupt,
}


def met(account: Account, place: Place, cause: Cause, times: int = 1) -> Fault:
    """Have `place` meet `cause`."""
    fault = Fault(place.service, place.operation, cause, times, place.matches)
    account.wire.faults.append(fault)
    return fault


def meet(account: Account, place: Place, kind: str) -> Fault:
    """Have `place` meet a kind of fault: what is tried again by itself in every try."""
    return met(account, place, KINDS[kind](place), ALWAYS if kind == "network lost" else 1)


def rounds(places: Sequence[Place]) -> list[list[tuple[Place, str]]]:
    """What is tried one after the other in an account; each account in a test of its own."""
    if WHOLE:
        return [[(place, kind) for place in places] for kind in KINDS]
    rng = random.Random(SEED)
    kinds: list[str] = []
    while len(kinds) < len(places):
        kinds += rng.sample(sorted(KINDS), len(KINDS))
    return [list(zip(places, kinds, strict=False))]


def some(of: Sequence[T], number: int) -> Sequence[T]:
    """As many of them, drawn by the seed, or all where the whole matrix is wanted."""
    return of if WHOLE else random.Random(SEED).sample(of, number)


def told(ended: Ended, kind: str, place: Place) -> None:
    """Assert that a command that met a kind of fault says what, and the next command."""
    if kind == "interrupted":
        assert ended.code == 130, (place, ended.stderr)
        message, hint = ended.error
        assert message.startswith("Interrupted")
        assert "--target aws" in hint
        return
    message, hint = refused(ended)
    assert "lake" in hint, (place, hint)
    if kind == "access denied":
        assert denied(place).fields.message in message, (place, message)
    if kind == "expired token":
        assert "is expired" in message, (place, message)
        assert "aws sso login" in hint or "lake destroy" in hint, (place, hint)
    if kind == "network lost":
        assert "aws target" in message or "connect to the endpoint" in message, (place, message)


def refused(ended: Ended) -> tuple[str, str]:
    """The message and the next command of a command that ended as it should: in one sentence."""
    assert ended.code == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    message, hint = ended.error
    assert "Unexpected" not in message, ended.stderr
    assert hint, ended.stderr
    return message, hint
