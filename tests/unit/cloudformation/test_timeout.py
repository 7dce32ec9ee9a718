"""When a stack's creation has had its time: what decides it, and who gives up."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent

from lakestack.services.cloudformation import engine
from lakestack.services.cloudformation.stack_notes import CANCELLED, StackNotes
from lakestack.services.cloudformation.types import custom_resource_requests


def test_only_a_stack_with_a_timeout_is_ever_late(monkeypatch: pytest.MonkeyPatch) -> None:
    notes, limited, began = StackNotes(), StackNotes(), time.monotonic()
    notes.begin_creation(None)
    limited.begin_creation(2)
    monkeypatch.setattr(time, "monotonic", lambda: began + 119)
    assert (notes.late, limited.late, limited.stopped) == (False, False, False)
    monkeypatch.setattr(time, "monotonic", lambda: began + 121)
    assert (notes.late, limited.late, limited.stopped) == (False, True, True)
    limited.deadline = None  # the creation has ended
    assert not limited.late


def test_a_deletion_stops_the_creation_too() -> None:
    notes = StackNotes()
    notes.cancelled.set()
    assert (notes.late, notes.stopped) == (False, True)


@pytest.mark.parametrize(
    ("context", "late", "expected"),
    [
        ({}, True, OperationStatus.IN_PROGRESS),  # what has begun is recorded first
        ({"begun": True}, False, OperationStatus.IN_PROGRESS),
        ({"begun": True}, True, OperationStatus.FAILED),
    ],
)
def test_what_is_waited_for_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
    context: dict[str, Any],
    late: bool,
    expected: OperationStatus,
) -> None:
    notes = StackNotes(deadline=time.monotonic() + (-1 if late else 60))
    monkeypatch.setattr(engine, "notes_for", lambda _: notes)
    model = {"Id": "half made"}
    request = SimpleNamespace(custom_context=context, desired_state=model)
    provider = SimpleNamespace(
        create=lambda _: ProgressEvent(OperationStatus.IN_PROGRESS, resource_model=model)
    )
    event = engine._created(provider, request)
    assert (event.status, event.resource_model) == (expected, model)
    if late and context:
        assert event.message == CANCELLED


def test_an_answer_is_not_waited_for_any_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_resource_requests, "_register", lambda: True)
    monkeypatch.setattr(custom_resource_requests, "_deliver", lambda *_: None)
    monkeypatch.setattr(custom_resource_requests, "gateway_url", lambda: "http://127.0.0.1")
    asked = iter([False, True])
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        custom_resource_requests.send({"ServiceToken": "arn"}, 3600, lambda: next(asked))
    with pytest.raises(TimeoutError):
        custom_resource_requests.send({"ServiceToken": "arn"}, 0.1)
    assert time.monotonic() - began < 60
