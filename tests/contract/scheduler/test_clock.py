"""A nightly job in a second: the clock of schedules, advanced over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.contract.events.helpers import ROLE, Aws, Queue
from tests.support import unique

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(emulator: str) -> Iterator[Ask]:
    """Asks for the time, which is set back at the end."""

    def send(method: str, **document: Any) -> tuple[int, Any]:
        url = f"{emulator}/_lakestack/clock"
        answer = requests.request(method, url, json=document or None, timeout=60)
        return answer.status_code, answer.json()

    yield send
    assert send("DELETE")[1]["clock"]["ahead_seconds"] == 0


def test_what_is_nightly_starts_at_once(ask: Ask, aws: Aws) -> None:
    scheduled, ruled = Queue(aws), Queue(aws)
    name, scheduler, events = unique("nightly"), aws("scheduler"), aws("events")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="cron(0 3 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": scheduled.arn, "RoleArn": ROLE, "Input": "nightly"},
    )
    events.put_rule(Name=name, ScheduleExpression="cron(0 3 * * ? *)")
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": ruled.arn}])
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": ruled.arn}])  # starts it once
    status, answer = ask("POST", seconds=86400)
    assert (status, answer["clock"]["ahead_seconds"]) == (200, 86400)
    assert scheduled.wait(1) == ["nightly"]
    assert json.loads(ruled.wait(1)[0])["resources"][0].endswith(f"rule/{name}")
    scheduler.delete_schedule(Name=name)
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)
    assert (len(scheduled.bodies()), len(ruled.bodies())) == (1, 1)


def test_refused(ask: Ask) -> None:
    status, answer = ask("POST", seconds=-5)
    assert (status, answer["error"]["message"]) == (400, "The clock cannot be advanced by -5 s")
    assert ask("POST")[0] == 400
