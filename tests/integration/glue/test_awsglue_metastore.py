"""Tables that Spark makes and changes, in the Data Catalog: one run, each result checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.glue.metastore_script import SCRIPT
from tests.integration.glue.scripts import Client, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script has found out, in a database with a hyphen in its name."""
    bucket = unique("metastore")
    aws("s3").create_bucket(Bucket=bucket)
    aws("s3").put_object(Bucket=bucket, Key="crawled/a.csv", Body=b"1,one\n")
    mark = bucket.replace("-", "_")
    made = SCRIPT.replace("\napi.create_database", f'\nmark = "{mark}"\napi.create_database', 1)
    made = made.replace("\nframe = spark", f"\n{_crawled()}\nframe = spark", 1)
    workdir = tmp_path_factory.mktemp("metastore")
    answer = run_script(made, emulator, bucket, workdir, data_catalog=True)
    return {**answer, "bucket": bucket, "mark": mark}


def _crawled() -> str:
    """A table as a crawler leaves it, of a type that Spark spells otherwise."""
    return """
api.create_table(DatabaseName=bucket, TableInput={
    "Name": "crawled", "TableType": "EXTERNAL_TABLE", "Retention": 3, "Description": "crawled",
    "Parameters": {"classification": "csv", "CrawlerSchemaSerializerVersion": "1.0"},
    "PartitionKeys": [],
    "StorageDescriptor": {
        "Columns": [{"Name": "n", "Type": "BIGINT"}, {"Name": "word", "Type": "varchar(8)"}],
        "Location": f"s3://{bucket}/crawled/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": ","},
        },
    },
})
"""


def _columns(table: dict[str, Any]) -> dict[str, str]:
    return {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}


def test_a_table_that_is_saved_is_one_of_sparks_data_sources(found: dict[str, Any]) -> None:
    table = found["managed"]
    assert table["TableType"] == "MANAGED_TABLE"
    assert table["StorageDescriptor"]["Location"] == f"s3://{found['bucket']}/wh/managed"
    assert _columns(table) == {"id": "int", "name": "string", "month": "string"}
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == _PARQUET
    assert table["Parameters"]["spark.sql.sources.provider"] == "parquet"
    fields = json.loads(table["Parameters"]["spark.sql.sources.schema"])["fields"]
    assert [f["name"] for f in fields] == found["columns"] == ["Id", "Name", "month"]


