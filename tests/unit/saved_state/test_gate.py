"""The gate that requests wait at while a state is saved."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from lakestack.services.saved_state import gate
from tests.support import wait_until


def context(service: str, operation: str, network: bool = True, internal: bool = False) -> Any:
    return SimpleNamespace(
        is_internal_call=internal,
        service=SimpleNamespace(service_name=service),
        operation=SimpleNamespace(name=operation),
        request=SimpleNamespace(environ={"lake.network": True} if network else {}),
    )


def test_a_save_begins_when_those_inside_have_left_and_others_wait_for_its_end() -> None:
    one, order = gate.Gate(), []
    first = one.enter("s3.PutObject")
    shut, saved = threading.Event(), threading.Event()

    def save() -> None:
        with one.shut(60) as late:
            order.append(("saves", late))
            shut.set()
            saved.wait(60)
            order.append(("saved", []))

    def request() -> None:
        number = one.enter("s3.DeleteObject")
        order.append(("deletes", []))
        one.leave(number)

    saver, asker = threading.Thread(target=save), threading.Thread(target=request)
    saver.start()
    wait_until(lambda: one._shut)
    asker.start()
    assert not shut.is_set()
    one.leave(first)
    assert shut.wait(60)
    saved.set()
    saver.join(60)
    asker.join(60)
    assert order == [("saves", []), ("saved", []), ("deletes", [])]


def test_who_does_not_leave_is_named() -> None:
    one = gate.Gate()
    one.enter("s3.PutObject")
    with one.shut(0.01) as late:
        assert late == ["s3.PutObject"]
    assert one.enter("s3.PutObject", 0) == 1  # it is open again


def test_a_save_that_fails_opens_it_again() -> None:
    one = gate.Gate()
    with pytest.raises(OSError, match="full"), one.shut():
        raise OSError("full")
    assert not one._shut


@pytest.mark.parametrize(
    ("service", "operation", "from_where", "goes_through"),
    [
        ("s3", "PutObject", (True, False), True),
        ("dynamodb", "UpdateItem", (True, False), True),
        ("s3", "GetObject", (True, False), False),
        ("lambda", "Invoke", (True, False), False),  # its function's requests do
        ("s3", "PutObject", (False, False), False),  # of a service inside the emulator
        ("kinesis", "PutRecords", (True, True), False),  # the same, by way of the network
    ],
)
def test_who_goes_through_it(
    service: str, operation: str, from_where: tuple[bool, bool], goes_through: bool
) -> None:
    asked = context(service, operation, *from_where)
    chain: Any = None
    gate.enter(chain, asked, chain)
    assert bool(gate.GATE._inside) == goes_through
    gate.leave(chain, asked, chain)
    gate.leave(chain, asked, chain)
    assert not gate.GATE._inside
