"""The notice of a job run that lasts longer than its NotifyDelayAfter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lakestack.services import state_events
from lakestack.services.glue import state_changes
from tests.support import wait_until


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(state_events, "publish", lambda *given: found.append(given[3]))
    return found


def _run(minutes: float | None) -> Any:
    wanted = {} if minutes is None else {"NotificationProperty": {"NotifyDelayAfter": minutes}}
    return SimpleNamespace(
        account="1" * 12,
        region="eu-west-1",
        job_name="j",
        run_id="jr",
        state="RUNNING",
        active=True,
        started=0.0,
        settings=wanted,
    )


def test_late_run_tells_its_state_once_each(told: list[dict[str, Any]]) -> None:
    run = _run(0.0005)
    notice = state_changes.DelayNotice(run)
    notice.begin()
    wait_until(lambda: told, timeout=30, what="the notice")
    run.state = "STOPPING"
    notice.entered()
    run.state, run.active = "STOPPED", False
    notice.entered()
    assert [each["state"] for each in told] == ["RUNNING", "STOPPING"]
    assert told[0]["notificationCondition"] == {"NotifyDelayAfter": 0.0005}
    assert told[0]["startedOn"] == "1970-01-01T00:00:00Z"


def test_run_that_ends_in_time_tells_nothing(told: list[dict[str, Any]]) -> None:
    run = _run(60)
    notice = state_changes.DelayNotice(run)
    notice.begin()
    run.state, run.active = "SUCCEEDED", False
    notice.entered()
    assert notice._timer is not None
    notice._timer.join(30)
    assert not notice._timer.is_alive()
    assert told == []


def test_without_the_property_there_is_no_timer(told: list[dict[str, Any]]) -> None:
    notice = state_changes.DelayNotice(_run(None))
    notice.begin()
    assert notice._timer is None
    assert told == []
