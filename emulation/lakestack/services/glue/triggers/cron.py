"""AWS's cron expressions: six fields, read, checked, and asked for the next time.

AWS Glue Developer Guide, "Time-based schedules for jobs and crawlers": minutes, hours, day of
month, month, day of week (1 is Sunday), year; UTC; the wildcards ``, - * ? / L W #``.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTH_NAMES = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(" "), 1)}
_WEEKDAY_NAMES = "SUN MON TUE WED THU FRI SAT"
WEEKDAYS = {name: number for number, name in enumerate(_WEEKDAY_NAMES.split(" "), 1)}
FIRST_YEAR, LAST_YEAR = 1970, 2199

_EXPRESSION = re.compile(r"cron\(([0-9A-Za-z*?,/# -]+)\)")


class CronError(ValueError):
    """An expression that AWS would refuse; the text says what is wrong with which field."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: dict[str, int]

    def number(self, text: str) -> int:
        """A value or a name of this field.

        Raises:
            CronError: it is neither, or out of range
        """
        value = self.names.get(text.upper())
        if value is None and text.isascii() and text.isdecimal() and len(text) < 5:
            value = int(text)
        if value is None or not self.low <= value <= self.high:
            raise CronError(f"{self.name} {text!r} is not within {self.low} to {self.high}")
        return value

    def values(self, text: str) -> frozenset[int]:
        """All values that a field without L, W and # means."""
        found: set[int] = set()
        for part in text.split(","):
            span, slash, step_text = part.partition("/")
            step = self._step(step_text) if slash else 1
            if span in ("*", "?") or (slash and not span):
                first, last = self.low, self.high
            elif "-" in span:
                first, last = map(self.number, span.split("-", 1))
            else:
                first = self.number(span)
                last = self.high if slash else first
            if first <= last:
                found.update(range(first, last + 1, step))
            else:  # such as FRI-MON or 22-2: over the end
                around = [*range(first, self.high + 1), *range(self.low, last + 1)]
                found.update(around[::step])
        return frozenset(found)

    def _step(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 5 and int(text) > 0):
            raise CronError(f"{self.name}: the step {text!r} is not a positive number")
        return int(text)


_MINUTES = _Field("minutes", 0, 59, {})
_HOURS = _Field("hours", 0, 23, {})
_DAYS = _Field("day-of-month", 1, 31, {})
_MONTHS = _Field("month", 1, 12, MONTHS)
_WEEKDAYS = _Field("day-of-week", 1, 7, WEEKDAYS)
_YEARS = _Field("year", FIRST_YEAR, LAST_YEAR, {})


@dataclass(frozen=True)
class Cron:
    """A schedule.

    Attributes:
        days: the field of the day of month, ``?`` where the day of week counts
        weekdays: the field of the day of week, ``?`` where the day of month counts
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]

    @classmethod
    def parse(cls, expression: str) -> Cron:
        """Read ``cron(minutes hours day-of-month month day-of-week year)``.

        Raises:
            CronError: the form or a field is not valid
        """
        found = _EXPRESSION.fullmatch(expression)
        fields = found[1].split() if found else []
        if len(fields) != 6:
            raise CronError(
                "expected cron(minutes hours day-of-month month day-of-week year), such as "
                "cron(15 12 * * ? *)"
            )
        minutes, hours, days, months, weekdays, years = fields
        if (days == "?") == (weekdays == "?"):
            raise CronError("one of day-of-month and day-of-week must be ?, and only one")
        made = cls(
            _MINUTES.values(minutes),
            _HOURS.values(hours),
            days.upper(),
            _MONTHS.values(months),
            weekdays.upper(),
            _YEARS.values(years),
        )
        made._on(date(2000, 1, 1))  # reads the fields of days, and so checks them
        return made

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after a moment; None when there is none until 2199.

        Args:
            moment: aware; the answer is in UTC, on a whole minute
        """
        begin = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for year in sorted(year for year in self.years if year >= begin.year):
            for month in sorted(self.months):
                if (year, month) < (begin.year, begin.month):
                    continue
                for day in range(1, calendar.monthrange(year, month)[1] + 1):
                    today = date(year, month, day)
                    if today >= begin.date() and self._on(today):
                        found = self._at(today, begin)
                        if found:
                            return found
        return None

    def _at(self, today: date, begin: datetime) -> datetime | None:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                found = datetime.combine(today, time(hour, minute), UTC)
                if found >= begin:
                    return found
        return None

    def _on(self, today: date) -> bool:
        if self.days != "?":
            return any(_is_day(part, today) for part in self.days.split(","))
        return any(_is_weekday(part, today) for part in self.weekdays.split(","))


def _is_day(part: str, today: date) -> bool:
    last = calendar.monthrange(today.year, today.month)[1]
    if part == "L":
        return today.day == last
    if part.endswith("W"):
        wanted = last if part == "LW" else min(_DAYS.number(part[:-1]), last)
        return today.day == _nearest_weekday(today.replace(day=wanted), last)
    return today.day in _DAYS.values(part)


def _nearest_weekday(day: date, last: int) -> int:
    """The day of the month, Monday to Friday, that is nearest to a day, in the same month."""
    if day.weekday() == calendar.SATURDAY:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.weekday() == calendar.SUNDAY:
        return day.day + 1 if day.day < last else day.day - 2
    return day.day


def _is_weekday(part: str, today: date) -> bool:
    number = today.isoweekday() % 7 + 1
    last = calendar.monthrange(today.year, today.month)[1]
    if "#" in part:
        name, _, count = part.partition("#")
        if count not in set("12345"):
            raise CronError(f"day-of-week {part!r}: the number after # is not within 1 to 5")
        return number == _WEEKDAYS.number(name) and (today.day - 1) // 7 + 1 == int(count)
    if part == "L":
        return number == WEEKDAYS["SAT"]
    if part.endswith("L"):
        return number == _WEEKDAYS.number(part[:-1]) and today.day > last - 7
    return number in _WEEKDAYS.values(part)
