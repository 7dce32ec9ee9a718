"""Replays send the events of an archive again: those of a time, marked, to the rules chosen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.events.helpers import Aws, Queue
from tests.support import wait_until

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Archived:
    """A bus with an archive of three events, an hour between them, and two rules that hear them."""

    def __init__(self, aws: Aws, name: str) -> None:
        self.events, self.name = aws("events"), name
        self.bus = self.events.create_event_bus(Name=name)["EventBusArn"]
        self.archive = self.events.create_archive(ArchiveName=name, EventSourceArn=self.bus)[
            "ArchiveArn"
        ]
        self.queues = [Queue(aws), Queue(aws)]
        self.rules = [self._rule(f"{name}-{at}", queue) for at, queue in enumerate(self.queues)]
        entries = [
            {
                "EventBusName": name,
                "Source": name,
                "DetailType": "t",
                "Detail": json.dumps({"n": n}),
                "Time": BEGIN + timedelta(hours=n),
                "Resources": ["r"],
            }
            for n in range(3)
        ]
        assert self.events.put_events(Entries=entries)["FailedEntryCount"] == 0
        for queue in self.queues:
            queue.wait(3)

    def _rule(self, rule: str, queue: Queue) -> str:
        pattern = json.dumps({"source": [self.name]})
        arn: str = self.events.put_rule(Name=rule, EventBusName=self.name, EventPattern=pattern)[
            "RuleArn"
        ]
        self.events.put_targets(
            Rule=rule, EventBusName=self.name, Targets=[{"Id": "1", "Arn": queue.arn}]
        )
        return arn

    def replay(self, begin: Any, end: Any, **destination: Any) -> dict[str, Any]:
        """Replay; the description, once the replay has ended."""
        self.events.start_replay(
            ReplayName=self.name,
            EventSourceArn=self.archive,
            EventStartTime=begin,
            EventEndTime=end,
            Destination={"Arn": self.bus, **destination},
        )

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.events.describe_replay(ReplayName=self.name)
            return found if found["State"] not in ("STARTING", "RUNNING") else None

        return wait_until(ended, what="the replay")


@pytest.mark.parametrize("form", [lambda moment: moment, lambda moment: moment.timestamp()])
def test_events_of_the_time_come_again(aws: Aws, name: str, form: Any) -> None:
    archived = Archived(aws, name)
    end = BEGIN + timedelta(hours=1, minutes=30)
    replay = archived.replay(form(BEGIN + timedelta(seconds=20)), form(end))
    assert replay["State"] == "COMPLETED"
    assert replay["EventLastReplayedTime"] == BEGIN + timedelta(hours=1)
    assert replay["ReplayEndTime"] >= replay["ReplayStartTime"]
    for queue in archived.queues:
        again = [json.loads(body) for body in queue.wait(5)][3:]
        assert {event["replay-name"] for event in again} == {name}
        assert [event["detail"]["n"] for event in again] == [0, 1]
        assert [event["time"] for event in again] == [
            "2026-05-01T12:00:00Z",
            "2026-05-01T13:00:00Z",
        ]
        assert again[0]["resources"] == ["r"]


def test_a_replay_goes_to_the_rules_that_it_names_and_may_have_no_events(
    aws: Aws, name: str
) -> None:
    archived = Archived(aws, name)
    chosen, other = archived.queues
    end = BEGIN + timedelta(hours=9)
    assert archived.replay(BEGIN, end, FilterArns=archived.rules[:1])["State"] == "COMPLETED"
    assert len(chosen.wait(6)) == 6
    assert len(other.bodies()) == 3
    archived.name = f"{name}-none"
    assert archived.replay(end, end + timedelta(hours=1))["State"] == "COMPLETED"
