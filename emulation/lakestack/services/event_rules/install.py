"""Our clock and deliveries in LocalStack's EventBridge, which is imported when it is first used."""

from __future__ import annotations

import functools
from typing import Any

from lakestack import patches
from lakestack.services.event_rules import state

__all__ = ["install", "state"]
"""`state` is loaded with this: a saved state may have deliveries."""


def install() -> None:
    """Let scheduled rules be read and started by `scheduled`, and events be delivered by `bus`."""
    patches.replace_on_import("events.rule_expression", _expression)
    patches.replace_on_import("events.rule_job", _job)
    patches.replace_on_import("events.rule_clock", _clock)
    patches.replace_on_import("events.rule_targets", _targets)
    patches.replace_on_import("events.put_entry", _put_entry)
    patches.replace_on_import("events.rule_pattern", _rule_pattern)
    patches.replace_on_import("events.archive_pattern", _archive_pattern)
    patches.replace_on_import("events.archive_update", _archive_update)
    patches.replace_on_import("events.archive_events", _archive_events)
    patches.replace_on_import("events.start_replay", _start_replay)
    patches.replace_on_import("events.put_targets", _put_targets)
    patches.replace_on_import("events.api_endpoint", _endpoint)


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

        bus = _bus_of(self)
        bus.start()
        scheduled.ScheduledRules(bus.begin).start()

    return on_before_start


def _targets(original: Any) -> Any:  # noqa: ARG001 - replaced
    def process_rules(
        self: Any, rule: Any, region: str, account_id: str, event_formatted: Any, trace_header: Any
    ) -> None:
        _bus_of(self).offer(rule, account_id, region, event_formatted, trace_header)

    return process_rules


def _put_entry(original: Any) -> Any:
    def process_entry(
        self: Any, entry: Any, processed_entries: Any, failed_entry_count: Any, context: Any
    ) -> None:
        from lakestack.services.event_rules import sources

        refusal = sources.refusal(context, entry)
        if refusal is None:
            original(self, entry, processed_entries, failed_entry_count, context)
            return
        processed_entries.append(refusal)
        failed_entry_count["count"] += 1

    return process_entry


def _rule_pattern(original: Any) -> Any:
    def validate_input(
        cls: Any, event_pattern: Any, schedule_expression: Any, event_bus_name: Any = "default"
    ) -> None:
        from lakestack.services.event_rules.matching import check

        original.__func__(cls, event_pattern, schedule_expression, event_bus_name)
        check(event_pattern)

    return classmethod(validate_input)


def _archive_pattern(original: Any) -> Any:
    def create_archive_service(cls: Any, *given: Any) -> Any:
        from lakestack.services.event_rules.matching import check

        _, _, _, _, _, event_pattern, _ = given
        check(event_pattern)
        return original.__func__(cls, *given)

    return classmethod(create_archive_service)


def _archive_update(original: Any) -> Any:
    def update(self: Any, description: Any, event_pattern: Any, retention_days: Any) -> None:
        from lakestack.services.event_rules.matching import check

        check(event_pattern)
        original(self, description, event_pattern, retention_days)

    return update


def _archive_events(original: Any) -> Any:  # noqa: ARG001 - replaced
    def get_events(self: Any, start_time: Any, end_time: Any) -> list[dict[str, Any]]:
        from lakestack.services.event_rules import replays

        return replays.within(list(self.archive.events.values()), start_time, end_time)

    return get_events


def _start_replay(original: Any) -> Any:
    @functools.wraps(original)  # LocalStack knows an operation by the attributes of its handler
    def start_replay(self: Any, context: Any, replay_name: str, **given: Any) -> Any:
        from lakestack.services.event_rules import replays

        store = self.get_store(context.region, context.account_id)
        begin = functools.partial(original, self, context, replay_name, **given)
        return replays.start(begin, store.replays, replay_name)

    return start_replay


def _put_targets(original: Any) -> Any:  # noqa: ARG001 - replaced
    def add_targets(self: Any, targets: Any) -> Any:
        from lakestack.services.event_rules.targets import put

        return put(self, targets)

    return add_targets


def _endpoint(original: Any) -> Any:
    def validate_invocation_endpoint(invocation_endpoint: str) -> list[str]:
        from lakestack.services.local_endpoint import fault_of

        errors: list[str] = original(invocation_endpoint)
        fault = None if errors else fault_of(invocation_endpoint.replace("*", "x"))
        what = f"Value '{invocation_endpoint}' at 'invocationEndpoint'"
        return [f"{what} {fault}"] if fault else errors

    return staticmethod(validate_invocation_endpoint)


def _bus_of(provider: Any) -> Any:
    """The provider's `Bus`, which it keeps."""
    found = getattr(provider, "lakestack_bus", None)
    if found is None:
        from lakestack.services.event_rules.bus import Bus

        found = provider.lakestack_bus = Bus(provider)
    return found
