"""A nightly job in a second: the clock of schedules, advanced over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
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
    ask("DELETE")
    ask("POST", seconds=86400)  # the next test's night
    assert scheduled.wait(2) == ["nightly"] * 2
    ruled.wait(2)
    scheduler.delete_schedule(Name=name)
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)
    assert (len(scheduled.bodies()), len(ruled.bodies())) == (2, 2)


def test_each_time_that_is_jumped_over_starts_with_its_own_time(ask: Ask, aws: Aws) -> None:
    scheduled, ruled = Queue(aws), Queue(aws)
    name, scheduler, events = unique("hourly"), aws("scheduler"), aws("events")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="cron(0 * * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": scheduled.arn, "RoleArn": ROLE, "Input": "<aws.scheduler.scheduled-time>"},
    )
    events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": ruled.arn}])
    begin = datetime.fromisoformat(ask("GET")[1]["clock"]["now"])
    ask("POST", seconds=86400)
    found = scheduled.wait(24)
    first = begin.replace(minute=0, second=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=hour) for hour in range(24)]
    assert found == [hour.strftime("%Y-%m-%dT%H:%M:%SZ") for hour in hours]
    times = [datetime.fromisoformat(json.loads(body)["time"]) for body in ruled.wait(24)]
    assert {b - a for a, b in pairwise(times)} == {timedelta(hours=1)}
    assert begin + timedelta(hours=1) <= times[0] < begin + timedelta(hours=1, minutes=1)
    scheduler.delete_schedule(Name=name)
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)
    assert (len(scheduled.bodies()), len(ruled.bodies())) == (24, 24)


def test_where_a_jump_ends_what_it_starts_is_told(ask: Ask, aws: Aws) -> None:
    queue, name, events = Queue(aws), unique("often"), aws("events")
    arn = events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue.arn}])
    begin = datetime.fromisoformat(ask("GET")[1]["clock"]["now"])
    told = ask("POST", seconds=7 * 86400)[1]["clock"]["started_only_until"]
    last = datetime.fromisoformat(told[arn]) - begin - timedelta(minutes=1000)
    assert timedelta(0) <= last <= timedelta(minutes=2)
    assert 1000 <= len(queue.wait(1000)) <= 1002
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)


def test_refused(ask: Ask) -> None:
    status, answer = ask("POST", seconds=-5)
    assert (status, answer["error"]["message"]) == (400, "The clock cannot be advanced by -5 s")
    assert ask("POST")[0] == 400
