"""What the schedule of retraining costs in 30 days, from its rules' expressions.

A scheduled rule itself is free (Amazon EventBridge pricing: events of AWS's own services are); what
it begins is not. Times are our guess, as in `pipeline.account.cost`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pipeline.account.templates import Resource
from pipeline.settings import SCHEDULE

__all__ = ["Line", "calls", "monthly_lines"]

Line = tuple[str, str, float]
"""What, name of the price, amount."""
DAYS: Final = 30
CALL_SECONDS: Final = 1.0
"""Of a call that finds nothing to do, or does a step of a round."""
JOBS_OF_A_ROUND: Final = 2
"""Training jobs: the look, and the challenger."""
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((.+)\)")
_NAMES: Final = {
    name: str(number)
    for names in ("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", "SUN MON TUE WED THU FRI SAT")
    for number, name in enumerate(names.split(), 1)
}


def monthly_lines(
    made: Iterable[Resource], training: str, job_hours: float, round_dpu_hours: float
) -> Iterator[Line]:
    """What a schedule that is there leads to in 30 days, if each round trains a challenger.

    Args:
        made: all resources that there will be
        training: instance type of the training jobs
        job_hours: that a training job takes
        round_dpu_hours: of a round's crawler and Glue job
    """
    own = [resource for resource in made if resource.template == SCHEDULE]
    rules = [r for r in own if r.kind == "AWS::Events::Rule"]
    begins = sum(calls(str(r.properties["ScheduleExpression"])) for r in rules if _begins(r))
    asked = sum(calls(str(r.properties["ScheduleExpression"])) for r in rules)
    for function in (r for r in own if r.kind == "AWS::Lambda::Function"):
        gigabytes = int(function.properties.get("MemorySize", 128)) / 1024
        yield "schedule: function, time", "lambda:time", asked * CALL_SECONDS * gigabytes
        yield "schedule: function, calls", "lambda:request", asked
    if begins:
        hours = JOBS_OF_A_ROUND * job_hours * begins
        yield f"schedule: jobs of {begins:,.0f} rounds, at most", f"training:{training}", hours
        yield "schedule: their crawls and Glue jobs, at most", "glue:dpu", round_dpu_hours * begins


def calls(expression: str) -> float:
    """How often a schedule expression fires in 30 days; of a cron expression about.

    Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules".
    """
    if match := _RATE.fullmatch(expression):
        return DAYS * 24 * 60 / (int(match[1]) * _MINUTES[match[2]])
    match = _CRON.fullmatch(expression)
    if match is None:
        return 0.0
    minutes, hours, of_month, months, of_week, *_ = match[1].upper().split()
    days = (
        DAYS * _count(of_week, 1, 7) / 7
        if of_week not in "*?"
        else min(DAYS, _count(of_month, 1, 31))
    )
    return _count(minutes, 0, 59) * _count(hours, 0, 23) * days * _count(months, 1, 12) / 12


def _count(field: str, low: int, high: int) -> int:
    """How many values a field of a cron expression stands for."""
    found: set[int] = set()
    for name, number in _NAMES.items():
        field = field.replace(name, number)
    for part in field.split(","):
        values, _, step = part.partition("/")
        if values in ("*", "?"):
            first, last = low, high
        elif not re.fullmatch(r"\d+(-\d+)?", values):
            return 1  # L, W and #: one day each
        else:
            start, _, end = values.partition("-")
            first, last = int(start), int(end or (high if step else start))
        found.update(range(first, last + 1, int(step or 1)))
    return len(found)


def _begins(rule: Resource) -> bool:
    targets: list[dict[str, Any]] = rule.properties["Targets"]
    return any('"begin": true' in str(target.get("Input")) for target in targets)
