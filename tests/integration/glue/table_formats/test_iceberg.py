"""An Iceberg job as people publish them, on a catalog that its ``--conf`` names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.glue.table_formats.conftest import Lake

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.large]

CONF = (
    "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions "
    "--conf spark.sql.catalog.glue_catalog=org.apache.iceberg.spark.SparkCatalog "
    "--conf spark.sql.catalog.glue_catalog.warehouse=s3://{bucket}/warehouse/ "
    "--conf spark.sql.catalog.glue_catalog.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog "
    "--conf spark.sql.catalog.glue_catalog.io-impl=org.apache.iceberg.aws.s3.S3FileIO"
)

SCRIPT = """
from pyspark.sql import functions as F

name = f"glue_catalog.{database}.movies"
spark.sql(f"CREATE DATABASE IF NOT EXISTS glue_catalog.{database}_more LOCATION 's3://{bucket}/m'")
spark.sql(f"CREATE TABLE {name} (id bigint, title string, year int) USING iceberg "
          "PARTITIONED BY (year) TBLPROPERTIES ('format-version'='2')")
spark.sql(f"INSERT INTO {name} VALUES (1, 'Toy Story', 1995), (2, 'Heat', 1995)")
first = spark.sql(f"SELECT snapshot_id, committed_at FROM {name}.snapshots").collect()[0]
new = spark.createDataFrame(
    [(3, "Sabrina", 1995), (4, "Casino", 1996)], "id bigint, title string, year int")
new.writeTo(name).append()
found["appended"] = spark.table(name).count()
spark.sql(f"UPDATE {name} SET title = 'HEAT' WHERE id = 2")
spark.sql(f"DELETE FROM {name} WHERE id = 3")
spark.createDataFrame([(1, "Toy Story 1"), (9, "Nixon")], "id bigint, title string"
    ).createOrReplaceTempView("changes")
spark.sql(f'''MERGE INTO {name} t USING changes s ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET t.title = s.title
    WHEN NOT MATCHED THEN INSERT (id, title, year) VALUES (s.id, s.title, 1997)''')
found["changed"] = rows(f"SELECT * FROM {name}")
found["version"] = rows(f"SELECT id FROM {name} VERSION AS OF {first[0]}")
found["time"] = rows(f"SELECT id FROM {name} TIMESTAMP AS OF '{first[1]}'")
found["option"] = rows(spark.read.option("snapshot-id", first[0]).format("iceberg").load(name)
    .select("id"))
spark.sql(f"ALTER TABLE {name} ADD COLUMN rating double")
spark.sql(f"ALTER TABLE {name} RENAME COLUMN title TO name")
spark.sql(f"ALTER TABLE {name} ADD PARTITION FIELD bucket(4, id)")
spark.sql(f"INSERT INTO {name} VALUES (10, 'Sudden Death', 1995, 3.5)")
found["evolved"] = rows(f"SELECT id, name, rating FROM {name} WHERE id > 8")
found["partitions"] = spark.sql(f"SELECT * FROM {name}.partitions").count()
found["files before"] = spark.sql(f"SELECT * FROM {name}.files").count()
found["rewritten"] = spark.sql("CALL glue_catalog.system.rewrite_data_files("
    f"table => '{database}.movies', options => map('rewrite-all', 'true'))").collect()[0][0]
found["snapshots"] = spark.sql(f"SELECT * FROM {name}.snapshots").count()
spark.sql("CALL glue_catalog.system.expire_snapshots("
    f"table => '{database}.movies', older_than => TIMESTAMP '2100-01-01', retain_last => 1)")
found["snapshots left"] = spark.sql(f"SELECT * FROM {name}.snapshots").count()

# By another name of a catalog, that the script sets.
for key, value in {
    "": "org.apache.iceberg.spark.SparkCatalog", ".type": "glue",
    ".warehouse": f"s3://{bucket}/other/",
}.items():
    spark.conf.set(f"spark.sql.catalog.dev{key}", value)
