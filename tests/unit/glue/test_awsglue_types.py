"""The parts of choices, types and format options that need no Spark session."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyspark.sql import types as spark

from lakestack.services.glue.runtime.awsglue.choice import parse
from lakestack.services.glue.runtime.awsglue.errors import UnsupportedApiError
from lakestack.services.glue.runtime.awsglue.gluetypes import Field, StructType, from_spark
from lakestack.services.glue.runtime.awsglue.json_schema import to_records, to_separated
from lakestack.services.glue.runtime.awsglue.options import DYNAMODB_SOURCE, READERS, is_true
from lakestack.services.glue.runtime.awsglue.record_functions import DynamicRecord


def text(*lines: str) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_arrays([pa.array(lines, pa.string())], ["value"])]


@pytest.mark.parametrize("action", ["cast", "cast:", "make_cols:x", "", "guess:int"])
def test_what_is_no_action_is_refused_with_the_actions_there_are(action: str) -> None:
    with pytest.raises(ValueError, match="actions: cast, project"):
        parse(action)


def test_actions_are_parsed() -> None:
    assert parse("cast:decimal(10,2)") == ("cast", "decimal(10,2)")
    assert parse("make_struct") == ("make_struct", "")


def test_options_have_any_case_and_python_s_or_json_s_booleans() -> None:
    given = READERS["csv"].taken("csv", {"withHeader": True, "SEPARATOR": "\t", "writeHeader": 1})
    assert given == {"withheader": True, "separator": "\t"}
    assert [is_true(value) for value in (True, "true", "True", False, "false", None)] == [
        *([True] * 3),
        *([False] * 3),
    ]


def test_an_option_that_aws_does_not_know_is_ignored_with_a_warning_and_others_are_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert DYNAMODB_SOURCE.taken("dynamodb", {"nonsense": 1}) == {}
    assert "option 'nonsense' of dynamodb is not known and is ignored" in caplog.text
    with pytest.raises(UnsupportedApiError, match=r"option 'dynamodb\.exportTime' of dynamodb"):
        DYNAMODB_SOURCE.taken("dynamodb", {"dynamodb.exportTime": "2026-01-01T00:00:00Z"})


def test_a_schema_prints_as_on_aws_and_a_choice_lists_its_types() -> None:
    choice = spark.StructType().add("long", "long").add("string", "string")
    nested = spark.StructType().add("a", spark.ArrayType(spark.IntegerType()))
    schema = StructType(
        [
            Field("v", from_spark(choice, choice=True)),
            Field("n", from_spark(nested)),
            Field("m", from_spark(spark.MapType(spark.StringType(), spark.DoubleType()))),
            Field("d", lambda: from_spark(spark.DecimalType(10, 2))),
        ]
    )
    assert schema.treeString().splitlines() == [
        "root",
        "|-- v: choice",
        "|    |-- long",
        "|    |-- string",
        "|-- n: struct",
        "|    |-- a: array",
        "|    |    |-- element: int",
        "|-- m: map",
        "|    |-- keyType: string",
        "|    |-- valueType: double",
        "|-- d: decimal",
    ]
    assert schema.field_map["d"].jsonValue() == {
        "name": "d",
        "container": {"dataType": "decimal", "precision": 10, "scale": 2},
    }
    assert schema.field_map["n"].dataType == from_spark(nested)
    assert schema.field_map["n"].dataType != schema.field_map["v"].dataType


def test_the_types_of_fields_are_noted_for_each_batch() -> None:
    lines = ('{"a": 1}{"a": "x", "b": [1]}', '{"a": null', "")
    first, rest = (batch.to_pydict() for batch in to_records()(text(*lines)))
    assert first["value"] == ['{"a": 1}', '{"a": "x", "b": [1]}', None]
    kinds = json.loads(first["kinds"][-1])["kinds"]
    assert kinds == {"a": ["long", "string"], "b": ["array"]}
    assert rest["error"] == ['{"a": null', None]  # at the end it is known that nothing follows


def test_the_values_of_a_choice_say_their_type_and_large_numbers_stay_whole() -> None:
    lines = ('{"v": 5, "big": 123456789012345678901234567890}', '{"v": null}', '{"v": "5"}')
    [batch] = to_separated(frozenset("v"))(text(*lines))
    assert [json.loads(line) for line in batch.column(0).to_pylist()] == [
        {"v": {"long": 5}, "big": 123456789012345678901234567890},
        {"v": None},
        {"v": {"string": "5"}},
    ]


def test_a_record_is_read_by_key_and_by_attribute() -> None:
    record = DynamicRecord(a=1)
    assert record.a == record["a"] == 1
    assert not hasattr(record, "b")
