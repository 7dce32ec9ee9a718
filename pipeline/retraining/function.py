"""The round in a Lambda function: the lake as its role and environment see it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from pipeline.errors import LakeError, RunLockedError
from pipeline.lake import Lake
from pipeline.retraining.decision import Thresholds
from pipeline.retraining.loop import advance, begin
from pipeline.retraining.rounds import Rounds
from pipeline.run_lock import RunLock
from pipeline.sizes import Sizes
from pipeline.target import Target, Waits

__all__ = ["go_on", "lake_of_function"]

_NO_WAIT = 0.0
_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.INFO)


class LogReporter:
    """Writes what happens to the function's log."""

    def line(self, text: str) -> None:
        """A sentence that stays."""
        _LOG.info("%s", text)

    def begin(self, stage: str) -> None:
        """`stage` starts its work."""
        _LOG.info("%s: begins", stage)

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:  # noqa: ARG002
        """Where `stage` is."""
        _LOG.info("%s: %s", stage, text)

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        """`stage` has ended."""
        _LOG.info("%s: %s: %s", stage, "done" if ok else "FAILED", text)

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        """Nothing is waited for here."""


def go_on(
    event: Mapping[str, Any], context: Any, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Go on with the round that is at work, or begin one when the event says so.

    Args:
        event: ``begin``: whether to begin one
        context: Lambda's; the function's ARN tells account and region
        environ: sizes and the project, as the stack gives them

    Returns:
        ``step``, ``outcome`` and ``verdict`` of the round; ``idle`` without one; ``busy``: who else
        holds the lake
    """
    lake = lake_of_function(str(context.invoked_function_arn), environ)
    newest = Rounds(lake).newest()
    if not event.get("begin") and (newest is None or newest.done):
        return {"idle": True}
    lock = RunLock(lake.s3, lake.bucket, lake.settings.state, "the schedule", lake.cancelled.set)
    try:
        with lock:
            found = begin(lake)
            advance(lake, found, Thresholds())
    except RunLockedError as error:
        _LOG.info("busy: %s", error.message)
        return {"busy": error.message}
    except LakeError as error:
        # A failed invocation would be made again, twice; the rule's next call is soon.
        _LOG.error("%s", error)
        return {"failed": error.message}
    _LOG.info("%s %s %s", found.step, found.outcome, found.verdict)
    return {"step": found.step, "outcome": found.outcome, "verdict": found.verdict}


def lake_of_function(arn: str, environ: Mapping[str, str] = os.environ) -> Lake:
    """The lake of a function: ``arn:partition:lambda:region:account:function:name``."""
    _, _, _, region, account, *_ = arn.split(":")
    target = Target(
        name="function",
        region=region,
        account=account,
        endpoint=None,  # boto3's own, which is where Lambda's environment says
        session=boto3.session.Session(region_name=region),
        config=Config(retries={"mode": "standard", "total_max_attempts": 4}),
        waits=Waits(*[_NO_WAIT] * 8),
        sizes=Sizes.from_environment(environ),
        unreachable_hint="",
        silence=None,
        aws_cli=f"aws --region {region}",
        lake_options="",
        needs_replacement=(),
        confirm_account=True,
        login="",
        prices=None,
    )
    return Lake.open(target, LogReporter())
