"""Who works on raw files, which of them, and that none is taken twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.errors import RunLockedError
from pipeline.reactive import function
from pipeline.reactive.batches import LARGEST, RawFile, batches, make_batch, new_files
from pipeline.reactive.delivery import all_delivered
from pipeline.reactive.function import deliver, take
from pipeline.reactive.turn import claim
from pipeline.retraining import refresh
from tests.unit.reactive.fakes import BEGAN, HEADER, FakeLake, as_lake

GOOD = HEADER + "1,10,4.0,1700000000\n2,20,0.5,1700000001\n"


def _settled(fake: FakeLake, execution: str) -> dict[str, Any]:
    """What `take` answers once it has looked twice."""
    answer: dict[str, Any] = {"turn": "settling", "seen": ""}
    looks = 0
    while answer["turn"] == "settling":
        answer = take(as_lake(fake), {"execution": execution, "seen": answer["seen"]})
        looks += 1
        assert looks < 5
    return answer


def test_one_works_one_waits_and_the_others_leave() -> None:
    fake = FakeLake()
    lake = as_lake(fake)
    first, second, third = (fake.start(name) for name in "abc")
    assert [claim(lake, arn) for arn in (first, second, third)] == ["mine", "wait", "leave"]
    assert [claim(lake, arn) for arn in (first, second)] == ["mine", "wait"]
    fake.executions.running.remove(first)
    # Who waits is next, also when another one asks before it.
    assert claim(lake, third) == "leave"
    assert claim(lake, second) == "mine"
    assert claim(lake, third) == "wait"


def test_an_execution_that_has_ended_holds_nothing() -> None:
    fake = FakeLake()
    lake = as_lake(fake)
    first, second, third = (fake.start(name) for name in "abc")
    assert [claim(lake, arn) for arn in (first, second)] == ["mine", "wait"]
    fake.executions.running -= {first, second}
    assert claim(lake, third) == "mine"


@pytest.mark.parametrize("body", [b"", b"{", b'{"owner": "x"}', b'{"holder": "gone"}'])
def test_a_damaged_turn_is_free(body: bytes) -> None:
    fake = FakeLake()
    fake.put("_lake/reactive/turn.json", body)
    assert claim(as_lake(fake), fake.start("a")) == "mine"


def test_a_change_that_others_come_before_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeLake()
    lake = as_lake(fake)
    first, second = fake.start("a"), fake.start("b")
    put = fake.s3.put_object

    def overtaken(**given: Any) -> dict[str, Any]:
        monkeypatch.setattr(fake.s3, "put_object", put)
        assert claim(lake, first) == "mine"
        return put(**given)

    monkeypatch.setattr(fake.s3, "put_object", overtaken)
    assert claim(lake, second) == "wait"


def test_files_of_one_upload_are_one_batch_and_an_event_twice_is_nothing() -> None:
    fake = FakeLake()
    first, second = fake.start("a"), fake.start("b")
    fake.put("raw/one.csv", GOOD)
    found = take(as_lake(fake), {"execution": first, "seen": ""})
    assert found["turn"] == "settling"
    fake.put("raw/dt=1/two.csv", HEADER + "3,10,5,1700000000\n")
    assert take(as_lake(fake), {"execution": second, "seen": ""})["turn"] == "wait"
    found = _settled(fake, first)
    assert found["turn"] == "mine"
    [copy] = found["copies"]
    assert fake.read(copy["key"]).decode().splitlines()[1:] == [
        "3,10,5,1700000000",
        "1,10,4.0,1700000000",
        "2,20,0.5,1700000001",
    ]
    assert copy == {**copy, "offset": 0, "place": None, "stream": "movielens-ratings"}
    assert _settled(fake, first)["copies"] == found["copies"], "asked again after a lost answer"
    fake.executions.running.remove(first)
    _deliver(fake, found, first)
    assert _settled(fake, second)["turn"] == "leave"


def test_the_same_content_put_again_is_a_new_file() -> None:
    fake = FakeLake()
    fake.put("raw/one.csv", GOOD)
    [before] = new_files(as_lake(fake), [])
    make_batch(as_lake(fake), "arn:a", [before])
    assert new_files(as_lake(fake), batches(as_lake(fake))) == []
    fake.put("raw/one.csv", GOOD)
    [after] = new_files(as_lake(fake), batches(as_lake(fake)))
    assert after.id != before.id


def test_what_a_dead_execution_has_not_delivered_is_sent_again() -> None:
    fake = FakeLake()
    fake.put("raw/one.csv", GOOD)
    first = fake.start("a")
    before = _settled(fake, first)
    fake.executions.running.remove(first)
    second = fake.start("b")
    after = _settled(fake, second)
    assert (after["turn"], after["copies"]) == ("mine", before["copies"])


def test_bad_rows_are_kept_and_bad_files_refused() -> None:
    fake = FakeLake()
    lake = as_lake(fake)
    fake.put("raw/mixed.csv", GOOD + "1,99,4.0,1700000000\n1,10,4.0,99999999999\nx,10,4,1\n")
    fake.put("raw/other.csv", "a,b\n1,2\n")
    fake.put("raw/bytes.csv", (GOOD + "1,10,3.0,1700000000\n").encode() + b"\xff,1,1,1\n")
    fake.put("raw/unknown.csv", HEADER + "1,99,4.0,1700000000\n")
    files = new_files(lake, [])
    files.append(RawFile("raw/large.csv", "x", BEGAN, LARGEST + 1))
    batch = make_batch(lake, "arn:a", files)
    found = {file.key: file for file in batch.files}
    assert (found["raw/mixed.csv"].rows, found["raw/mixed.csv"].rejected) == (2, 3)
    assert "the header is" in found["raw/other.csv"].refused
    assert "no CSV of ratings" in found["raw/bytes.csv"].refused
    assert "none of its rows (1)" in found["raw/unknown.csv"].refused
    assert "more than" in found["raw/large.csv"].refused
    assert fake.read(batch.copy).decode() == GOOD
    kept = fake.read(f"ml/quarantine/raw/{batch.id}.jsonl").decode().splitlines()
    assert [json.loads(line)["reason"] for line in kept] == [
        "movie_unknown",
        "timestamp_in_the_future",
        "userid_not_a_number",
        "movie_unknown",
    ]
    assert batches(lake) == [batch]


def test_only_bad_files_end_in_a_message_without_a_round() -> None:
    fake = FakeLake()
    fake.put("raw/other.csv", "a,b\n1,2\n")
    found = _settled(fake, fake.start("a"))
    assert found["turn"] == "refused"
    assert found["subject"] == "refused: 1 raw file"
    assert list(json.loads(found["message"])["refused"]) == ["raw/other.csv"]


def test_nothing_under_raw_is_nothing_to_do() -> None:
    fake = FakeLake()
    fake.put("raw/", b"")
    assert _settled(fake, fake.start("a"))["turn"] == "leave"


def test_a_run_that_holds_the_lake_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeLake()
    fake.put("raw/one.csv", GOOD)

    class Held:
        def __enter__(self) -> None:
            raise RunLockedError("lake run is at work")

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(function, "_lock", lambda _: Held())
    assert _settled(fake, fake.start("a"))["turn"] == "wait"
    assert batches(as_lake(fake)) == []


def test_only_what_came_since_counts_as_delivered() -> None:
    fake = FakeLake()
    row = '{"userId": 1, "movieId": 10, "rating": 4.0, "timestamp": 1700000000}\n'
    fake.put("firehose/2026/01/01/00/before", row)
    fake.put("raw/one.csv", HEADER + "1,10,4.0,1700000000\n")
    execution = fake.start("a")
    found = _settled(fake, execution)
    assert not all_delivered(as_lake(fake), [found["copies"][0]["key"]])
    again = deliver(as_lake(fake), {"copies": found["copies"], "tries": 3})
    assert (again["complete"], again["tries"]) == (False, 4)
    fake.put("firehose/2026/01/01/00/after", row)
    _deliver(fake, found, execution)
    [batch] = batches(as_lake(fake))
    assert batch.delivered


def test_what_comes_during_the_look_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be in no fingerprint, and would count as new after the round."""
    fake = FakeLake()
    fake.put("raw/one.csv", HEADER + "1,10,4.0,1700000000\n")
    found = _settled(fake, fake.start("a"))
    row = '{"userId": 1, "movieId": 10, "rating": 4.0, "timestamp": 1700000000}\n'

    def listed(prefix: str) -> list[dict[str, Any]]:
        found = FakeLake.objects(fake, prefix)
        fake.put("firehose/2026/01/01/00/late", row)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(fake, "objects", listed)
        answer = deliver(as_lake(fake), {"copies": found["copies"], "tries": 0})
    assert not answer["complete"]
    answer = deliver(as_lake(fake), {"copies": found["copies"], "tries": 1})
    assert answer["complete"]
    assert answer["delivered"] == refresh.delivered(as_lake(fake))


def _deliver(fake: FakeLake, found: dict[str, Any], execution: str) -> None:
    for copy in found["copies"]:
        for line in fake.read(copy["key"]).decode().splitlines()[1:]:
            user, movie, rating, when = line.split(",")
            event: dict[str, float] = {"userId": int(user), "movieId": int(movie)}
            event |= {"rating": float(rating), "timestamp": int(when)}
            fake.put(f"firehose/2026/01/01/00/{line}", json.dumps(event))
    answer = deliver(as_lake(fake), {"execution": execution, "copies": found["copies"], "tries": 0})
    assert answer["complete"]
