"""The detail of an alarm's events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lakestack.services import state_events
from lakestack.services.alarms import state_changes
from lakestack.services.state_events import types

MOMENT = datetime(2026, 5, 1, 12, 0, 1, 23456, tzinfo=UTC)
STATE = {
    "AlarmName": "a",
    "AlarmArn": "arn",
    "StateValue": "OK",
    "StateReason": "r",
    "StateUpdatedTimestamp": MOMENT,
}


def test_an_event_has_both_states(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(state_events, "publish", lambda *given: sent.append(given))
    after = {**STATE, "StateValue": "ALARM", "StateReasonData": "{}", "AlarmRule": "TRUE"}
    state_changes.publish("1", "eu-west-1", STATE, after)
    [(kind, account, region, detail, resources)] = sent
    assert (kind, account, region, resources) == (
        *(types.CLOUDWATCH_ALARM, "1", "eu-west-1"),
        ["arn"],
    )
    was = {"reason": "r", "timestamp": "2026-05-01T12:00:01.023+0000", "value": "OK"}
    assert detail["previousState"] == was
    assert detail["state"] == {**was, "value": "ALARM", "reasonData": "{}"}


def test_the_suppressor_of_a_composite_alarm_is_told() -> None:
    alarm = {"AlarmRule": "TRUE", "ActionsSuppressor": "s", "ActionsSuppressorWaitPeriod": 1}
    assert state_changes.configuration(alarm) == {
        "alarmRule": "TRUE",
        "actionsSuppressor": "s",
        "actionsSuppressorWaitPeriod": 1,
    }
