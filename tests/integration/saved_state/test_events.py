"""EventBridge goes on with its archives, replays, connections and API destinations after a load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.saved_state.lake import Aws, Machine, machine
from tests.support import wait_until


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path / "home") as made:
        yield made


def _put(aws: Aws, number: int) -> None:
    entry = {
        "Source": "films",
        "DetailType": "seen",
        "Detail": json.dumps({"n": number}),
    }
    assert aws("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_it_goes_on(lake: Machine) -> None:
    aws = lake.start()
    events = aws("events")
    bus = events.describe_event_bus()["Arn"]
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus)["ArchiveArn"]
    made = events.describe_archive(ArchiveName="kept")["CreationTime"]
    key = {"ApiKeyName": "x-key", "ApiKeyValue": "of-a-test"}
    connection = events.create_connection(
        Name="out", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": key}
    )["ConnectionArn"]
    events.create_api_destination(
        Name="there",
        ConnectionArn=connection,
        InvocationEndpoint="https://127.0.0.1/",
        HttpMethod="POST",
    )
    now = datetime.now(UTC)
    events.start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime=now - timedelta(hours=1),
        EventEndTime=now,
        Destination={"Arn": bus},
    )
    replayed = lambda: events.describe_replay(ReplayName="again")["State"] == "COMPLETED"  # noqa: E731
    wait_until(replayed, 60, what="the end of the replay")
    count = lambda: events.describe_archive(ArchiveName="kept")["EventCount"]  # noqa: E731
    _put(aws, 1)
    wait_until(lambda: count() == 1, 60)
    lake.state("save", "all")

    assert lake.state("load", "all")["not_resumed"] == []

    found = events.describe_archive(ArchiveName="kept")
    assert (found["State"], found["CreationTime"]) == ("ENABLED", made)
    _put(aws, 2)
    wait_until(lambda: count() == 2, 60, what="an event in the archive")
    assert replayed()
    events.update_connection(Name="out", Description="changed")
    events.update_api_destination(Name="there", Description="changed")
    assert events.describe_api_destination(Name="there")["Description"] == "changed"
    events.update_archive(ArchiveName="kept", Description="changed")
    events.delete_api_destination(Name="there")
    events.delete_connection(Name="out")
    events.delete_archive(ArchiveName="kept")
