"""Values as texts, and result files."""

from __future__ import annotations

import io
from typing import Any

import pytest

from lakestack.services.athena import result_rows
from lakestack.services.athena.engine import results, values
from lakestack.services.athena.engine.table_statement import FORMATS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (123456.789, "123456.789"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (0.00012, "1.2E-4"),
        (-1.5e-300, "-1.5E-300"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_numbers_are_written_as_java_does(value: float, text: str) -> None:
    assert values.java_double(value) == text


def test_numbers_of_32_bits_have_no_more_digits_than_they_need() -> None:
    assert values.java_double(0.10000000149011612, single=True) == "0.1"


class Bucket:
    """One object, read as boto3's client does."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def head_object(self, **_: str) -> dict[str, Any]:
        return {"ContentLength": len(self._body)}

    def get_object(self, *, Range: str, **_: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        start = int(Range.removeprefix("bytes=").rstrip("-"))
        return {"Body": io.BytesIO(self._body[start:])}


def test_rows_come_back_from_any_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_rows, "CHUNK_BYTES", 3)  # rows go over several chunks
    expected = [["a", None, ""], ['x"y', "l1\nl2", None], [None, None, "é,"]]
    lines = [
        ",".join("" if value is None else results.quoted(value) for value in row)
        for row in expected
    ]
    bucket = Bucket("".join(f"{line}\n" for line in lines).encode())
    found = list(result_rows.csv_rows(bucket, "b", "k", 0))
    assert [row for row, _ in found] == expected
    again = list(result_rows.csv_rows(bucket, "b", "k", found[0][1]))
    assert [row for row, _ in again] == expected[1:]


def test_lines_of_text_are_rows_of_one_value() -> None:
    found = list(result_rows.text_rows(Bucket(b"a\tb\n\nc\n"), "b", "k", 0))
    assert found == [(["a\tb"], 4), ([""], 5), (["c"], 7)]


def test_metadata_has_a_message_for_each_column() -> None:
    column: dict[str, Any] = {"CatalogName": "hive", "Name": "id", "Label": "id", "Type": "integer"}
    column |= {"Precision": 10, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": False}
    message = b'\x0a\x04hive"\x02id*\x02id2\x07integer8\x0a@\x00H\x03P\x00'
    assert results.metadata([column]) == b'\x08\x01"' + bytes([len(message)]) + message


def test_each_format_of_ctas_has_its_classes() -> None:
    assert set(FORMATS) == {"TEXTFILE", "PARQUET", "ORC", "AVRO", "JSON"}
