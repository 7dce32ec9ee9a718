"""The one store of services' states: apart by account and region, reset, saved, restored."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from lakestack import store as stores
from lakestack.errors import SnapshotError, StateError
from lakestack.store import ByName, Contents, Ending, ServiceState, Store

HERE = ("000000000001", "us-east-1")
THERE = ("000000000001", "eu-central-1")
OTHER = ("000000000002", "us-east-1")


class Notes(ServiceState):
    """Some plain data, and threads that run until they are told to end."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.data: dict[Any, Any] = {}
        self.stopping = threading.Event()
        self.threads: list[threading.Thread] = []

    def begin(self) -> None:
        thread = threading.Thread(target=self.stopping.wait, name=f"work {len(self.threads)}")
        thread.start()
        self.threads.append(thread)

    def contents(self) -> Contents:
        return {"note": sorted(map(str, self.data)), "thread": [t.name for t in self.threads]}

    def end(self) -> list[Ending]:
        self.stopping.set()
        return [Ending.of(thread) for thread in self.threads]

    def snapshot(self) -> dict[str, Any]:
        self.refuse_snapshot_of({"thread": self.contents()["thread"]})
        return {"data": self.data}

    def restore(self, document: dict[str, Any]) -> None:
        self.data = dict(document["data"])


@pytest.fixture
def store() -> Store[Notes]:
    return Store("notes", Notes)


@pytest.fixture
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_stores", {})


def test_accounts_and_regions_are_apart(store: Store[Notes]) -> None:
    for number, place in enumerate((HERE, THERE, OTHER)):
        store.get(*place).data[f"n{number}"] = number

    assert store.get(*HERE) is store.get(*HERE)
    assert store.contents() == {
        HERE: {"note": ["n0"]},
        THERE: {"note": ["n1"]},
        OTHER: {"note": ["n2"]},
    }
    assert set(store.contents(account=HERE[0])) == {HERE, THERE}
    assert set(store.contents(region=HERE[1])) == {HERE, OTHER}


@pytest.mark.parametrize(
    ("chosen", "left"),
    [((None, None), set()), (HERE, {THERE, OTHER}), ((HERE[0], None), {OTHER})],
)
def test_a_reset_ends_what_runs_and_leaves_the_others(
    store: Store[Notes], chosen: tuple[str | None, str | None], left: set[tuple[str, str]]
) -> None:
    before = {place: store.get(*place) for place in (HERE, THERE, OTHER)}
    for state in before.values():
        state.begin()

    assert store.reset(*chosen) == []

    assert set(store.contents()) == left
    for place, state in before.items():
        assert state.closed == (place not in left)
        assert state.threads[0].is_alive() == (place in left)
        assert (store.get(*place) is state) == (place in left)
    store.reset()


def test_what_does_not_end_in_time_is_named(
    store: Store[Notes], caplog: pytest.LogCaptureFixture
) -> None:
    state, release = store.get(*HERE), threading.Event()
    stubborn = threading.Thread(target=release.wait, name="stubborn")
    stubborn.start()
    state.threads.append(stubborn)

    assert store.reset(timeout=0.01) == ["stubborn"]
    assert "stubborn" in caplog.text
    release.set()
    stubborn.join()


def test_nothing_started_while_others_reset_is_left_running(store: Store[Notes]) -> None:
    """Whoever starts something holds the state: each thread is ended by one of the resets."""
    started: list[threading.Thread] = []
    ready = threading.Barrier(5)

    def start() -> None:
        ready.wait()
        for _ in range(100):
            with store.holding(*HERE) as state:
                state.begin()
                started.append(state.threads[-1])

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    ready.wait()
    while any(starter.is_alive() for starter in starters):
        store.reset(*HERE)
    store.reset(*HERE)

    assert len(started) == 400
    assert not [thread for thread in started if thread.is_alive()]


def test_all_threads_get_the_same_state(store: Store[Notes]) -> None:
    found: list[Notes] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        found.append(store.get(*HERE))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len({id(state) for state in found}) == 1


def test_a_snapshot_comes_back_as_it_was(store: Store[Notes]) -> None:
    kept = {"text": "ä", "n": 1, "x": 0.5, "no": None, "b": b"\0", "l": [True, {"at": _NOW}]}
    store.get(*HERE).data = dict(kept)
    saved = store.snapshot()
    store.get(*HERE).data["n"] = 2
    store.get(*THERE).data["other"] = 1

    assert store.restore(saved) == []

    assert store.get(*HERE).data == kept
    assert store.get(*THERE).data == {"other": 1}
    store.get(*HERE).data["l"].append("later")
    assert saved["states"][0]["state"]["data"] == kept


def test_a_restore_ends_what_ran_in_the_place_of_the_snapshot(store: Store[Notes]) -> None:
    saved = store.snapshot()
    assert saved == {"service": "notes", "states": []}
    store.get(*HERE).data["a"] = 1
    saved, old = store.snapshot(), store.get(*HERE)
    old.begin()

    store.restore(saved)

    assert not old.threads[0].is_alive()
    assert store.contents() == {HERE: {"note": ["a"]}}


