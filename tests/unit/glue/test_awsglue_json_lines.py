"""JSON records from the lines of files: over several lines, cut off, or none; by their names."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.runtime.awsglue.errors import SourceError, UnsupportedApiError
from lakestack.services.glue.runtime.awsglue.json_columns import (
    ERROR,
    FILE,
    OVER_LINES,
    to_columns,
    to_keys,
)
from lakestack.services.glue.runtime.awsglue.json_lines import Part, RecordReader
from lakestack.services.glue.runtime.awsglue.json_path import JsonPath
from lakestack.services.glue.runtime.awsglue.json_records import objects
from lakestack.services.glue.runtime.awsglue.json_schema import to_records
from lakestack.services.glue.runtime.awsglue.type_names import renamer


def read(text: str, rest: int = 0) -> list[Any]:
    """The records of a file, and as text what is none."""
    reader = RecordReader()
    found = [each for line in text.split("\n") for each in reader.read(line, Part("f", rest))]
    found += reader.end()
    return [record if record is not None else source for record, source, _ in found]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
files = st.lists(st.dictionaries(st.text(max_size=4), values, max_size=3), max_size=5)


@given(files, st.sampled_from([None, 0, 2, "\t"]), st.sampled_from(["\n", "", ",\n", "\n\n"]))
def test_records_over_several_lines_are_whole(
    made: list[dict[str, Any]], indent: int | None, separator: str
) -> None:
    text = separator.join(json.dumps(record, indent=indent) for record in made)
    assert read(text) == made
    assert read(json.dumps(made, indent=indent)) == made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # A record that is cut off costs no other one.
        ('{"a": 1\n{"a": 2}\n{"a": 3}', ['{"a": 1', {"a": 2}, {"a": 3}]),
        ('{"a":\n{"a": 2}\n{"a": 3}', ['{"a":', {"a": 2}, {"a": 3}]),
        ('{"a": 1}{"b": {"c": 2}\n}', [{"a": 1}, {"b": {"c": 2}}]),
        # What is within a record that is none is never a record.
        ('{\n "a": 1,,\n "s": {"x": 1}\n}\n{"a": 3}', [..., {"a": 3}]),
        ('{\n "a": 1,\n "s":\n {"x": 1}\n', [...]),
        ('{"a": 1}{"a": 2, {"x": 1} }{"a": 3}', [{"a": 1}, ..., {"a": 3}]),
    ],
)
def test_what_is_no_record_is_told_from_what_is(text: str, found: list[Any]) -> None:
    seen = read(text)
    assert [
        ... if want is ... and isinstance(got, str) else got
        for got, want in zip(seen, found, strict=True)
    ] == found


def test_a_record_that_goes_on_in_another_part_of_its_file_is_refused() -> None:
    with pytest.raises(SourceError, match="multiLine"):
        read('{\n"a": 1,\n"b": 2', rest=100)
    assert read('{"a": 1', rest=100) == ['{"a": 1']  # one line alone is merely cut off


def batches(*lines: str, file: str = "f", rest: int = 0) -> list[pa.RecordBatch]:
    columns = [pa.array(lines), pa.array([file] * len(lines)), pa.array([rest] * len(lines))]
    return [pa.RecordBatch.from_arrays(columns, ["value", "file", "rest"])]


def test_fields_in_structs_have_the_declared_names_and_a_column_may_be_called_error() -> None:
    types = {"address": "struct<ZipCode:string,tags:array<struct<tagKey:int>>>", "error": "string"}
    lines = batches('{"Address": {"zipcode": "1", "Tags": [{"TAGKEY": 2}], "x": 3}, "error": "e"}')
    [batch, *_] = to_columns(list(types), types)(lines)
    row = batch.to_pylist()[0]
    assert json.loads(row["address"]) == {"ZipCode": "1", "tags": [{"tagKey": 2}], "x": 3}
    assert (row["error"], row[ERROR], row[FILE]) == ("e", None, "f")


def test_a_name_as_declared_wins_over_one_that_differs_by_case() -> None:
    rename = renamer("map<string,struct<Id:int>>")
    assert rename is not None
    assert rename({"K": {"id": 1, "Id": 2}}) == {"K": {"Id": 2}}
    assert renamer("array<string>") is None


def test_the_fields_that_records_have_are_found() -> None:
    found = to_keys({"a", "b"})(batches('{"A": 1, "c": 2}', "{x", "{}"))
    assert sorted(key for batch in found for key in batch.column(0).to_pylist()) == ["", "a"]
    assert not list(to_keys({"a"})(batches("{x")))
    [cut] = to_keys(set())(batches("{", '"a": 1,', rest=9))
    assert cut.column(0).to_pylist() == [OVER_LINES]


def test_fields_keep_the_order_of_the_records() -> None:
    lines = batches('{"z": 1, "n": {"b": 1}}', '{"z": 2, "a": 3, "n": {"b": 2, "a": [{"y": 1}]}}')
    [batch, *_] = to_records()(lines)
    order = json.loads(batch.to_pylist()[-1]["kinds"])["order"]
    assert json.dumps(order) == json.dumps({"z": {}, "n": {"b": {}, "a": {"y": {}}}, "a": {}})


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("$.Records[*]", [1, 2]),
        ("$.Records", [1, 2]),
        ("$['Records'][1]", [2]),
        ("$.*[0]", [1]),
        ("$.none[*]", []),
    ],
)
def test_a_json_path_names_the_records(path: str, ids: list[int]) -> None:
    found = JsonPath(path).records({"Records": [{"id": 1}, {"id": 2}]})
    assert [record["id"] for record, _ in found if record is not None] == ids


def test_a_json_path_with_more_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedApiError, match=r"jsonPath '\$\.\.id'"):
        JsonPath("$..id")


def test_what_stands_before_an_object_does_not_take_it_along() -> None:
    good = {"a": 1}
    for text, expected in (
        ('junk{"a": 1}', [None, good]),
        ('{"b": {"a": 1} x}{"a": 1}', [None, good]),
        ('"s" {"a": 1}', [None, good]),
        ('{"b": {"a": 1}', [None]),
    ):
        assert [record for record, _ in objects(text)] == expected
