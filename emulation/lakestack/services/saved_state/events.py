"""What LocalStack's EventBridge makes beside its store: a service object for each thing in it."""

from __future__ import annotations

from typing import Any

LOST = "the emulator ended, and was started again with its saved state"


def resume(provider: Any) -> None:
    """Buses, rules and targets get their services, schedules their jobs, and so on."""
    from localstack.services.events.models import events_stores

    for account, region, store in list(events_stores.iter_stores()):
        for bus in list(store.event_buses.values()):
            _bus(provider, bus, account, region)
        _archives(provider, store)
        _connections(provider, store)


def _bus(provider: Any, bus: Any, account: str, region: str) -> None:
    from localstack.services.events.event_bus import EventBusService
    from localstack.services.events.rule import RuleService

    provider._event_bus_services_store[bus.arn] = EventBusService(bus)
    for rule in list(bus.rules.values()):
        service = provider._rule_services_store[rule.arn] = RuleService(rule)
        for target in list((rule.targets or {}).values()):
            provider.create_target_sender(target, rule.arn, rule.name, region, account)
        if service.schedule_cron:
            job = provider._get_scheduled_rule_job_function(account, region, rule)
            service.create_schedule_job(job)


def _archives(provider: Any, store: Any) -> None:
    """Archives go on; a replay that ran has failed, since nobody knows how far it was."""
    from localstack.services.events.archive import ArchiveService
    from localstack.services.events.replay import ReplayService

    for archive in list(store.archives.values()):
        was = archive.state, archive.creation_time  # a new service takes it for a new archive
        provider._archive_service_store[archive.arn] = ArchiveService(archive)
        archive.state, archive.creation_time = was
    for replay in list(store.replays.values()):
        if replay.state in ("STARTING", "RUNNING", "CANCELLING"):
            replay.state, replay.state_reason = "FAILED", LOST
        made = ReplayService.__new__(ReplayService)  # its constructor makes the replay, too
        made.replay = replay
        provider._replay_service_store[replay.arn] = made


def _connections(provider: Any, store: Any) -> None:
    from localstack.services.events.api_destination import APIDestinationService
    from localstack.services.events.connection import ConnectionService

    by_arn = {}
    for connection in list(store.connections.values()):
        by_arn[connection.arn] = connection
        made = ConnectionService.restore_from_connection(connection)
        provider._connection_service_store[connection.arn] = made
    for destination in list(store.api_destinations.values()):
        connection = by_arn.get(destination.connection_arn)
        if connection is not None:  # else it has been deleted, and the destination is inactive
            made = APIDestinationService.restore_from_api_destination_and_connection(
                destination, connection
            )
            provider._api_destination_service_store[destination.arn] = made
