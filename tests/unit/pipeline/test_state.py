"""What a run remembers, and that only one run holds the lake."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest

from pipeline import run_lock
from pipeline.errors import RunLockedError
from pipeline.run_lock import RunLock
from pipeline.run_state import Record, RunState, fingerprint
from tests.unit.pipeline.fakes import FakeS3

LOCK = "_lake/lock.json"


def nothing() -> None:
    return


def lock(s3: FakeS3) -> RunLock:
    return RunLock(s3, "b", "_lake", "lake run", nothing)


def held_by(**changes: object) -> bytes:
    holder = {
        "owner": "somebody",
        "what": "lake run",
        "host": "elsewhere",
        "process": 17,
        "since": "2026-01-01 00:00:00 UTC",
        "expires": time.time() + 60,
    }
    return json.dumps(holder | changes).encode()


def test_a_record_comes_back_as_it_was() -> None:
    state = RunState(FakeS3(), "b", "_lake")
    assert state.read("land") is None
    record = Record("land", "done", "abc", {"ratings": 3}, {"files": {"x": [1]}}, 1.5)
    state.write(record)
    assert record.finished
    assert state.read("land") == record
    state.write(Record("land", "running", "abc"))
    assert (state.read("land") or record).finished == ""
    state.forget("land")
    assert state.read("land") is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"other": 1}', b"\xff"])
def test_a_record_that_is_damaged_counts_as_none(body: bytes) -> None:
    s3 = FakeS3()
    s3.objects["_lake/stages/land.json"] = body
    assert RunState(s3, "b", "_lake").read("land") is None


def test_no_bucket_means_no_record() -> None:
    s3 = FakeS3()
    s3.exists = False
    assert RunState(s3, "b", "_lake").read("land") is None


def test_fingerprints_keep_their_parts_apart() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("ab") == fingerprint(b"ab")


def test_the_lock_is_held_and_given_back() -> None:
    s3 = FakeS3()
    with lock(s3):
        holder = json.loads(s3.objects[LOCK])
        assert holder["process"] == os.getpid()
        assert holder["host"] == socket.gethostname()
    assert LOCK not in s3.objects


def test_a_second_run_is_refused_and_told_who_holds_the_lake() -> None:
    s3 = FakeS3()
    s3.objects[LOCK] = held_by()
    with pytest.raises(RunLockedError) as raised, lock(s3):
        pass
    assert raised.value.message == (
        "Another run is at work on this lake: lake run by process 17 on elsewhere, "
        "since 2026-01-01 00:00:00 UTC."
    )
    assert raised.value.hint == (
        "Wait for it to end, or end it; without a sign of life its lock expires in 60 s. "
        "See how far it is with: lake status"
    )
    assert s3.objects[LOCK]


def test_two_locks_in_one_process_exclude_each_other() -> None:
    s3 = FakeS3()
    with lock(s3), pytest.raises(RunLockedError), lock(s3):
        pass


@pytest.mark.parametrize(
    "holder",
    [
        held_by(expires=time.time() - 1),
        held_by(host=socket.gethostname(), process=2**22 + 1),
        b"not json",
        b'{"expires": "soon"}',
        held_by(host=socket.gethostname(), process=None),
    ],
    ids=["expired", "its process has ended", "damaged", "no time", "no process"],
)
def test_a_stale_lock_is_taken_over(holder: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "WATCH", 0.05)
    s3 = FakeS3()
    s3.objects[LOCK] = holder
    with lock(s3):
        assert json.loads(s3.objects[LOCK])["process"] == os.getpid()
    assert LOCK not in s3.objects


@pytest.mark.parametrize("ahead", [-3600.0, 26 * 3600.0])
def test_a_clock_that_was_set_takes_no_lock_from_a_run_that_renews_it(
    ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "WATCH", 30)
    monkeypatch.setattr(run_lock, "RENEWAL", 0.05)
    s3 = FakeS3()
    with lock(s3):
        wall = time.time
        monkeypatch.setattr(time, "time", lambda: wall() + ahead)
        with pytest.raises(RunLockedError), lock(s3):
            pass


def test_a_clock_that_was_set_back_does_not_keep_a_lock_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_lock, "WATCH", 0.05)
    s3 = FakeS3()
    s3.objects[LOCK] = held_by(expires=time.time() + 3600)
    with lock(s3):
        assert json.loads(s3.objects[LOCK])["process"] == os.getpid()


def test_a_lock_taken_over_by_another_is_left_to_it() -> None:
    s3 = FakeS3()
    with lock(s3):
        s3.objects[LOCK] = held_by()
    assert json.loads(s3.objects[LOCK])["owner"] == "somebody"


def test_giving_back_a_lock_whose_bucket_is_gone_is_no_error() -> None:
    s3 = FakeS3()
    with lock(s3):
        s3.exists = False