spark.sql(f"CREATE TABLE dev.{database}.made USING iceberg AS SELECT id, name FROM {name}")
new.select("id", F.col("title").alias("name")).writeTo(f"dev.{database}.made").createOrReplace()
found["made"] = rows(spark.table(f"dev.{database}.made"))
spark.sql(f"ALTER TABLE dev.{database}.made RENAME TO {database}.renamed")
found["renamed"] = [r["tableName"] for r in spark.sql(f"SHOW TABLES IN dev.{database}").collect()]
spark.sql(f"CREATE TABLE dev.{database}.gone (id int) USING iceberg")
spark.sql(f"DROP TABLE dev.{database}.gone")
spark.sql("USE glue_catalog")
found["current"] = spark.sql(f"SELECT * FROM {database}.movies").count()
spark.sql(f"INSERT INTO {database}.movies VALUES (11, 'Sense', 1995, 4.0)")
spark.sql("USE spark_catalog")
spark.sql(f"DROP DATABASE glue_catalog.{database}_more")

# AWS Glue's own methods.
glue.write_data_frame.from_catalog(
    frame=spark.createDataFrame([(12, "Four Rooms")], "id bigint, name string"),
    database=database, table_name="renamed")
found["data frame"] = rows(glue.create_data_frame.from_catalog(
    database=database, table_name="renamed"))
found["dynamic frame"] = glue.create_dynamic_frame.from_catalog(
    database=database, table_name="movies", push_down_predicate="year = 1996").count()
"""

PLAIN = """
found["csv"] = rows(f"SELECT * FROM {database}.plain")
name = f"glue_catalog.{database}.of_csv"
spark.sql(f"CREATE TABLE {name} USING iceberg AS SELECT * FROM {database}.plain")
spark.sql(f"INSERT INTO {name} SELECT n + 10, word FROM {database}.plain")
spark.sql(f'''MERGE INTO {name} t USING (SELECT * FROM {database}.plain) s ON t.n = s.n
    WHEN MATCHED THEN DELETE''')
found["of csv"] = rows(f"SELECT * FROM {name}")
spark.table(name).write.format("iceberg").mode("append").saveAsTable(name)
found["saved"] = spark.table(name).count()
found["by its plain name"] = raised(lambda: spark.sql(f"SELECT * FROM {database}.of_csv"))
spark.sql(f"CREATE TABLE {database}.of_spark USING parquet AS SELECT * FROM {name}")
"""

WITHIN = """
spark.sql(f"CREATE TABLE {database}.within (id int, word string) USING iceberg")
spark.sql(f"INSERT INTO {database}.within VALUES (1, 'a'), (2, 'b')")
spark.sql(f"UPDATE {database}.within SET word = 'c' WHERE id = 2")
spark.createDataFrame([(3, "d")], "id int, word string").writeTo(f"{database}.within").append()
found["rows"] = rows(f"SELECT * FROM {database}.within")
spark.sql(f"ALTER TABLE {database}.within ADD COLUMN more string")
found["csv"] = rows(f"SELECT * FROM {database}.plain")
"""

PYICEBERG = """
from pyiceberg.catalog.glue import GlueCatalog
import pyarrow

catalog = GlueCatalog("glue", **{"s3.endpoint": endpoint, "s3.path-style-access": "true"})
table = catalog.load_table(f"{database}.movies")
told = {"rows": table.scan(row_filter="year == 1995").to_arrow().to_pylist()}
more = pyarrow.table({"id": [20], "name": ["GoldenEye"]})
other = catalog.load_table(f"{database}.renamed")
other.append(more)
told["more"] = other.scan().to_arrow().num_rows
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def found(lake: Lake) -> dict[str, Any]:
    """What the job has found out."""
    return lake.run(SCRIPT, datalake_formats="iceberg", conf=CONF.format(bucket=lake.bucket))


def test_rows_are_written_changed_merged_and_deleted(found: dict[str, Any]) -> None:
    assert found["appended"] == 4
    assert found["changed"] == [
        [1, "Toy Story 1", 1995],
        [2, "HEAT", 1995],
        [4, "Casino", 1996],
        [9, "Nixon", 1997],
    ]


@pytest.mark.parametrize("way", ["version", "time", "option"])
def test_what_a_table_once_had(found: dict[str, Any], way: str) -> None:
    assert found[way] == [[1], [2]]


