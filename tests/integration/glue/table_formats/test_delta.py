"""A Delta Lake job as people publish them: paths in S3, SQL, DeltaTable and the Data Catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.glue.table_formats.conftest import Lake

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.large]

CONF = (
    "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension "
    "--conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog "
    "--conf spark.delta.logStore.class=org.apache.spark.sql.delta.storage.S3SingleDriverLogStore"
)

SCRIPT = """
from delta.tables import DeltaTable

path = f"s3://{bucket}/delta/movies"
first = spark.createDataFrame(
    [(1, "Toy Story", 1995), (2, "Heat", 1995)], "id int, title string, year int")
first.write.format("delta").mode("overwrite").partitionBy("year").save(path)
spark.createDataFrame([(3, "Casino", 1996)], first.schema
    ).write.format("delta").mode("append").save(path)
table = DeltaTable.forPath(spark, path)
changes = spark.createDataFrame([(1, "Toy Story 1", 1995), (4, "Nixon", 1997)], first.schema)
(table.alias("t").merge(changes.alias("s"), "t.id = s.id and t.year = s.year")
    .whenMatchedUpdateAll().whenNotMatchedInsertAll().execute())
spark.sql(f"UPDATE delta.`{path}` SET title = 'HEAT' WHERE id = 2")
table.delete("id = 3")
found["rows"] = rows(spark.read.format("delta").load(path))
found["once"] = rows(spark.read.format("delta").option("versionAsOf", 0).load(path))
found["history"] = table.history().count()
table.generate("symlink_format_manifest")
spark.sql(f"GENERATE symlink_format_manifest FOR TABLE delta.`{path}`")
found["optimized"] = spark.sql(f"OPTIMIZE delta.`{path}`").count()

# In the Data Catalog.
spark.sql(f"CREATE TABLE {database}.movies USING delta LOCATION '{path}'")
spark.sql(f"INSERT INTO {database}.movies VALUES (5, 'Sabrina', 1995)")
spark.sql(f"MERGE INTO {database}.movies t USING (SELECT 5 id) s ON t.id = s.id "
          "WHEN MATCHED THEN UPDATE SET title = 'SABRINA'")
found["by name"] = rows(f"SELECT id, title FROM {database}.movies WHERE id > 3")
first.write.format("delta").saveAsTable(f"{database}.saved")
DeltaTable.forName(spark, f"{database}.saved").delete("id = 1")
(DeltaTable.createIfNotExists(spark).tableName(f"{database}.built").addColumn("id", "INT")
    .location(f"s3://{bucket}/delta/built").execute())
spark.sql(f"INSERT INTO {database}.built VALUES (1), (2)")
found["saved"] = rows(f"SELECT id FROM {database}.saved")
found["built"] = rows(f"SELECT id FROM {database}.built")

# AWS Glue's own methods.
glue.write_data_frame.from_catalog(
    frame=spark.createDataFrame([(6, "Sudden Death", 1995)], first.schema),
    database=database, table_name="movies")
found["data frame"] = glue.create_data_frame.from_catalog(
    database=database, table_name="movies", additional_options={}).count()
found["by path"] = rows(glue.create_data_frame.from_options(
    connection_type="s3", connection_options={"path": path}, format="delta").select("id"))
"""

AGAIN = """
from delta.tables import DeltaTable

found["first of all"] = DeltaTable.forName(spark, f"{database}.movies").toDF().count()
found["dynamic frame"] = glue.create_dynamic_frame.from_catalog(database, "saved").count()
"""

DELTALAKE = """
from deltalake import DeltaTable, write_deltalake
import pyarrow

options = {"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true",
           "AWS_S3_ALLOW_UNSAFE_RENAME": "true"}
path = f"s3://{bucket}/delta/built"
write_deltalake(path, pyarrow.table({"id": pyarrow.array([3], "int32")}), mode="append",
                storage_options=options)
movies = DeltaTable(f"s3://{bucket}/delta/movies", storage_options=options)
told = {"movies": sorted(movies.to_pyarrow_table()["id"].to_pylist())}
built = DeltaTable(path, storage_options=options).to_pyarrow_table()
told["built"] = sorted(built["id"].to_pylist())
print(json.dumps(told), flush=True)
import os
os._exit(0)  # threads of its library may end the interpreter by an abort
"""


@pytest.fixture(scope="module")
def found(lake: Lake) -> dict[str, Any]:
    """What the job has found out."""
    return lake.run(SCRIPT, datalake_formats="delta", conf=CONF, enable_glue_datacatalog="true")


def test_a_table_at_a_path(found: dict[str, Any], lake: Lake) -> None:
    assert found["rows"] == [[1, "Toy Story 1", 1995], [2, "HEAT", 1995], [4, "Nixon", 1997]]
    assert found["once"] == [[1, "Toy Story", 1995], [2, "Heat", 1995]]
    assert found["history"] >= 5
    prefix = "delta/movies/_symlink_format_manifest/year=1995/manifest"
    body = lake.s3.get_object(Bucket=lake.bucket, Key=prefix)["Body"].read().decode()
    assert body.startswith(f"s3://{lake.bucket}/delta/movies/year=1995/")


def test_tables_of_the_data_catalog(found: dict[str, Any], lake: Lake) -> None:
    assert found["by name"] == [[4, "Nixon"], [5, "SABRINA"]]
    assert found["saved"] == [[2]]
    assert found["built"] == [[1], [2]]
    table = lake.table("movies")
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"]["spark.sql.sources.provider"] == "delta"
    serde = table["StorageDescriptor"]["SerdeInfo"]["Parameters"]
    assert serde["path"] == f"s3://{lake.bucket}/delta/movies"
    assert lake.table("saved")["TableType"] == "MANAGED_TABLE"


def test_methods_of_glue_on_delta_tables(found: dict[str, Any], lake: Lake) -> None:
    assert found["data frame"] == 5
    assert found["by path"] == [[1], [2], [4], [5], [6]]
    again = lake.run(AGAIN, datalake_formats="delta", conf=CONF, enable_glue_datacatalog="true")
    assert again == {"first of all": 5, "dynamic frame": 1}


@pytest.mark.usefixtures("found")
def test_deltalake_reads_and_writes_the_same_tables(told: Callable[[str], Any]) -> None:
    assert told(DELTALAKE) == {"movies": [1, 2, 4, 5, 6], "built": [1, 2, 3]}
