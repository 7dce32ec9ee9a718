"""The three forms of a schedule, each asked for its next time.

Amazon EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler".
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from lakestack.services.schedules.cron import Cron, CronError

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_RATE = re.compile(r"rate\((\d{1,9}) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_LAST = datetime(2199, 12, 31, tzinfo=UTC)


class ExpressionError(ValueError):
    """An expression or a time zone that AWS refuses."""


class Expression(Protocol):
    """A schedule."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after a moment, in UTC; None when there is none."""
        ...


@dataclass(frozen=True)
class At:
    """One time, in UTC."""

    time: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        return self.time if self.time > moment else None


@dataclass(frozen=True)
class Rate:
    """Every so often, counted from a moment that is the first time itself."""

    period: timedelta
    anchor: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        if moment < self.anchor:
            return self.anchor
        found = self.anchor + ((moment - self.anchor) // self.period + 1) * self.period
        return found if found <= _LAST else None


@dataclass(frozen=True)
class InZone:
    """A cron expression by the wall clock of a zone."""

    cron: Cron
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime | None:
        return self.cron.next_after(moment, self.zone)


def parse(expression: str, zone: str, anchor: datetime) -> Expression:
    """Read an expression.

    Args:
        zone: such as ``Europe/Berlin``; of ``at`` and ``cron``
        anchor: the first time of a ``rate``, aware

    Raises:
        ExpressionError: the expression or the zone is not valid; the text says why
    """
    local = time_zone(zone)
    if found := _AT.fullmatch(expression):
        try:
            return At(datetime.fromisoformat(found[1]).replace(tzinfo=local).astimezone(UTC))
        except (ValueError, OverflowError) as e:
            raise ExpressionError(f"{expression}: {e}") from e
    if found := _RATE.fullmatch(expression):
        seconds = int(found[1]) * _SECONDS[found[2]]
        if not 0 < seconds <= (_LAST - anchor).total_seconds():
            raise ExpressionError(f"{expression}: the number is not valid")
        return Rate(timedelta(seconds=seconds), anchor)
    if expression.startswith("cron("):
        try:
            return InZone(Cron.parse(expression), local)
        except CronError as e:
            raise ExpressionError(f"{expression}: {e}") from e
    raise ExpressionError(
        f"{expression}: expected at(yyyy-mm-ddThh:mm:ss), rate(5 minutes) or cron(15 12 * * ? *)"
    )


def time_zone(name: str) -> tzinfo:
    """A time zone of the IANA database.

    Raises:
        ExpressionError: there is none of this name
    """
    try:
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise ExpressionError(f"{name!r} is no time zone of the IANA database") from e
