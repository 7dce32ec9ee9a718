"""``lake schedule``: rules of Amazon EventBridge that call the function of the loop."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from pipeline.errors import RetrainingError, SettingsError, StackError
from pipeline.lake import Lake
from pipeline.retraining.rounds import Round, Rounds
from pipeline.settings import SCHEDULE
from pipeline.uploads import package_key, retraining_package, source_directory, upload

__all__ = ["Schedule", "expression_of", "make_schedule", "remove_schedule", "schedule_of"]

_EVERY: Final = re.compile(r"([1-9]\d{0,5})(m|h|d)")
_UNITS: Final = {"m": "minute", "h": "hour", "d": "day"}
_CRON: Final = re.compile(r"[0-9A-Za-z*?,/#LW-]+( [0-9A-Za-z*?,/#LW-]+){5}")


@dataclass(frozen=True)
class Schedule:
    """How the loop is scheduled.

    Attributes:
        expression: of the rule that begins a round, "" where there is none
        stack: status of the stack, "" where there is none
        function: that goes on with a round
        newest: the newest round, None before the first one
    """

    expression: str
    stack: str
    function: str
    newest: Round | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def expression_of(every: str | None, cron: str | None) -> str | None:
    """A schedule expression.

    Amazon EventBridge User Guide, "Creating a rule that runs on a schedule", has their form.

    Args:
        every: ``30m``, ``12h`` or ``1d``
        cron: six fields: minutes, hours, day of month, month, day of week, year, in UTC

    Returns:
        None when neither is given

    Raises:
        SettingsError: both are given, or one that is none
    """
    if every is not None and cron is not None:
        raise SettingsError("--every and --cron exclude each other.", "lake schedule --every 1d")
    if every is not None:
        match = _EVERY.fullmatch(every.strip())
        if match is None:
            raise SettingsError(
                f"--every is {every!r}; valid are a number from 1 and m, h or d, such as 30m, 12h "
                "or 1d.",
                "lake schedule --every 1d",
            )
        number, unit = int(match[1]), _UNITS[match[2]]
        return f"rate({number} {unit}{'s' if number > 1 else ''})"
    if cron is not None:
        fields = " ".join(cron.removeprefix("cron(").removesuffix(")").split())
        if not _CRON.fullmatch(fields):
            raise SettingsError(
                f"--cron is {cron!r}; valid are six fields: minutes, hours, day of month, month, "
                "day of week, year.",
                'lake schedule --cron "0 3 * * ? *"',
            )
        return f"cron({fields})"
    return None


def make_schedule(lake: Lake, expression: str) -> Schedule:
    """Make or change the stack of the schedule.

    Raises:
        RetrainingError: there is no lake
        StackError: the stack cannot be made, such as because EventBridge refuses the expression
    """
    if not lake.has_bucket() or lake.state.read("deploy") is None:
        raise RetrainingError(
            "There is no model to retrain: the lake is not filled.", "Make it with: lake run"
        )
    upload(lake, lake.settings.source_key, source_directory(), "application/gzip")
    package = retraining_package()
    key = package_key("retrain", package)
    upload(lake, key, package, "application/zip")
    sizes = lake.target.sizes
    given = {
        "Schedule": expression,
        "RetrainKey": key,
        "TrainingInstanceType": sizes.training_instance_type,
        "HostingInstanceType": sizes.hosting_instance_type,
        "FrameworkTag": sizes.framework_tag,
    }
    try:
        lake.stacks.deploy(SCHEDULE, given)
    except StackError as error:  # whose hint is for the stacks that `lake run` makes
        raise StackError(
            f"{expression} is not scheduled. {error.message}",
            "A schedule made before stays. Fix the cause, then: lake schedule --every 1d",
        ) from error
    return schedule_of(lake)


def remove_schedule(lake: Lake) -> bool:
    """Delete the stack of the schedule; False when there was none."""
    return lake.stacks.delete(SCHEDULE)


def schedule_of(lake: Lake) -> Schedule:
    """How the loop is scheduled now."""
    stack = lake.stacks.describe(SCHEDULE) or {}
    given = lake.stacks.parameters(SCHEDULE) if stack else {}
    newest = Rounds(lake).newest() if lake.has_bucket() else None
    return Schedule(
        given.get("Schedule", ""),
        str(stack.get("StackStatus", "")),
        lake.settings.retrainer if stack else "",
        newest,
    )