def test_a_schema_and_its_partitions_evolve(found: dict[str, Any], lake: Lake) -> None:
    assert found["evolved"] == [[10, "Sudden Death", 3.5], [9, "Nixon", None]]
    table = lake.table("movies")
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert table["Parameters"]["metadata_location"].startswith(f"s3://{lake.bucket}/")
    current = [
        (c["Name"], c["Type"])
        for c in table["StorageDescriptor"]["Columns"]
        if c["Parameters"]["iceberg.field.current"] == "true"
    ]
    assert current == [
        ("id", "bigint"), ("name", "string"), ("year", "int"), ("rating", "double"),
    ]  # fmt: skip


def test_files_are_rewritten_and_snapshots_expire(found: dict[str, Any], lake: Lake) -> None:
    assert found["rewritten"] == found["files before"] > 1
    assert found["snapshots"] > 5
    assert found["snapshots left"] == 1
    versions = lake.glue.get_table_versions(DatabaseName=lake.database, TableName="movies")
    assert len(versions["TableVersions"]) == 1  # Iceberg asks for no archive


def test_a_catalog_of_any_name(found: dict[str, Any], lake: Lake) -> None:
    assert found["made"] == [[3, "Sabrina"], [4, "Casino"]]
    assert found["renamed"] == ["movies", "renamed"]
    assert found["current"] == 5
    assert "/tables/made/" in lake.table("renamed")["Parameters"]["metadata_location"]


def test_methods_of_glue_on_iceberg_tables(found: dict[str, Any]) -> None:
    assert found["data frame"] == [[12, "Four Rooms"], [3, "Sabrina"], [4, "Casino"]]
    assert found["dynamic frame"] == 1


@pytest.mark.usefixtures("found")
def test_pyiceberg_reads_and_writes_the_same_tables(told: Callable[[str], Any]) -> None:
    answer = told(PYICEBERG)
    assert sorted(row["id"] for row in answer["rows"]) == [1, 2, 10, 11]
    assert answer["more"] == 4


@pytest.mark.usefixtures("found")
def test_beside_tables_of_spark_in_the_data_catalog(lake: Lake) -> None:
    _plain(lake)
    answer = lake.run(
        PLAIN,
        datalake_formats="iceberg",
        conf=CONF.format(bucket=lake.bucket),
        enable_glue_datacatalog="true",
    )
    assert answer["csv"] == [[1, "one"], [2, "two"]]
    assert answer["of csv"] == [[11, "one"], [12, "two"]]
    assert answer["saved"] == 4
    assert "one of Iceberg: name it by a catalog of Iceberg" in answer["by its plain name"][1]
    assert lake.table("of_spark")["Parameters"]["spark.sql.sources.provider"] == "parquet"
    within = (CONF.format(bucket=lake.bucket).replace("glue_catalog", "spark_catalog")).replace(
        "spark.SparkCatalog", "spark.SparkSessionCatalog"
    )
    answer = lake.run(
        WITHIN, datalake_formats="iceberg", conf=within, enable_glue_datacatalog="true"
    )
    assert answer["rows"] == [[1, "a"], [2, "c"], [3, "d"]]
    assert lake.table("within")["Parameters"]["table_type"] == "ICEBERG"
    assert len(lake.table("within")["StorageDescriptor"]["Columns"]) == 3


@pytest.mark.usefixtures("found")
def test_without_the_parameter_a_frame_says_what_is_missing(lake: Lake) -> None:
    answer = lake.run("found['raised'] = raised(lambda: glue.create_dynamic_frame.from_catalog("
                      "database=database, table_name='movies'))")  # fmt: skip
    assert answer["raised"][0] == "CatalogError"
    assert "start the job with --datalake-formats iceberg" in answer["raised"][1]


def _plain(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.bucket, Key="plain/a.csv", Body=b"1,one\n2,two\n")
    lake.glue.create_table(
        DatabaseName=lake.database,
        TableInput={
            "Name": "plain",
            "Parameters": {"classification": "csv"},
            "StorageDescriptor": {
                "Columns": [{"Name": "n", "Type": "int"}, {"Name": "word", "Type": "string"}],
                "Location": f"s3://{lake.bucket}/plain/",
                "SerdeInfo": {"Parameters": {"field.delim": ","}},
            },
        },
    )
