"""Our clock in LocalStack's EventBridge, which is imported when it is first used."""

from __future__ import annotations

from typing import Any

from lakestack import patches


def install() -> None:
    """Let scheduled rules be read and started by `scheduled`."""
    patches.replace_on_import("events.rule_expression", _expression)
    patches.replace_on_import("events.rule_job", _job)
    patches.replace_on_import("events.rule_clock", _clock)


def _expression(original: Any) -> Any:  # noqa: ARG001 - replaced
    def get_schedule_cron(self: Any, schedule_expression: str) -> str:  # noqa: ARG001 - a method
        from lakestack.services.event_rules import scheduled

        return scheduled.checked(schedule_expression)

    return get_schedule_cron


def _job(original: Any) -> Any:  # noqa: ARG001 - replaced
    def create_schedule_job(self: Any, schedule_job_sender_func: Any) -> None:  # noqa: ARG001
        from lakestack.services.event_rules import scheduled

        scheduled.WATCH.wake()

    return create_schedule_job


def _clock(original: Any) -> Any:  # noqa: ARG001 - replaced
    def on_before_start(self: Any) -> None:
        from lakestack.services.event_rules import scheduled

        scheduled.ScheduledRules(self).start()

    return on_before_start
