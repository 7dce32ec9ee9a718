"""Files of any size: what is read together is judged as one by one; counts and split are exact."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.data import line_blocks, row_log, split, validation
from pipeline.data.line_blocks import LineBlocks
from pipeline.data.plain_ratings import PlainRatings, read_plain
from pipeline.data.row_log import RowLog, distinct, shared_keys
from pipeline.data.split import split_ratings
from pipeline.data.tables import RATINGS, Limits
from pipeline.data.validation import Scan, clean, split_row

NOW = 1_500_000_000
KNOWN = {1, 2, 31, 4_000, 16_777_217, 2_147_483_647}
HEADER = b"userId,movieId,rating,timestamp"


def scan(folder: Path, content: bytes, name: str = "ratings") -> Scan:
    source = folder / f"{name}.csv"
    source.write_bytes(content)
    return clean(source, folder / f"{name}-clean.csv", RATINGS, movies=KNOWN, now=NOW)


def one_by_one(block: bytes) -> PlainRatings:
    """As if no row were spelled as usual."""
    found = read_plain(block)
    return replace(found, plain=np.zeros(len(found.ends), dtype=np.bool_))


NUMBERS = st.one_of(
    st.sampled_from(["1", "2", "31", "4000", "12345678", "123456789", "16777217", "2147483647"]),
    st.sampled_from(["0", "01", "-1", "2147483648", "+1", " 1", "1.0", "", "\u0661", "9" * 30]),
    st.integers(0, 10**11).map(str),
)
RATING = st.one_of(
    st.sampled_from(["0.5", "1", "1.0", "3.5", "4.50", "5", "5.0"]),
    st.sampled_from(["0", "0.0", "5.5", "3.3", "03.5", "3.", ".5", "3,5", "x.5", "3:5", "", "9.0"]),
)
TIME = st.one_of(
    st.integers(1, 2_000_000_000).map(str),
    st.sampled_from(["964982703", "0964982703", "99999999", "1500086400", "1500086401", "1e9", ""]),
)
ROWS = st.one_of(
    st.tuples(NUMBERS, NUMBERS, RATING, TIME).map(",".join),
    st.tuples(NUMBERS, NUMBERS, RATING, TIME).map(lambda row: '"' + '","'.join(row) + '"'),
    st.sampled_from(["", "1,31,2.5", "1,31,2.5,9,9", "1,31,4.0,964982703", "\r", "\x00", ",,,"]),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(ROWS, min_size=1, max_size=30), ending=st.sampled_from(["\n", "\r\n"]))
def test_what_is_read_together_is_judged_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], ending: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    content = ending.join([HEADER.decode(), "1,31,4.0,964982703", *rows]).encode()
    together = scan(folder, content)
    written = together.file.path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "read_plain", one_by_one)
        alone = scan(folder, content)
    assert alone.file == together.file
    assert alone.file.path.read_bytes() == written

    # And as the rules say, and sets of Python's own count.
    lines = [line.removesuffix(b"\r") for line in content.split(b"\n")][1:]
    while lines and not lines[-1]:
        lines.pop()
    valid = []
    for line in lines:
        fields = split_row(line, RATINGS)
        if isinstance(fields, list) and RATINGS.check(fields, Limits(KNOWN, NOW + 86_400)) is None:
            valid.append((line, RATINGS.key(fields)))
    assert written == b"\n".join([HEADER, *(line for line, _ in valid), b""])
    assert together.file.rows == len(valid)
    assert together.file.keys == len({key for _, key in valid})
    assert together.file.duplicates == len(valid) - len({line for line, _ in valid})


@pytest.mark.parametrize("plain", [True, False])
def test_usual_rows_are_read_together(plain: bool) -> None:
    """Or else the fast way would be none."""
    row = b"12,31,0.5,964982703\n" if plain else b"12,31,.5,964982703\n"
    found = read_plain(b"1,4000,5,1234567890\n" + row + b"12345678,1,3.0,999999999\n")
    assert found.plain.tolist() == [True, plain, True]
    assert found.users[[0, 2]].tolist() == [1, 12_345_678]
    assert found.movies[[0, 2]].tolist() == [4_000, 1]
    assert found.times[[0, 2]].tolist() == [1_234_567_890, 999_999_999]
    assert len(set(found.spellings[[0, 2]].tolist())) == 2


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of some lines, and notes that go to disk after some rows."""
    monkeypatch.setattr(line_blocks, "BLOCK", 64)
    monkeypatch.setattr(row_log, "IN_MEMORY", 10)
    monkeypatch.setattr(split, "_FEW", 3)


