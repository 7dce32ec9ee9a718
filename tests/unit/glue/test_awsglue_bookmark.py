"""Which objects a bookmarked S3 source reads, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.runtime.awsglue import bookmark
from lakestack.services.glue.runtime.awsglue.bookmark import (
    BAND_SECONDS,
    FILE_VARIABLE,
    Bookmark,
    is_processed,
    state_after,
)
from lakestack.services.glue.runtime.awsglue.s3_objects import Bound, S3Object

PATHS = ["s3://b/in/"]


def _object(key: str, modified: float, etag: str = "e") -> S3Object:
    return S3Object(f"s3://b/in/{key}", modified, etag)


def _lent(folder: Path, **content: Any) -> Bookmark:
    path = folder / "bookmark.json"
    path.write_text(json.dumps({"option": "job-bookmark-enable", "states": {}, **content}))
    return Bookmark(path)


@pytest.fixture(autouse=True)
def _no_bookmark_is_left() -> Iterator[None]:
    yield
    bookmark._current.clear()


def test_only_new_and_changed_objects_are_read_again(tmp_path: Path) -> None:
    a, b = _object("a", 1000), _object("b", 1001)
    first = _lent(tmp_path)
    assert first.unprocessed("x", PATHS, [a, b]) == [a, b]
    first.commit()
    saved = json.loads((tmp_path / "bookmark.json").read_text())
    assert saved["committed"] is True
    second = _lent(tmp_path, states=saved["states"])
    changed, same_second = _object("a", 1001, "other"), _object("c", 1001)
    late = _object("d", 500)  # its time lies before, it was not there
    found = second.unprocessed("x", PATHS, [changed, b, same_second, late])
    assert found == [changed, same_second, late]
    assert second.unprocessed("y", ["s3://b/y/"], [b]) == [b]  # another source's state is its own


def test_what_is_older_than_the_band_has_been_seen() -> None:
    state = state_after(None, [_object("new", 10_000), _object("old", 10)])
    assert list(state["recent"]) == ["s3://b/in/new"]
    assert is_processed(state, _object("old", 10))
    assert is_processed(state, _object("never listed", 10_000 - BAND_SECONDS))
    assert not is_processed(state, _object("never listed", 10_001 - BAND_SECONDS))


def test_the_state_does_not_go_back() -> None:
    state = state_after(None, [_object("a", 5000)])
    assert state_after(state, [])["latest"] == 5000
    assert state_after(None, []) == {"latest": 0, "recent": {}}


def test_a_paused_run_reads_a_range_and_saves_nothing(tmp_path: Path) -> None:
    a, b, c = (_object(key, 1000 + i) for i, key in enumerate("abc"))
    paused = _lent(
        tmp_path,
        option="job-bookmark-pause",
        states={"x": state_after(None, [a])},
        until={"x": state_after(None, [a, b])},
    )
    assert paused.unprocessed("x", PATHS, [a, b, c]) == [b]
    before = (tmp_path / "bookmark.json").read_text()
    paused.commit()
    assert (tmp_path / "bookmark.json").read_text() == before


def test_two_sources_of_one_context_are_refused(tmp_path: Path) -> None:
    lent = _lent(tmp_path)
    lent.unprocessed("x", ["s3://b/1/", "s3://b/2/"], [])
    lent.unprocessed("x", ["s3://b/2/", "s3://b/1/"], [])  # the same source once more
    with pytest.raises(ValueError, match="transformation_ctx 'x'"):
        lent.unprocessed("x", ["s3://b/3/"], [])


def test_sources_choose_only_with_a_bookmark_and_a_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    assert bookmark.begin() is None
    assert bookmark.selection("x") is None
    _lent(tmp_path)
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))
    assert bookmark.begin() is not None
    assert bookmark.selection("") is None
    objects = [_object("a", 1.0)]
    select = bookmark.selection("x")
    assert select is not None
    assert select(PATHS, objects, None) == objects
    bookmark._current[0].commit()
    again = bookmark.begin()  # a script may begin once more: it goes on from its own commit
    assert again is not None
    assert again.unprocessed("x", PATHS, objects) == []


@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 400)), max_size=6)))
def test_runs_over_a_growing_folder_read_each_object_once(steps: list[Any]) -> None:
    """Whatever the order in which objects appear, as long as they do so within the band."""
    state: bookmark.State | None = None
    there: dict[str, S3Object] = {}
    read: list[str] = []
    for step in steps:
        for name, modified in step:
            there.setdefault(name, _object(name, modified))
        listed = list(there.values())
        read += [each.url for each in listed if not is_processed(state, each)]
        state = state_after(state, listed)
    assert sorted(read) == sorted(each.url for each in there.values())


def test_a_bound_leaves_the_newest_objects_to_the_next_run(tmp_path: Path) -> None:
    objects = [_object("a", 1000.0), _object("b", 3000.0), _object("c", 2000.0)]
    seen = []
    states: dict[str, Any] = {}
    for number in range(3):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({"states": states}))
        lent = Bookmark(path)
        found = lent.unprocessed("x", PATHS, objects, Bound(files=2))
        seen.append([each.url[-1] for each in found])
        lent.commit()
        states = json.loads(path.read_text())["states"]
    assert seen == [["a", "c"], ["b"], []]
    sized = [S3Object(f"s3://b/{n}", float(n), "e", 10) for n in range(3)]
    assert Bound(size=25).first(sized) == sized[:2]
    assert Bound(size=1).first(sized) == sized[:1]  # one is always read