def test_a_state_that_is_no_data_says_what_it_holds(store: Store[Notes]) -> None:
    store.get(*HERE).begin()

    with pytest.raises(SnapshotError) as found:
        store.snapshot()

    for named in ("notes", HERE[0], HERE[1], "thread work 0"):
        assert named in found.value.message
    store.reset()


@pytest.mark.parametrize(
    ("data", "named"), [({"a": [{"b": object()}]}, "data.a[0].b"), ({1: 2}, "data")]
)
def test_what_is_not_plain_is_refused_by_its_place(
    store: Store[Notes], data: dict[Any, Any], named: str
) -> None:
    store.get(*HERE).data = data
    with pytest.raises(SnapshotError, match="notes") as found:
        store.snapshot()
    assert named in found.value.message


def test_a_foreign_snapshot_changes_nothing(store: Store[Notes]) -> None:
    store.get(*HERE).data["a"] = 1
    with pytest.raises(StateError, match="'glue'"):
        store.restore({"service": "glue", "states": []})
    with pytest.raises(StateError, match="damaged"):
        store.restore(
            {"service": "notes", "states": [{"account": "1", "region": "x", "state": {}}]}
        )
    assert store.contents() == {HERE: {"note": ["a"]}}


class _Thing:
    def __init__(self, name: str) -> None:
        self.name, self.gone = name, False


class _Things(ByName[_Thing]):
    KIND = "thing"


def test_what_is_gone_vanishes() -> None:
    things = Store("things", _Things).get(*HERE)
    one, two = _Thing("b"), _Thing("a")
    things.put(one)
    things.put(two)
    assert things.all() == [two, one]
    two.gone = True
    assert things.find("a") is None
    assert things.contents() == {"thing": ["b"]}
    one.gone = True
    assert things.forget_gone() == 1
    assert len(things) == 0


def test_a_state_without_a_form_is_saved_only_empty() -> None:
    store = Store("things", _Things)
    things = store.get(*HERE)
    store.restore(store.snapshot())
    assert store.get(*HERE) is not things
    store.get(*HERE).put(_Thing("b"))
    with pytest.raises(SnapshotError, match="thing b"):
        store.snapshot()
    with pytest.raises(StateError, match="only empty"):
        store.get(*HERE).restore({"a": 1})


@pytest.mark.usefixtures("_known")
def test_stores_are_found_by_service_and_reset_together() -> None:
    one = stores.register(Store("one", Notes))
    two = stores.register(Store("two", Notes))
    assert stores.register(one) is one
    with pytest.raises(StateError, match="'one'"):
        stores.register(Store("one", Notes))
    assert list(stores.stores()) == ["one", "two"]
    assert stores.store_of("two") is two
    for store in (one, two):
        store.get(*HERE).data["a"] = 1
        store.get(*THERE).data["a"] = 1

    with pytest.raises(StateError, match="'three'; there are: one, two"):
        stores.reset(["one", "three"])
    assert set(one.contents()) == {HERE, THERE}

    assert stores.reset(["one"], *HERE) == []
    assert (set(one.contents()), set(two.contents())) == ({THERE}, {HERE, THERE})
    assert stores.reset() == []
    assert (one.contents(), two.contents()) == ({}, {})


_NOW = datetime.now(UTC)


def test_a_state_that_cannot_end_is_named_and_holds_up_no_other(
    store: Store[Notes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = store.get(*HERE), store.get(*OTHER)
    second.begin()

    def fail() -> list[Ending]:
        raise OSError("no")

    monkeypatch.setattr(first, "end", fail)
    assert store.reset() == ["Notes (OSError('no'))"]
    assert second.stopping.is_set()
    assert not store.states()


def test_a_reset_asked_for_by_what_it_ends_goes_through(store: Store[Notes]) -> None:
    late: list[str] = []
    thread = threading.Thread(target=lambda: late.extend(store.reset(*HERE)), name="own end")
    store.get(*HERE).threads.append(thread)
    thread.start()
    thread.join(30)
    assert late == ["own end"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"service": "notes"},
        {"service": "notes", "states": None},
        {"service": "notes", "states": [{"account": 1, "region": "x", "state": {"data": {}}}]},
        {"service": "notes", "states": [{"account": "1", "region": None, "state": {"data": {}}}]},
        {"service": "notes", "states": [{"account": "1", "region": "x", "state": {"data": None}}]},
        {
            "service": "notes",
            "states": [{"account": "1", "region": "x", "state": {"data": {}, "more": 1}}],
        },
    ],
)
def test_a_damaged_snapshot_changes_nothing(store: Store[Notes], document: Any) -> None:
    store.get(*HERE).data["a"] = 1
    with pytest.raises(StateError):
        store.restore(document)
    assert store.contents() == {HERE: {"note": ["a"]}}
