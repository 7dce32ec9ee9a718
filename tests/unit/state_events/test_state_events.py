"""The table of events, and the queue that they wait in."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lakestack.services import state_events
from lakestack.services.state_events import publisher, types


def test_names_are_unique_and_complete() -> None:
    names = [(kind.source, kind.detail_type) for kind in types.EVENT_TYPES]
    assert len(set(names)) == len(names) > 10
    assert all(kind.members and kind.when and kind.page for kind in types.EVENT_TYPES)
    assert len({kind.members for kind in types.EVENT_TYPES if "Catalog" in kind.detail_type}) == 2


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What reaches PutEvents; an entry whose detail has ``"fail"`` is refused."""
    found: list[dict[str, Any]] = []

    class Events:
        def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
            if '"fail"' in Entries[0]["Detail"]:
                raise RuntimeError("no bus")
            found.extend(Entries)
            return {"FailedEntryCount": 0}

    monkeypatch.setattr(publisher, "client", lambda *_: Events())
    monkeypatch.setattr(publisher, "_has_listeners", lambda *_: True)
    monkeypatch.setattr(publisher, "_SENDER", publisher.Sender())
    return found


def _publish(**more: Any) -> None:
    detail = dict.fromkeys(types.GLUE_JOB.members, "x")
    state_events.publish(types.GLUE_JOB, "1" * 12, "eu-west-1", {**detail, **more}, ["arn"])


def test_events_keep_their_order_and_one_failure_stops_nothing(
    sent: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(20):
        _publish(jobName=n)
    _publish(fail=True)
    _publish(jobName="last")
    assert state_events.settled(30)
    assert [entry["Detail"].count("last") for entry in sent] == [0] * 20 + [1]
    assert sent[0]["Source"] == "aws.glue"
    assert sent[0]["Resources"] == ["arn"]
    assert publisher._SENDER.failed == 1
    assert "not delivered" in caplog.text


def test_detail_is_what_it_was_at_the_change(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    send = publisher.Sender._send
    monkeypatch.setattr(publisher.Sender, "_send", lambda *a: held.wait(30) and send(*a))
    nested = {"state": "before"}
    _publish(jobName=nested)
    nested["state"] = "after"
    held.set()
    assert state_events.settled(30)
    assert "before" in sent[0]["Detail"]


def test_nobody_listens_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "_has_listeners", lambda *_: False)
    monkeypatch.setattr(publisher, "client", lambda *_: pytest.fail("asked for a client"))
    _publish()
    assert state_events.settled(1)


def test_missing_member_is_said(
    sent: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    state_events.publish(types.GLUE_TABLE, "1" * 12, "eu-west-1", {"databaseName": "d"})
    assert "typeOfChange, tableName, changedPartitions" in caplog.text
    assert state_events.settled(30)
