"""The index and the pages of listings, against sorting everything each time."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.s3 import key_index
from lakestack.services.s3.key_index import KeyIndex
from lakestack.services.s3.listing import Entry, Selection, after_all, entries

TEXT = st.text(alphabet="ab/é \U0010ffff", max_size=5)
KEYS = st.sets(TEXT.filter(bool), max_size=25)


def naive(keys: set[str], gone: set[str], selection: Selection) -> list[tuple[str, str | None]]:
    """All entries, by the words of the API's reference."""
    found: list[tuple[str, str | None]] = []
    seen: set[str] = set()
    for key in sorted(keys - gone):
        start = selection.start
        if start is not None and (key < start or (key == start and not selection.inclusive)):
            continue
        if not key.startswith(selection.prefix):
            continue
        rest = key[len(selection.prefix) :]
        if selection.delimiter and selection.delimiter in rest:
            before = rest.split(selection.delimiter)[0]
            common = selection.prefix + before + selection.delimiter
            if common in seen or (selection.passed or "").startswith(common):
                continue
            seen.add(common)
            found.append((key, common))
        else:
            found.append((key, None))
    return found


@given(
    keys=KEYS,
    gone=KEYS,
    prefix=TEXT,
    delimiter=st.sampled_from(["", "/", "a", "/a", "\U0010ffff"]),
    start=st.none() | TEXT,
    inclusive=st.booleans(),
    passed=st.none() | TEXT,
)
def test_entries_are_those_of_sorting_everything(
    keys: set[str],
    gone: set[str],
    prefix: str,
    delimiter: str,
    start: str | None,
    inclusive: bool,
    passed: str | None,
) -> None:
    selection = Selection(prefix, delimiter, start, inclusive, passed)
    found = entries(KeyIndex(keys), lambda key: None if key in gone else key, selection)

    assert [(e.key, e.common) for e in found] == naive(keys, gone, selection)


@given(changes=st.lists(st.tuples(st.booleans(), TEXT), max_size=60), block=st.integers(1, 4))
def test_an_index_follows_what_is_added_and_removed(
    changes: list[tuple[bool, str]], block: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(key_index, "BLOCK_KEYS", block)
        index, model = KeyIndex(["a", "b"]), {"a", "b"}
        for add, key in changes:
            (index.add if add else index.remove)(key)
            (model.add if add else model.discard)(key)
        read, start, inclusive = [], "", True
        while page := index.page(start, inclusive=inclusive, size=3):
            assert len(page) <= 3
            read += page
            start, inclusive = page[-1], False

    assert read == sorted(model)


@given(prefix=TEXT, text=TEXT)
def test_what_comes_after_a_prefix(prefix: str, text: str) -> None:
    behind = after_all(prefix)

    assert behind is None or prefix + text < behind
    assert behind is not None or not prefix.strip("\U0010ffff")


def test_a_page_costs_what_it_holds() -> None:
    index = KeyIndex(f"{number:06}" for number in range(50_000))
    asked: list[str] = []

    def find(key: str) -> str:
        asked.append(key)
        return key

    page: list[Entry] = list(islice(entries(index, find, Selection(start="040000")), 10))

    assert page[0].key == "040001"
    assert len(asked) == 10
    assert not list(islice(entries(index, find, Selection(prefix="x")), 1))
    assert len(asked) == 10


def test_common_prefixes_are_passed_over_in_one_step() -> None:
    index = KeyIndex(f"{number % 3}/{number:06}" for number in range(30_000))
    asked: list[str] = []

    def find(key: str) -> str:
        asked.append(key)
        return key

    found = list(entries(index, find, Selection(delimiter="/")))

    assert [e.common for e in found] == ["0/", "1/", "2/"]
    assert len(asked) == 3


class Store:
    """What LocalStack's key stores have in common."""

    def __init__(self, **keys: int) -> None:
        self._store = keys


def test_the_index_of_a_store_goes_with_the_store() -> None:
    store = Store(b=1, a=2)
    index = key_index.index_of(store)

    assert index.page("", inclusive=True, size=9) == ["a", "b"]
    assert key_index.index_of(store) is index
