"""A schedule, when it is due, and an invocation that is on its way."""

from __future__ import annotations

import random
import uuid
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lakestack import clock
from lakestack.services.schedules import Expression, parse
from lakestack.services.schedules.time import TIME

Document = dict[str, Any]
MAX_AGE_SECONDS, MAX_ATTEMPTS = 86400, 185
"""The default RetryPolicy."""


@dataclass
class Schedule:
    """A schedule.

    Attributes:
        request: CreateSchedule's, or the last UpdateSchedule's, with its defaults
        anchor: the first time of a ``rate`` without StartDate
        planned: the next time of the expression that lets something start; None when there is none
        due: `planned`, later by a random part of the flexible window
        token: ClientToken that it was made with
    """

    name: str
    group: str
    arn: str
    request: Document
    created: datetime = field(default_factory=clock.utc)
    modified: datetime = field(default_factory=clock.utc)
    anchor: datetime = field(default_factory=TIME.now)
    planned: datetime | None = None
    due: datetime | None = None
    token: str | None = None

    def expression(self) -> Expression:
        """The schedule's times.

        Raises:
            ExpressionError: AWS would refuse it
        """
        request = self.request
        start: datetime = request.get("StartDate") or self.anchor
        return parse(request["ScheduleExpression"], request["ScheduleExpressionTimezone"], start)

    def plan(self, after: datetime) -> None:
        """Find the next time after a moment, within StartDate and EndDate.

        A ``rate`` without a StartDate begins at once: its first time is the moment it was made.
        """
        self.expect(self.next_time(after))

    def next_time(self, after: datetime) -> datetime | None:
        """The first time after a moment, within StartDate and EndDate.

        Raises:
            ExpressionError: AWS would refuse the expression
        """
        request, start = self.request, self.request.get("StartDate")
        once = request["ScheduleExpression"].startswith("at(")
        if start is not None and start > after and not once:
            after = start - timedelta(microseconds=1)
        found = self.expression().next_after(after)
        end = request.get("EndDate")
        return None if found is not None and end is not None and found > end and not once else found

    def expect(self, planned: datetime | None) -> None:
        """Let a time be the next."""
        self.planned = planned
        self.due = None if planned is None else planned + self.spread()

    def spread(self) -> timedelta:
        """A random part of the flexible window."""
        window = self.request["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0
        return timedelta(seconds=random.uniform(0, window * 60))  # noqa: S311 - no secret

    @property
    def enabled(self) -> bool:
        return bool(self.request["State"] == "ENABLED")

    @property
    def deletes_itself(self) -> bool:
        return bool(self.request["ActionAfterCompletion"] == "DELETE")

    def describe(self) -> Document:
        """GetSchedule's answer."""
        return {
            **{name: value for name, value in self.request.items() if name != "ClientToken"},
            "Arn": self.arn,
            "GroupName": self.group,
            "CreationDate": self.created,
            "LastModificationDate": self.modified,
        }

    def summary(self) -> Document:
        """The schedule's entry in ListSchedules."""
        names = ("Arn", "CreationDate", "GroupName", "LastModificationDate", "Name", "State")
        described = self.describe()
        return {
            **{name: described[name] for name in names},
            "Target": {"Arn": self.request["Target"]["Arn"]},
        }

    def snapshot(self) -> Document:
        """As plain data."""
        return dict(vars(self))


@dataclass
class Invocation:
    """One invocation of a target, until it has arrived or is given up.

    Attributes:
        target: Target structure of the schedule, as it was when it came due
        scheduled: the time of the expression
        began: when it was tried first
        due: when it is tried next
        attempts: how often it was tried
        completes: whether the schedule has no invocation after this one
    """

    schedule: str
    group: str
    arn: str
    target: Document
    scheduled: datetime
    began: datetime
    due: datetime
    completes: bool
    attempts: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def snapshot(self) -> Document:
        """As plain data."""
        return asdict(self)


@dataclass
class Group:
    """A schedule group; its schedules are by name."""

    name: str
    arn: str
    created: datetime = field(default_factory=clock.utc)
    modified: datetime = field(default_factory=clock.utc)
    schedules: dict[str, Schedule] = field(default_factory=dict)

    def describe(self) -> Document:
        """GetScheduleGroup's answer, and the group's entry in ListScheduleGroups."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "State": "ACTIVE",
            "CreationDate": self.created,
            "LastModificationDate": self.modified,
        }
