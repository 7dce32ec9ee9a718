"""Tables of Spark as the Hive client keeps them in the Data Catalog, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue.errors import CatalogError, UnsupportedApiError
from lakestack.services.glue.runtime.awsglue.hive_serde import (
    FIELD_SEPARATOR,
    STORED_AS,
    HiveStorage,
    data_source,
    storage_of,
)
from lakestack.services.glue.runtime.awsglue.metastore_tables import (
    SparkTable,
    changed_input,
    from_glue,
    hive_type,
    partition_input,
    table_input,
)

STRUCT = {
    "type": "struct",
    "fields": [{"name": "Zip-Code", "type": "integer", "nullable": True, "metadata": {}}],
}


def _field(name: str, kind: Any = "string", **metadata: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def _schema(*fields: dict[str, Any]) -> str:
    return json.dumps({"type": "struct", "fields": list(fields)}, separators=(",", ":"))


def _table(**changed: Any) -> SparkTable:
    return SparkTable(
        **{
            "database": "d",
            "name": "t",
            "kind": "EXTERNAL",
            "schema": _schema(_field("Id", "long"), _field("Day")),
            "provider": "parquet",
            "keys": ("Day",),
            "location": "s3://b/t",
            "owner": "glue",
            "version": "3.5.6",
            **changed,
        }
    )


def _no_parser(columns: Any) -> str:
    raise AssertionError(f"Spark's own schema says it: {columns}")


@pytest.mark.parametrize(
    "table",
    [
        _table(),
        _table(kind="MANAGED", provider="orc", options={"compression": "zlib"}),
        _table(provider="json", comment="why", properties={"team": "x"}),
        _table(buckets=(4, ("Id",), ("Id",)), keys=()),
        _table(schema=_schema(*(_field(f"Column{i}", STRUCT) for i in range(99))), keys=()),
        _table(provider="hive", storage=STORED_AS["orc"]),
        _table(kind="VIEW", provider="", keys=(), location="", text="SELECT 1"),
    ],
    ids=["parquet", "managed", "json", "buckets", "long schema", "hive", "view"],
)
def test_a_table_comes_back_as_it_was(table: SparkTable) -> None:
    there = table_input(table)
    back = from_glue("d", there, _no_parser)
    if table.provider == "hive":
        table = replace(table, options={"serialization.format": "1"})
    assert back == table
    assert all(len(value) <= 4000 for value in there["Parameters"].values())


def test_columns_and_keys_are_apart_and_in_lower_case() -> None:
    made = table_input(_table(schema=_schema(_field("Id", "long", comment="key"), _field("Day"))))
    columns = made["StorageDescriptor"]["Columns"]
    assert columns == [{"Name": "id", "Type": "bigint", "Comment": "key"}]
    assert made["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert made["Parameters"]["EXTERNAL"] == "TRUE"


def test_types_as_hive_spells_them() -> None:
    of_array = {"type": "array", "elementType": STRUCT, "containsNull": True}
    of_map = {"type": "map", "keyType": "string", "valueType": of_array, "valueContainsNull": True}
    assert hive_type(of_map) == "map<string,array<struct<Zip-Code:int>>>"
    assert hive_type("decimal(10,2)") == "decimal(10,2)"
    field = _field("a", "string", __CHAR_VARCHAR_TYPE_STRING="varchar(3)")
    made = table_input(_table(schema=_schema(field), keys=()))
    assert made["StorageDescriptor"]["Columns"][0]["Type"] == "varchar(3)"


def test_what_a_statement_leaves_alone_stays_as_it_is_spelt() -> None:
    definition = {
        "Name": "t",
        "Owner": "somebody",
        "Retention": 3,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "json", "averageRecordSize": "5"},
        "PartitionKeys": [{"Name": "day", "Type": "STRING"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "BIGINT"}],
            "Location": "s3://b/t/",
            "Parameters": {"a": "b"},
            "SerdeInfo": {
                "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
                "Parameters": {"paths": "id"},
            },
        },
    }
    schema = _schema(_field("id", "long"), _field("day"))
    before = from_glue("d", definition, lambda _: schema)
    assert before.provider == "hive"
    renamed = replace(before, properties={**before.properties, "team": "x"})
    made = changed_input(before, renamed, definition)
    given = dict(made.pop("Parameters"))
    assert given.pop("team") == "x"
    assert {k: v for k, v in given.items() if k != "transient_lastDdlTime"} == definition[
        "Parameters"
    ]
    assert made == {k: v for k, v in definition.items() if k != "Parameters"}
    wider = replace(before, schema=_schema(_field("id", "long"), _field("x"), _field("day")))
    made = changed_input(before, wider, definition)
    assert made["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "BIGINT"},
        {"Name": "x", "Type": "string"},
    ]
    assert made["PartitionKeys"] == definition["PartitionKeys"]
    assert "spark.sql.sources.schema" in made["Parameters"]


def test_a_crawler_that_has_changed_the_columns_is_believed() -> None:
    there = table_input(_table(provider="hive", storage=STORED_AS["orc"]))
    there["StorageDescriptor"]["Columns"].append({"Name": "new", "Type": "int"})
    asked: list[Any] = []

    def parse(columns: Any) -> str:
        asked.append(columns)
        return _schema()

    from_glue("d", there, parse)
    assert asked == [[("id", "bigint", ""), ("new", "int", ""), ("day", "string", "")]]


def test_a_partition_has_its_tables_classes() -> None:
    table = table_input(_table())
    made = partition_input(["1"], "s3://b/t/Day=1", table)
    assert made["Values"] == ["1"]
    storage = {**table["StorageDescriptor"], "Location": "s3://b/t/Day=1"}
    assert made["StorageDescriptor"] == storage


def test_formats_of_hive_tables() -> None:
    assert storage_of("", None, "").serde.endswith("LazySimpleSerDe")
    assert storage_of("PARQUET", None, "") == STORED_AS["parquet"]
    own = storage_of("", ("in", "out"), "org.openx.data.jsonserde.JsonSerDe")
    assert (own.input_format, own.output_format) == ("in", "out")
    assert data_source(own, {}, {})[0] == "json"
    with pytest.raises(UnsupportedApiError, match="RCFILE"):
        storage_of("rcfile", None, "")


def test_text_of_hive_has_hives_separator_unless_it_names_one() -> None:
    text = STORED_AS["textfile"]
    assert data_source(text, {}, {})[1]["sep"] == FIELD_SEPARATOR
    assert data_source(text, {"field.delim": ";"}, {})[1]["sep"] == ";"
    assert data_source(text, {}, {"classification": "csv"})[1]["sep"] == ","
    quoted = HiveStorage("", "", "org.apache.hadoop.hive.serde2.OpenCSVSerde")
    assert data_source(quoted, {"quoteChar": "'"}, {})[1]["quote"] == "'"
    with pytest.raises(CatalogError, match="RegexSerDe"):
        data_source(HiveStorage("", "", "org.x.RegexSerDe"), {}, {})
