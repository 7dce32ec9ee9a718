"""CSV reading: quoting, delimiters, headers, GZIP, and rows that cannot be read."""

from __future__ import annotations

import csv
import gzip
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.dms import csv_source
from lakestack.services.dms.csv_source import BadRow, CsvFormat, read_rows
from lakestack.services.dms.errors import DefinitionError, TableError


def rows(data: bytes, columns: int = 2, chunk: int = 7, **form: Any) -> list[Any]:
    """Rows as lists, rejected rows as (line, reason)."""
    chunks = [data[i : i + chunk] for i in range(0, len(data), chunk)]
    return [
        (number, row.reason) if isinstance(row, BadRow) else row
        for number, row in read_rows(chunks, CsvFormat(**form), columns)
    ]


def test_plain_rows() -> None:
    assert rows(b"1,a\n2,b\n") == [["1", "a"], ["2", "b"]]


def test_the_last_line_may_lack_its_end() -> None:
    assert rows(b"1,a\n2,b") == [["1", "a"], ["2", "b"]]


def test_bom_crlf_and_empty_lines() -> None:
    assert rows("\ufeff1,é\r\n\r\n2,b\r\n\r\n".encode()) == [["1", "é"], ["2", "b"]]


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf"])
def test_a_file_without_rows(data: bytes) -> None:
    assert rows(data) == []


def test_header_only() -> None:
    assert rows(b"id,name\n", header_rows=1) == []


def test_without_ignore_header_rows_the_header_is_a_row() -> None:
    assert rows(b"id,name\n1,a\n") == [["id", "name"], ["1", "a"]]
    assert rows(b"id,name\n1,a\n", header_rows=1) == [["1", "a"]]


def test_quotes_commas_and_line_breaks_in_fields() -> None:
    data = b'1,"a, ""b"""\n2,"x\ny"\n3,say "hi"\n'
    assert rows(data) == [["1", 'a, "b"'], ["2", "x\ny"], ["3", 'say "hi"']]


def test_without_rfc4180_quotes_are_text() -> None:
    assert rows(b'1,"a"\n2,"b\n', rfc4180=False) == [["1", '"a"'], ["2", '"b']]


def test_null_values() -> None:
    assert rows(b"1,\n,b\n") == [["1", None], [None, "b"]]
    assert rows(b"1,\n\\N,b\n", null_value="\\N") == [["1", ""], [None, "b"]]
    assert rows(b'"",NULL\n', null_value="NULL") == [["", None]]


def test_delimiters() -> None:
    assert rows(b"1;a,b|2;c|", delimiter=";", row_delimiter="|") == [["1", "a,b"], ["2", "c"]]
    assert rows(b"1\ta\n", delimiter=r"\t", row_delimiter=r"\n") == [["1", "a"]]
    assert rows(b"1,a<>2,b<>", row_delimiter="<>", chunk=4) == [["1", "a"], ["2", "b"]]


def test_one_column() -> None:
    assert rows(b"a\n\nb\n", columns=1) == [["a"], [None], ["b"]]


def test_the_wrong_number_of_columns() -> None:
    assert rows(b'1\n2,b\n3,c,d\n4,"e",f\n') == [
        (1, "the row has 1 columns, the table has 2"),
        ["2", "b"],
        (3, "the row has 3 columns, the table has 2"),
        (4, "the row has 3 columns, the table has 2"),
    ]


@pytest.mark.parametrize(
    "after", [b"2,b\n3,c\n", b'2,"b, c"\n3,c\n', b'2,"b\n c"\n', b"2,b\n" * 3000]
)
def test_an_unbalanced_quote_takes_only_its_own_row(after: bytes) -> None:
    good = rows(after)
    read = rows(b'0,z\n1,"a\n' + after, chunk=1000)
    assert read == [["0", "z"], (2, "line 2: a double quote has no matching end"), *good]


def test_text_behind_a_closing_quote() -> None:
    assert rows(b'1,"a"b\n2,c\n') == [(1, "line 1: a double quote has no matching end"), ["2", "c"]]


def test_nul_and_undecodable_bytes() -> None:
    assert rows(b"1,a\x00b\n2,caf\xe9\n3,c\n") == [
        (1, "the row contains a NUL character"),
        (2, "byte 6 of the row (0xe9) is not valid UTF-8"),
        ["3", "c"],
    ]


def test_a_row_without_end_is_skipped_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source, "MAX_ROW_BYTES", 50)
    data = b"1,a\n" + b"x" * 500 + b"\n2,b\n"
    assert rows(data) == [["1", "a"], (2, "the row is longer than 50 bytes"), ["2", "b"]]


def test_fields_beyond_the_csv_modules_limit() -> None:
    long = "x" * 300_000
    assert rows(f'1,"{long}"\n'.encode(), chunk=65536) == [["1", long]]


def test_rejected_rows_show_their_text() -> None:
    ((number, bad),) = read_rows([b"a,b,c\n"], CsvFormat(), 2)
    assert (number, bad) == (1, BadRow("the row has 3 columns, the table has 2", "a,b,c"))


def test_gzip_of_several_members() -> None:
    data = gzip.compress(b"1,a\n2,") + gzip.compress(b"b\n")
    assert rows(data, gzip=True) == [["1", "a"], ["2", "b"]]
    assert rows(b"", gzip=True) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"1,a\n", "cannot be unpacked"),
        (gzip.compress(b"1,a\n" * 99, mtime=0)[:-9], "ends in the middle"),
    ],
    ids=["no gzip", "cut off"],
)
def test_broken_gzip_is_the_tables_error(data: bytes, says: str) -> None:
    with pytest.raises(TableError, match=says):
        rows(data, gzip=True)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"delimiter": "::"}, "one character"),
        ({"delimiter": '"'}, "one character"),
        ({"row_delimiter": ","}, "must differ"),
        ({"header_rows": 2}, "valid: 0, 1"),
    ],
)
def test_wrong_formats(form: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        CsvFormat(**form)


FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)


@given(st.lists(st.lists(FIELD, min_size=2, max_size=2), max_size=8), st.integers(1, 40))
def test_what_the_csv_module_writes_is_read_back(table: list[list[str]], chunk: int) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    expected = [[field or None for field in row] for row in table]
    data = out.getvalue().encode()
    # The first bytes of a file may look like a byte order mark only if they are one.
    assert rows(data, chunk=chunk) == expected


@given(st.binary(max_size=80), st.booleans())
def test_no_bytes_make_it_crash(data: bytes, quoted: bool) -> None:
    for row in rows(data, rfc4180=quoted):
        assert isinstance(row, tuple) or len(row) == 2


@given(st.text('ab",\n', max_size=40))
def test_good_rows_behind_any_garbage_are_found(garbage: str) -> None:
    read = rows(garbage.encode() + b"\n" + b"7,good\n" * 3, chunk=16)
    assert read[-2:] == [["7", "good"]] * 2