def test_partitions_of_saved_tables_are_in_the_data_catalog(found: dict[str, Any]) -> None:
    table, partitions = found["parts"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert [key["Name"] for key in table["PartitionKeys"]] == ["month"]
    assert table["Parameters"]["spark.sql.partitionProvider"] == "catalog"
    assert table["Parameters"]["spark.sql.sources.schema.partCol.0"] == "month"
    at = f"s3://{found['bucket']}/parts/month="
    assert partitions == {"01": f"{at}01", "02": f"{at}02"}
    assert found["appended"] == [
        ["01", "02", "03"],
        [[1, "a", "01"], [1, "a", "03"], [2, "b", "02"], [2, "b", "03"]],
    ]


def test_static_and_dynamic_overwrites(found: dict[str, Any]) -> None:
    assert found["dynamic"] == [["01", 2], ["02", 1], ["03", 2]]
    assert found["before"] == 2  # a frame made before
    assert found["static"] == [["01", 2], ["02", 1], ["03", 1]]


def test_a_format_that_hive_does_not_know_has_its_schema_in_parameters(
    found: dict[str, Any],
) -> None:
    table, value = found["json"]
    assert _columns(table) == {"col": "array<string>"}
    assert table["StorageDescriptor"]["Location"].endswith("/wh/js-__PLACEHOLDER__")
    assert value == 2


def test_hive_tables_and_what_is_inserted(found: dict[str, Any]) -> None:
    table = found["hive"]
    assert "spark.sql.sources.provider" not in table["Parameters"]
    assert table["Parameters"]["team"] == "etl"
    assert table["Parameters"]["EXTERNAL"] == "TRUE"
    assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "key"
    assert found["overwritten"] == [[1, "a", "1"], [2, "b", "1"], [3, "c", "2"]]


def test_partitions_are_added_dropped_and_repaired(found: dict[str, Any]) -> None:
    partitions, written, read = found["elsewhere"]
    at = f"s3://{found['bucket']}"
    assert partitions["3"] == f"{at}/else"
    assert partitions["4"] == f"{at}/wh/h/day=4"
    assert len(written) == 1
    assert read == [[7]]
    assert found["dropped"] == ["2", "3", "4"]
    assert found["repaired"] == ["1", "2", "3", "4"]
    table, partitions = found["altered"]
    assert _columns(table) == {"id": "int", "name": "string", "extra": "double"}
    assert table["Parameters"]["team"] == "other"
    assert partitions == ["1", "2", "3", "4"]


def test_a_table_without_a_format_is_hives_text(found: dict[str, Any]) -> None:
    table, by_sql, by_frame = found["text"]
    serde = table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert serde.endswith("LazySimpleSerDe")
    assert by_sql == by_frame == [[1, "a"], [2, None]]
    like = found["like"]
    assert like["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == _PARQUET
    assert "spark.sql.sources.provider" not in like["Parameters"]


def test_what_a_crawler_has_made_stays_as_it_is(found: dict[str, Any]) -> None:
    table, read = found["crawled"]
    assert read == [[1, "one"], [2, "x"]]
    assert table == found["crawled_before"]


def test_views_and_statistics(found: dict[str, Any]) -> None:
    view, read = found["view"]
    assert view["TableType"] == "VIRTUAL_VIEW"
    assert view["ViewOriginalText"].startswith("SELECT id FROM")
    assert _columns(view) == {"id": "int"}
    assert not [name for name in view["Parameters"] if "commitProtocol" in name]
    assert read == [[3]]
    assert found["analyzed"]["spark.sql.statistics.numRows"] == "4"
    assert found["described"] == [f"s3://{found['bucket']}/wh/h"]


def test_the_files_of_managed_tables_alone_are_deleted(found: dict[str, Any]) -> None:
    assert found["truncated"] == [0, []]
    assert found["left"] == [[], True]
    assert set(found["tables"]) == {
        "managed", "js", "hive", "copy", "crawled", "seen", "outer",
    }  # fmt: skip


def test_a_frame_is_written_and_a_table_purged(found: dict[str, Any]) -> None:
    assert found["outer"] == [4, ["01", "02", "03"]]
    assert found["framed"] > 0
    assert found["purged"] == [[], []]


def test_databases(found: dict[str, Any]) -> None:
    assert found["database"]["LocationUri"] == f"s3://{found['bucket']}/wh/made"
    assert found["database"]["Description"] == "of a job"
    assert found["here"] == "here"
    assert found["not_empty"][0] == "AnalysisException"
    assert f"made_{found['mark']}" not in found["databases"]
    assert found["bucket"] in found["databases"]


@pytest.mark.parametrize(
    ("case", "kind", "text"),
    [
        ("no_location", "IllegalArgumentException", "Can not create a Path from an empty string"),
        ("exists", "AnalysisException", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        ("rename", "UnsupportedApiError", "Table rename is not supported"),
        ("hive", "UnsupportedApiError", 'saveAsTable with the format "hive"'),
        ("sequence", "UnsupportedApiError", "STORED AS SEQUENCEFILE"),
        ("v2", "UnsupportedApiError", "DataFrame writeTo"),
        ("odd", "CatalogError", ".odd: "),
        ("missing", "AnalysisException", "nowhere"),
    ],
)
def test_what_is_refused_is_named(found: dict[str, Any], case: str, kind: str, text: str) -> None:
    assert found[f"error_{case}"][0] == kind
    assert text in found[f"error_{case}"][1]
