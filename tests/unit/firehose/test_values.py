"""JSON into values of a table's columns: what fits, and that nothing becomes another value."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.firehose.format_conversion import timestamps
from lakestack.services.firehose.format_conversion.converter import _rows, _Unusable
from lakestack.services.firehose.format_conversion.hive_types import (
    HiveType,
    SchemaError,
    arrow_type,
    parse_type,
)
from lakestack.services.firehose.format_conversion.settings import OPENX, Deserializer
from lakestack.services.firehose.format_conversion.timestamps import PatternError, joda_reader
from lakestack.services.firehose.format_conversion.values import (
    MismatchError,
    fields_reader,
    reader,
)

READING = Deserializer(OPENX)
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    "text",
    [
        *("int", "BIGINT", "decimal(38,10)", "decimal", "varchar(10)", "array<string>"),
        *("map<string,array<int>>", "struct<a:int,b_c:struct<d:timestamp>>"),
        " struct < a : int , `b`:string >".replace("`", ""),
    ],
)
def test_types_are_read(text: str) -> None:
    arrow_type(parse_type(text))


@pytest.mark.parametrize(
    "text",
    [
        *("", "inte", "array<>", "array<int", "struct<a>", "struct<a:int,>", "decimal(39)"),
        *("decimal(2,3)", "map<string>", "int int", "array<int>>", "varchar(x)"),
        "array<" * 80 + "int" + ">" * 80,
    ],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        parse_type(text)


@given(st.integers(), st.sampled_from([("tinyint", 8), ("smallint", 16), ("int", 32)]))
def test_integers_stay_themselves_or_fail(value: int, kind: tuple[str, int]) -> None:
    read = reader(HiveType(kind[0]), READING)
    for given_value in (value, str(value), Decimal(value)):
        if -(1 << (kind[1] - 1)) <= value < 1 << (kind[1] - 1):
            assert read(given_value) == value
        else:
            with pytest.raises(MismatchError):
                read(given_value)


MISFITS: dict[str, tuple[Any, ...]] = {
    "int": ("", "1_000", " 1", "0x1", "NaN", Decimal("1.5"), True, [], Decimal("1E9999999")),
    "float": (Decimal("1e39"), "x", False),
    "double": (Decimal("1e400"), "1_0"),
    "decimal(4,2)": (100, "NaN", Decimal("1E999999")),
    "boolean": (1, "yes"),
    "date": (1, "2025-02-30"),
    "timestamp": (True, "noon", "1_0", Decimal("1E30")),
    "string": ("\ud800", {"a": "\ud800"}),
    "array<int>": ({}, "[]", [[]]),
    "struct<a:int>": ([], "{}"),
    "map<int,int>": ({"a": 1}, []),
}


@pytest.mark.parametrize("kind", MISFITS)
def test_what_does_not_fit_fails(kind: str) -> None:
    for value in MISFITS[kind]:
        with pytest.raises(MismatchError):
            reader(parse_type(kind), READING)(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-02-07T15:13:01.39256Z", 1486480381 * SECOND + 392_560_000),
        ("2017-2-7 15:13:01.123456789", 1486480381 * SECOND + 123_456_789),
        ("1486480381.39", 1486480381 * SECOND + 390_000_000),
        (1486480381, 1486480381 * SECOND),
        (1486480381390, 1486480381 * SECOND + 390_000_000),
        ("2017-02-07T15:13:01", None),
        ("2017-02-30 15:13:01", None),
        ("NaN", None),
    ],
)
def test_timestamps_of_the_openx_reader(text: Any, expected: int | None) -> None:
    assert timestamps.openx(text) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "seconds"),
    [
        ("dd/MMM/yyyy:HH:mm:ss Z", "07/Feb/2017:16:13:01 +0100", 1486480381),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2017-02-07T15:13:01.000Z", 1486480381),
        ("EEE, d MMMM yyyy h:mm:ss a", "Tue, 7 February 2017 3:13:01 pm", 1486480381),
        ("yyyyDDD", "2017038", 1486425600),
        ("yyyy", "soon", None),
        ("MM", "13", None),
    ],
)
def test_patterns_of_joda_time(pattern: str, text: str, seconds: int | None) -> None:
    assert joda_reader(pattern)(text) == (None if seconds is None else seconds * SECOND)


@pytest.mark.parametrize("pattern", ["", "'open", "QQ", "x", "--"])
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        joda_reader(pattern)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_rows_or_a_failure(data: bytes) -> None:
    read = fields_reader(("a",), (HiveType("string"),), READING)
    try:
        rows = _rows(data, read)
    except _Unusable as e:
        assert e.code.startswith("DataFormatConversion.")
    else:
        assert all(set(row) == {"a"} for row in rows)


def test_numbers_keep_their_digits() -> None:
    read = fields_reader(("d", "s"), (parse_type("decimal(20,18)"), HiveType("string")), READING)
    (row,) = _rows(b'{"d": 0.123456789012345678, "s": 1.10}', read)
    assert row == {"d": Decimal("0.123456789012345678"), "s": "1.10"}
    nested = json.loads('{"a": [1, 2]}')
    assert reader(HiveType("string"), READING)(nested) == '{"a":[1,2]}'
    with pytest.raises(_Unusable):
        _rows(b"[" * 100_000, read)
    with pytest.raises(_Unusable):
        _rows(b'{"d": 1e99999999999999999999}', read)
