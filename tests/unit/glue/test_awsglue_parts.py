"""The parts of our awsglue that need no Spark: arguments, JSON records, types, catalog."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.runtime.awsglue.catalog import describe
from lakestack.services.glue.runtime.awsglue.dynamicframe import DynamicFrameCollection
from lakestack.services.glue.runtime.awsglue.dynamodb_source import plain, table_name
from lakestack.services.glue.runtime.awsglue.errors import CatalogError
from lakestack.services.glue.runtime.awsglue.json_columns import to_columns
from lakestack.services.glue.runtime.awsglue.json_records import as_text, objects, texts
from lakestack.services.glue.runtime.awsglue.json_schema import to_records
from lakestack.services.glue.runtime.awsglue.type_names import spark_type
from lakestack.services.glue.runtime.awsglue.utils import GlueArgumentError, getResolvedOptions

PACKAGE = "lakestack.services.glue.runtime.awsglue"
records = st.lists(
    st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=3),
    max_size=6,
)


@given(records, st.sampled_from(["", " ", "\n", "\r\n", ",", "\n\n"]))
def test_every_object_is_found_however_records_are_joined(
    made: list[dict[str, object]], separator: str
) -> None:
    text = separator.join(json.dumps(record) for record in made)
    assert [record for record, _ in objects(text)] == made


def test_an_integer_of_more_than_64_bits_keeps_its_digits() -> None:
    for text in ('{"n": -9223372036854775809}', '[{"n": -9223372036854775809}]'):
        [(record, source)] = objects(text)
        assert record == {"n": -9223372036854775809}
        assert "-9223372036854775809" in source


def test_braces_inside_strings_do_not_separate_records() -> None:
    text = '{"title": "a}{b"}{"title": "}"}'
    assert [record for record, _ in objects(text)] == [{"title": "a}{b"}, {"title": "}"}]


def test_what_is_no_record_is_returned_and_reading_goes_on() -> None:
    found = list(objects('{"a": 1}{"a": 2,,}{"a": 3} tail'))
    assert [record for record, _ in found] == [{"a": 1}, None, {"a": 3}, None]
    assert [text for record, text in found if record is None] == ['{"a": 2,,}', "tail"]


def test_a_scalar_is_no_record_and_an_array_holds_records() -> None:
    assert [record for record, _ in objects("7")] == [None]
    assert [record for record, _ in objects('[{"a": 1}, 2]')] == [{"a": 1}, None]


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.5, "2.5"), (3, "3"), (True, "true"), (None, None), ("é", "é"), ([1, "a"], '[1,"a"]')],
)
def test_values_become_text_as_they_read(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_arguments_are_resolved_with_those_aws_adds() -> None:
    argv = ["s.py", "--JOB_NAME", "j", "--bucket=b", "--other", "x", "--JOB_RUN_ID", "jr_1"]
    resolved = getResolvedOptions(argv, ["JOB_NAME", "bucket"])
    assert (resolved["JOB_NAME"], resolved["bucket"]) == ("j", "b")
    assert resolved["JOB_RUN_ID"] == "jr_1"
    assert resolved["job_bookmark_option"] == "job-bookmark-disable"
    assert resolved["TempDir"] is None
    assert "other" not in resolved


def test_one_temporary_folder_has_two_names() -> None:
    resolved = getResolvedOptions(["s.py", "--TempDir", "s3://b/t"], ["TempDir"])
    assert resolved["TempDir"] == resolved["RedshiftTempDir"] == "s3://b/t"


@pytest.mark.parametrize("argv", [["s.py"], ["s.py", "--buck", "b"]])
def test_a_missing_argument_is_named(argv: list[str]) -> None:
    with pytest.raises(GlueArgumentError, match="--bucket"):
        getResolvedOptions(argv, ["bucket"])


def test_a_reserved_argument_cannot_be_asked_for() -> None:
    with pytest.raises(RuntimeError, match="reserved"):
        getResolvedOptions(["s.py"], ["JOB_RUN_ID"])


@pytest.mark.parametrize(
    ("glue", "spark"),
    [
        ("long", "bigint"),
        ("String", "string"),
        ("decimal(10,2)", "decimal(10,2)"),
        ("array<long>", "array<bigint>"),
        ("struct<long:int,b:short>", "struct<long:int,b:smallint>"),
        ("struct<ZipCode:string>", "struct<ZipCode:string>"),
        ("ARRAY<STRUCT<a:Long>>", "array<struct<a:bigint>>"),
        (
            "struct<content-type:string,$id:map<string,bool>,1st key:int,ns:tag:date>",
            "struct<`content-type`:string,`$id`:map<string,boolean>,`1st key`:int,`ns:tag`:date>",
        ),
        ("uniontype<int,string>", "uniontype<int,string>"),
        ("struct", "struct"),
    ],
)
def test_types_have_sparks_names(glue: str, spark: str) -> None:
    assert spark_type(glue) == spark


def test_a_table_without_classification_is_read_by_its_serde() -> None:
    table = {
        "Name": "t",
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "int"}],
            "Location": "s3://b/t/",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
        },
    }
    assert describe("db", table).classification == "csv"
    with pytest.raises(CatalogError, match=r"db\.t has no classification"):
        describe("db", {"Name": "t", "StorageDescriptor": {"Columns": []}})


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("L", [{"N": "1"}, {"S": "a"}], [1, "a"]),
        ("M", {"a": {"NULL": True}, "b": {"BOOL": False}}, {"a": None, "b": False}),
        ("NS", ["1", "2.5"], [1, 2.5]),
    ],
)
def test_dynamodb_values_become_plain(kind: str, value: object, expected: object) -> None:
    assert plain(kind, value) == expected


def test_the_table_of_an_arn() -> None:
    assert table_name("arn:aws:dynamodb:us-east-1:000000000000:table/movies_t") == "movies_t"
    assert table_name("movies_t") == "movies_t"


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from {}.transforms import FindMatches", "awsglue.transforms.FindMatches"),
        ("from {}.gluetypes import SetType", "awsglue.gluetypes.SetType"),
    ],
)
def test_what_is_missing_is_named_where_it_is_imported(statement: str, name: str) -> None:
    with pytest.raises(NotImplementedError, match=re.escape(name)):
        exec(statement.format(PACKAGE))  # noqa: S102 - as a script says it


def test_a_missing_attribute_is_named_and_hasattr_still_works() -> None:
    collection = DynamicFrameCollection({}, None)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match=r"DynamicFrameCollection\.unknown"):
        _ = collection.unknown
    assert not hasattr(collection, "unknown")


def test_the_package_has_what_scripts_import_from_it() -> None:
    names: dict[str, object] = {}
    exec(f"from {PACKAGE} import DynamicFrame\nfrom {PACKAGE}.gluetypes import *", names)  # noqa: S102
    assert isinstance(names["DynamicFrame"], type)
    assert {"StringType", "NullType", "ArrayType"} <= names.keys()
    assert "spark" not in names  # a script's own session


def test_a_record_with_bytes_that_are_no_utf8_is_none_and_the_others_are_read() -> None:
    lines = [
        b'{"id": 1}{"id": 2, "t": "a\xff", "of": {"b": 1}}{"id": 3}',
        b"\x00\xff\xfe",
        b'[{"id": 4}, {"id": "\xc3"}]',
        b'{"t": "caf\xc3\xa9"}',
    ]
    column = pa.array(lines, pa.binary()).view(pa.string())
    found = [pair for text in texts(column) for pair in objects(text)]
    assert [record for record, _ in found if record is not None] == [
        *({"id": 1}, {"id": 3}, {"id": 4}, {"t": "caf\u00e9"}),
    ]
    assert [text for record, text in found if record is None] == [
        '{"id": 2, "t": "a\\xff", "of": {"b": 1}}',
        "\x00\\xff\\xfe",
        '{"id":"\\xc3"}',
    ]


def test_no_json_text_ends_the_reading() -> None:
    deep, long = "[" * 100_000, '{"n": ' + "9" * 5_000 + "}"
    for text in (deep, long, '{"a": "\\ud800"}', '{"\\udfff": 1}', "{}" * 3):
        for batch in to_columns(["a"], {})([pa.RecordBatch.from_arrays([pa.array([text])], ["v"])]):
            assert batch.num_rows > 0
        assert list(to_records()([pa.RecordBatch.from_arrays([pa.array([text])], ["v"])]))
    assert as_text("half \ud800") == "half \ufffd"
    assert as_text([2**70, "\ud800"]) == '[1180591620717411303424,"\\ud800"]'
