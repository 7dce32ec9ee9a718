"""What the lake has cost so far by the hour, from the ages of its stacks; only read calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.access import is_login_lost
from pipeline.account.cost import hourly
from pipeline.account.deployed import deployed
from pipeline.errors import CutOffError, LakeError, TargetError
from pipeline.lake import Lake

__all__ = ["Accrued", "accrued", "costs_noted"]


_NOT_ASKED: Final = "What is there goes on billing; lake status says how much."


@dataclass(frozen=True)
class Accrued:
    """What bills by the hour.

    Attributes:
        usd: since it is there, about: what was removed before is not in it
        per_hour: USD
        prices: where the prices are from
    """

    usd: float
    per_hour: float
    prices: str

    @property
    def text(self) -> str:
        """For people."""
        return (
            f"by the hour: {self.usd:.2f} USD so far, {self.per_hour:.3f} USD an hour more "
            f"({self.prices}); job runs, training and requests come on top"
        )


def accrued(lake: Lake, now: datetime | None = None) -> Accrued | None:
    """The costs of what is there.

    Args:
        lake: on its target
        now: until when, for tests

    Returns:
        them, or None where nothing is paid for
    """
    prices = lake.target.prices
    if prices is None:
        return None
    now = now or datetime.now(UTC)
    usd = per_hour = 0.0
    for stack in deployed(lake):
        there = [r for r in stack.resources if r.logical in stack.physical]
        rate = sum(item.usd or 0.0 for item in hourly(prices, there, {}))
        usd += rate * _hours(stack.created, now)
        per_hour += rate
    return Accrued(usd, per_hour, prices.title)


@contextmanager
def costs_noted(lake: Lake) -> Iterator[None]:
    """Have whatever ends the block say what the lake costs an hour from then on, if it does."""
    try:
        yield
    except (LakeError, ClientError, BotoCoreError) as error:
        if note := _note(lake, error):
            error.add_note(note)
        raise
    except KeyboardInterrupt as error:  # at once: nobody is asked any more
        if lake.target.prices is not None:
            error.add_note(_NOT_ASKED)
        raise


def _note(lake: Lake, error: Exception) -> str:
    if lake.target.prices is None:
        return ""
    if is_login_lost(error) or isinstance(error, TargetError | CutOffError):
        return _NOT_ASKED
    try:
        found = accrued(lake)
    except (ClientError, BotoCoreError):
        return _NOT_ASKED
    if found is None or not found.per_hour:
        return ""
    return f"What is there costs {found.per_hour:.3f} USD an hour; lake pause keeps the data only."


def _hours(created: datetime, now: datetime) -> float:
    if created.tzinfo is None:
        created = created.replace(tzinfo=UTC)
    return max(0.0, (now - created).total_seconds() / 3600)