def ratings(chance: random.Random, count: int) -> list[bytes]:
    """Rows with second ratings, equal rows and equal times among them."""
    rows = []
    for _ in range(count):
        user, movie = chance.randint(1, 12), chance.choice(sorted(KNOWN))
        time = chance.choice([964_982_703, chance.randint(900_000_000, 1_400_000_000), 77])
        rating = chance.choice(["0.5", "3", "3.0", '"4.5"', "2.50"])
        rows.append(f"{user},{movie},{rating},{time}".encode())
    return rows


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("seed", range(25))
def test_the_split_is_that_of_a_sorted_list(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    rows = ratings(chance, chance.choice([2, 9, 60, 400]))
    rows += rows[: len(rows) // 7]
    found = scan(tmp_path, b"\n".join([HEADER, b"1,1,3.0,964982703", *rows]))
    rows = [b"1,1,3.0,964982703", *rows]
    loaded, streamed = split_ratings(found, tmp_path / "streamed.csv")

    def fields(row: bytes) -> tuple[tuple[int, int], int]:
        user, movie, _, time = row.replace(b'"', b"").split(b",")
        return (int(user), int(movie)), int(time)

    latest: dict[tuple[int, int], int] = {}
    for row in rows:
        pair, time = fields(row)
        latest[pair] = max(latest.get(pair, 0), time)
    order = sorted(latest, key=lambda pair: (latest[pair], pair))
    count = max(1, round(len(order) * 20 / 100))
    newest = set(order[len(order) - count :])
    for file, wanted in (
        (loaded, [row for row in rows if fields(row)[0] not in newest]),
        (streamed, [row for row in rows if fields(row)[0] in newest]),
    ):
        assert file.path.read_bytes() == b"\n".join([HEADER, *wanted, b""])
        assert file.rows == len(wanted)
        assert file.keys == len({fields(row)[0] for row in wanted})
        assert file.duplicates == len(wanted) - len(set(wanted))
    found.log.close()
    assert {path.name for path in tmp_path.iterdir()} == {
        "ratings.csv", "ratings-clean.csv", "streamed.csv",
    }  # fmt: skip


@pytest.mark.usefixtures("tiny")
def test_pairs_of_two_files_are_counted_together(tmp_path: Path) -> None:
    chance = random.Random(1)
    one, other = ratings(chance, 200), ratings(chance, 5)
    scans = [
        scan(tmp_path, b"\n".join([HEADER, *rows]), name)
        for name, rows in (("one", one), ("other", other))
    ]
    pairs = {tuple(row.split(b",")[:2]) for row in one + other}
    assert shared_keys(scans[0].log, scans[1].log) == len(pairs)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n\r\n" * 40])
def test_lines_are_whole_wherever_a_block_ends(tmp_path: Path, ending: bytes, last: bytes) -> None:
    rows = ratings(random.Random(2), 50)
    for empty in (0, 1, 70):
        content = ending.join([HEADER, *rows[:25], *[b""] * empty, *rows[25:]]) + last
        found = scan(tmp_path, b"\xef\xbb\xbf" + content)
        assert found.file.path.read_bytes() == b"\n".join([HEADER, *rows, b""])
        assert [row.line for row in found.file.rejected] == list(range(27, 27 + empty))
        assert found.file.unended == (last == b"")


@pytest.mark.usefixtures("tiny")
def test_a_line_longer_than_memory_is_held_in_part(tmp_path: Path) -> None:
    source = tmp_path / "long"
    source.write_bytes(b"short\n" + b"x" * 100_000 + b"\nend\n")
    with source.open("rb") as file:
        lines = b"".join(LineBlocks(file)).split(b"\n")
    assert [lines[0], lines[2]] == [b"short", b"end"]
    assert 64 < len(lines[1]) < 1_000


@pytest.mark.usefixtures("tiny")
def test_a_line_of_gigabytes_is_rejected_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "MAX_LINE", 50)
    good = b"1,31,4.0,964982703"
    found = scan(tmp_path, b"\n".join([HEADER, good, b"9" * 50_000, good, b""]))
    assert [(row.line, row.reason) for row in found.file.rejected] == [(3, "longer than 50 bytes")]
    assert found.file.rows == 2


@pytest.mark.usefixtures("tiny")
@given(rows=st.lists(st.tuples(*[st.integers(-3, 3)] * 4), max_size=40))
@settings(deadline=None)
def test_notes_are_counted_as_sets_count(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, ...]]
) -> None:
    log = RowLog(tmp_path_factory.getbasetemp())
    for some in _batches(rows, 7):
        log.add(np.array(some, dtype=np.int64).reshape(-1, 4))
    for columns in (1, 2, 3, 4):
        counted = sum(distinct(notes, columns) for notes in log.parts())
        assert counted == len({row[:columns] for row in rows})
    assert log.rows == len(rows)
    log.close()


def _batches(rows: list[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while some := list(itertools.islice(iterator, size)):
        yield some
