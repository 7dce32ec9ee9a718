"""The CSV scanner and the row rules: every bad row is rejected alone, with line and reason."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.tables import LINKS, MOVIES, RATINGS, TAGS, Table
from pipeline.data.threshold import check_threshold
from pipeline.data.validation import MAX_TEXT, Scan, clean
from pipeline.errors import DataError

NOW = 1_500_000_000
KNOWN = {1, 2, 31}
GOOD = {
    "ratings": b"1,31,2.5,1260759144",
    "movies": b"1,Toy Story (1995),Adventure|Animation",
    "links": b"1,0114709,862",
    "tags": b"15,31,dentist,1193435061",
}
COMPLETE = "Give a complete MovieLens folder or zip."


def scan(folder: Path, content: bytes, table: Table = RATINGS) -> Scan:
    source = folder / f"{table.name}.csv"
    source.write_bytes(content)
    movies = None if table is MOVIES else KNOWN
    return clean(source, folder / "clean.csv", table, movies=movies, now=NOW)


def scan_rows(folder: Path, table: Table, *rows: bytes) -> Scan:
    return scan(folder, b"\n".join([table.header.encode(), *rows]) + b"\n", table)


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        (RATINGS, b"1,31,2.5", "3 columns instead of 4 (userId,movieId,rating,timestamp)"),
        (RATINGS, b"1,31,2.5,9,9", "5 columns instead of 4 (userId,movieId,rating,timestamp)"),
        (RATINGS, b'"1,31,2.5,1260759144', "unbalanced quote"),
        (RATINGS, b"1,31,2.5,1260759144\x00", "NUL byte"),
        (RATINGS, b"1,31,2.5,1260\r759144", "carriage return inside the row"),
        (RATINGS, b"1,31,good,1260759144", 'rating "good" is not a number'),
        (RATINGS, b"1,31,,1260759144", 'rating "" is not a number'),
        (RATINGS, b"1,31,NaN,1260759144", 'rating "NaN" is not a number'),
        (RATINGS, b"1,31,1e0,1260759144", 'rating "1e0" is not a number'),
        (RATINGS, b"1,31,inf,1260759144", 'rating "inf" is not a number'),
        (RATINGS, b"1,31,5.5,1260759144", "rating 5.5 is outside 0.5 to 5.0"),
        (RATINGS, b"1,31,0.0,1260759144", "rating 0.0 is outside 0.5 to 5.0"),
        (RATINGS, b"1,31,-3.0,1260759144", "rating -3.0 is outside 0.5 to 5.0"),
        (RATINGS, b"1,31,3.3,1260759144", "rating 3.3 is not a half star"),
        (RATINGS, b"0,31,2.5,1260759144", "userId 0 is not positive"),
        (RATINGS, b"-1,31,2.5,1260759144", "userId -1 is not positive"),
        (RATINGS, b"2147483648,31,2.5,1260759144", "userId 2147483648 is larger than 2147483647"),
        (RATINGS, b"1,99999999999,2.5,9", "movieId 99999999999 is larger than 2147483647"),
        (RATINGS, b"01,31,2.5,1260759144", "userId 01 has leading zeros"),
        (RATINGS, b"1.0,31,2.5,1260759144", 'userId "1.0" is not a whole number'),
        (RATINGS, b"1, 31,2.5,1260759144", 'movieId " 31" is not a whole number'),
        (RATINGS, "\u0661,31,2.5,1260759144".encode(), 'userId "\u0661" is not a whole number'),
        (RATINGS, b"1,99,2.5,1260759144", "movieId 99 is not among the valid rows of movies.csv"),
        (RATINGS, b"1,31,2.5,0", "timestamp 0 is not after 1970"),
        (RATINGS, b"1,31,2.5,-5", "timestamp -5 is not after 1970"),
        (RATINGS, b"1,31,2.5,12:30", 'timestamp "12:30" is not a whole number'),
        (
            RATINGS,
            b"1,31,2.5,1260759144000",
            "timestamp 1260759144000 is not in seconds (milliseconds?)",
        ),
        (RATINGS, b"1,31,2.5,1600000000", "timestamp 1600000000 is in the future"),
        (RATINGS, b"userId,movieId,rating,timestamp", 'userId "userId" is not a whole number'),
        (MOVIES, b'2,"Jumanji (1995),Adventure', "unbalanced quote"),
        (MOVIES, b'2,A "New" Hope (1977),War', "quote inside a field is not doubled"),
        (MOVIES, b"2,River, The (1994),Drama", "4 columns instead of 3 (movieId,title,genres)"),
        (MOVIES, b"2,Am\xe9lie (2001),Comedy", "byte 0xE9 at position 5 is not UTF-8"),
        (MOVIES, b"2, ,Comedy", "title is empty"),
        (MOVIES, b"2,Jumanji (1995),", "genres is empty"),
        (LINKS, b"2,tt0113497,8844", 'imdbId "tt0113497" is not a number'),
        (LINKS, b"2,0113497,x", 'tmdbId "x" is not a whole number'),
        (LINKS, b"77,0113497,8844", "movieId 77 is not among the valid rows of movies.csv"),
        (TAGS, b"15,31,,1193435061", "tag is empty"),
        (
            TAGS,
            b"15,31,dentist,1193435061000",
            "timestamp 1193435061000 is not in seconds (milliseconds?)",
        ),
    ],
)
def test_a_bad_row_is_rejected_alone(tmp_path: Path, table: Table, row: bytes, reason: str) -> None:
    good = GOOD[table.name]
    found = scan_rows(tmp_path, table, good, row, good)

    assert found.file.rows == 2
    [rejected] = found.file.rejected
    assert (rejected.file, rejected.line) == (f"{table.name}.csv", 3)
    assert rejected.reason == (
        reason or "timestamp 1193435061000 is not in seconds (milliseconds?)"
    )
    assert rejected.text == row.decode("utf-8", "backslashreplace")
    written = (tmp_path / "clean.csv").read_bytes()
    assert written == b"\n".join([table.header.encode(), good, good]) + b"\n"


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (RATINGS, b"1,31,5,1260759144"),
        (RATINGS, b"1,31,0.5,1"),
        (RATINGS, b"1,31,4.50,1260759144"),
        (RATINGS, b'"1","31","2.5","1260759144"'),
        (RATINGS, b"2147483647,31,5.0,1260759144"),
        (MOVIES, '2,"Ébène, L\' (1994)",(no genres listed)'.encode()),
        (MOVIES, b'2,"11\'09""01 - September 11 (2002)",Drama'),
        (MOVIES, b"2147483647,X,Drama"),
        (LINKS, b"2,0113497,"),
        (TAGS, b'15,31,"The ""finest"", work",1193435061'),
    ],
)
def test_an_odd_but_valid_row_is_kept_byte_for_byte(
    tmp_path: Path, table: Table, row: bytes
) -> None:
    found = scan_rows(tmp_path, table, row)

    assert found.file.rejected == []
    assert (tmp_path / "clean.csv").read_bytes() == table.header.encode() + b"\n" + row + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfuserId,movieId,rating,timestamp\n1,31,2.5,9\n2,31,2.5,9\n",
        b"userId,movieId,rating,timestamp\r\n1,31,2.5,9\r\n2,31,2.5,9\r\n",
        b"userId,movieId,rating,timestamp\n1,31,2.5,9\n2,31,2.5,9",
        b"userId,movieId,rating,timestamp\n1,31,2.5,9\n2,31,2.5,9\n\n\r\n\n",
        b'"userId","movieId","rating","timestamp"\n1,31,2.5,9\n2,31,2.5,9\n',
        b"1,31,2.5,9\n2,31,2.5,9\n",
    ],
    ids=["BOM", "CRLF", "no last line end", "empty last lines", "quoted header", "no header"],
)
def test_spelling_of_the_file_is_normalised(tmp_path: Path, content: bytes) -> None:
    found = scan(tmp_path, content)

    assert (found.file.rows, found.file.rejected) == (2, [])
    expected = b"userId,movieId,rating,timestamp\n1,31,2.5,9\n2,31,2.5,9\n"
    assert (tmp_path / "clean.csv").read_bytes() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ratings.csv is empty."),
        (b"\n\n\r\n", "ratings.csv is empty."),
        (b"\xef\xbb\xbf", "ratings.csv is empty."),
        (b"userId,movieId,rating,timestamp\n", "ratings.csv has a header and no rows."),
        (
            b"movieId,userId,rating,timestamp\n31,1,2.5,9\n",
            'ratings.csv has the header "movieId,userId,rating,timestamp" instead of '
            '"userId,movieId,rating,timestamp".',
        ),
        (
            b"user\x1b[31m\n",
            'ratings.csv has the header "user\\x1b[31m" instead of '
            '"userId,movieId,rating,timestamp".',
        ),
        ("userId,movieId".encode("utf-16"), "ratings.csv is UTF-16, not UTF-8."),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError) as error:
        scan(tmp_path, content)

    assert error.value.message == message
    assert error.value.hint


def test_an_unbalanced_quote_does_not_swallow_the_rows_after_it(tmp_path: Path) -> None:
    found = scan_rows(tmp_path, MOVIES, b'1,"A (1990),Drama', b"2,B (1991),Drama", b'3,C"",Drama')

    assert [row.line for row in found.file.rejected] == [2, 4]
    assert found.movies == {2}


def test_an_empty_line_between_rows_is_counted(tmp_path: Path) -> None:
    found = scan_rows(tmp_path, RATINGS, b"1,31,2.5,9", b"", b"", b"2,31,2.5,9")

    assert [(row.line, row.reason) for row in found.file.rejected] == [
        (3, "empty line"),
        (4, "empty line"),
    ]


def test_duplicates_are_counted_and_kept(tmp_path: Path) -> None:
    row = b"1,31,2.5,9"
    found = scan_rows(tmp_path, RATINGS, row, row, b"1,31,4.0,10", b"1,2,4.0,10")

    assert (found.file.rows, found.file.duplicates, found.file.keys) == (4, 1, 2)


def test_a_day_of_clock_difference_is_no_future(tmp_path: Path) -> None:
    found = scan_rows(tmp_path, RATINGS, f"1,31,2.5,{NOW + 86_000}".encode())

    assert found.file.rows == 1
    assert not found.hangs_on_clock


def test_a_hostile_row_is_cut_and_made_printable(tmp_path: Path) -> None:
    found = scan_rows(tmp_path, RATINGS, b"1,31,2.5,9", b"1,31,\x1b[2J" + b"9" * 70_000 + b",9")
    [rejected] = found.file.rejected
    assert rejected.reason == "longer than 65,536 bytes"
    assert len(rejected.text) == MAX_TEXT

    found = scan_rows(tmp_path, RATINGS, b"1,31,2.5,9", b"1,31,\x1b[2J" + b"9" * 60_000 + b",9")
    [rejected] = found.file.rejected
    assert rejected.reason.startswith('rating "\\x1b[2J999')
    assert len(rejected.reason) == 200


def test_the_threshold_names_file_count_and_first_reasons(tmp_path: Path) -> None:
    bad = [b"1,31,9.0,9", b"1,31,2.5", b"x,31,2.5,9", b"1,31,2.2,9"]
    found = scan_rows(tmp_path, RATINGS, *([b"1,31,2.5,9"] * 96), *bad)

    check_threshold("ratings.csv", found.file, 4.0)
    with pytest.raises(DataError) as error:
        check_threshold("ratings.csv", found.file, 1.0)
    assert error.value.message == (
        "ratings.csv: 4 of 100 rows are bad (4.00 %, allowed are 1 %): "
        "line 98: rating 9.0 is outside 0.5 to 5.0; "
        "line 99: 3 columns instead of 4 (userId,movieId,rating,timestamp); "
        'line 100: userId "x" is not a whole number; ….'
    )
    assert error.value.hint == "Correct these rows and run the command again."


def test_a_latin_1_file_is_called_so(tmp_path: Path) -> None:
    found = scan_rows(tmp_path, MOVIES, b"1,A (1990),Drama", b"2,Am\xe9lie (2001),Comedy")

    with pytest.raises(DataError) as error:
        check_threshold("movies.csv", found.file, 1.0)
    assert error.value.hint == (
        "The file looks like Latin-1; convert it: iconv -f LATIN1 -t UTF-8 movies.csv > new.csv"
    )


def test_one_foreign_byte_among_other_faults_is_no_latin_1_file(tmp_path: Path) -> None:
    found = scan_rows(
        tmp_path, MOVIES, b"1,A (1990),Drama", b"2,Am\xe9lie (2001),Comedy", b"3", b"4"
    )

    with pytest.raises(DataError) as error:
        check_threshold("movies.csv", found.file, 1.0)
    assert error.value.hint == "Correct these rows and run the command again."


def test_a_file_without_a_valid_row_is_refused_whatever_the_threshold(tmp_path: Path) -> None:
    found = scan_rows(tmp_path, RATINGS, b"1,31,9.0,9")

    with pytest.raises(DataError, match=r"^ratings.csv: 1 of 1 rows are bad \(100.00 %"):
        check_threshold("ratings.csv", found.file, 100.0)


def test_endless_bad_rows_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.data.validation.MAX_REJECTED", 2)

    with pytest.raises(DataError) as error:
        scan_rows(tmp_path, RATINGS, b"a", b"b", b"c", b"d")
    assert error.value.message.startswith("ratings.csv has more than 2 bad rows: line 2: 1 columns")


def test_a_full_disk_is_met_while_writing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    source = tmp_path / "ratings.csv"
    source.write_bytes(b"1,31,2.5,9\n")

    with pytest.raises(OSError, match="No space left") as error:
        clean(source, Path("/dev/full"), RATINGS)
    assert error.value.errno == errno.ENOSPC


PIECES = st.sampled_from(
    [b",", b'"', b'""', b"\r", b"\x00", b"\xe9", "é".encode(), b"1", b"31", b"2.5", b"-", b" "]
)
LINES = st.lists(
    st.one_of(
        st.sampled_from([*GOOD.values(), b'2,"River, The (1994)",Drama', b"", b"1,31,2.5"]),
        st.lists(PIECES, max_size=12).map(b"".join),
        st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")),
    ),
    max_size=20,
)


@settings(max_examples=300)
@given(lines=LINES, ending=st.sampled_from([b"\n", b"\r\n"]), last=st.booleans())
@pytest.mark.parametrize("table", [RATINGS, MOVIES, TAGS], ids=lambda table: table.name)
def test_no_line_is_ever_lost(
    tmp_path_factory: pytest.TempPathFactory,
    table: Table,
    lines: list[bytes],
    ending: bytes,
    last: bool,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    good = GOOD[table.name]
    content = ending.join([table.header.encode(), good, *lines]) + (ending if last else b"")
    found = scan(folder, content, table)

    # What a reader that knows nothing but line ends finds: lines after the header, of which
    # empty ones at the end are no rows.
    *ended, rest = content.split(b"\n")
    physical = [*(raw.removesuffix(b"\r") for raw in ended), rest]
    while physical[-1] == b"":
        physical.pop()
    numbers = [row.line for row in found.file.rejected]
    assert found.file.rows + len(numbers) == len(physical) - 1
    assert numbers == sorted(set(numbers))
    kept = [line for number, line in enumerate(physical, 1) if number > 1 and number not in numbers]
    written = (folder / "clean.csv").read_bytes().split(b"\n")
    assert written == [table.header.encode(), *kept, b""]
