"""A Hudi job as people publish them: COPY_ON_WRITE upserts, synchronized to the Data Catalog."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.glue.table_formats.conftest import Lake

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.large]

CONF = (
    "spark.serializer=org.apache.spark.serializer.KryoSerializer "
    "--conf spark.sql.hive.convertMetastoreParquet=false"
)

SCRIPT = """
path = f"s3://{bucket}/hudi/trips"
options = {
    "hoodie.table.name": "trips",
    "hoodie.datasource.write.recordkey.field": "id",
    "hoodie.datasource.write.partitionpath.field": "day",
    "hoodie.datasource.write.precombine.field": "at",
    "hoodie.datasource.write.operation": "upsert",
    "hoodie.datasource.write.hive_style_partitioning": "true",
    "hoodie.datasource.write.table.type": "COPY_ON_WRITE",
    "hoodie.datasource.hive_sync.enable": "true",
    "hoodie.datasource.hive_sync.database": database,
    "hoodie.datasource.hive_sync.table": "trips",
    "hoodie.datasource.hive_sync.partition_fields": "day",
    "hoodie.datasource.hive_sync.use_jdbc": "false",
    "hoodie.datasource.hive_sync.mode": "hms",
    "hoodie.datasource.hive_sync.partition_extractor_class":
        "org.apache.hudi.hive.MultiPartKeysValueExtractor",
}
shape = "id int, fare double, at int, day string"
first = spark.createDataFrame([(1, 10.0, 1, "a"), (2, 20.0, 1, "a"), (3, 30.0, 1, "b")], shape)
first.write.format("hudi").options(**options).mode("overwrite").save(path)
later = spark.createDataFrame([(2, 25.0, 2, "a"), (4, 40.0, 2, "c")], shape)
later.write.format("hudi").options(**options).mode("append").save(path)
found["rows"] = rows(spark.read.format("hudi").load(path).select("id", "fare", "day"))

# AWS Glue's own methods.
found["data frame"] = glue.create_data_frame.from_catalog(database, "trips").count()
gone = {**options, "hoodie.datasource.write.operation": "delete"}
glue.write_data_frame.from_catalog(
    frame=first.where("id = 1"), database=database, table_name="trips", additional_options=gone)
found["by path"] = rows(glue.create_data_frame.from_options(
    connection_type="s3", connection_options={"path": path}, format="hudi").select("id"))
spaces = {
    **options, "hoodie.table.name": "spaces", "hoodie.datasource.hive_sync.table": "spaces",
    "hoodie.datasource.write.keygenerator.class": "org.apache.hudi.keygen.CustomKeyGenerator",
    "hoodie.datasource.write.partitionpath.field": "day:SIMPLE, at:SIMPLE",
    "hoodie.datasource.hive_sync.partition_fields": "day, at",
}
first.write.format("hudi").options(**spaces).mode("append").save(path + "3")
found["spaces"] = spark.read.format("hudi").load(path + "3").where("at = 1").count()
locked = {
    **options, "hoodie.table.name": "locked", "hoodie.datasource.hive_sync.table": "locked",
    "hoodie.write.concurrency.mode": "optimistic_concurrency_control",
    "hoodie.cleaner.policy.failed.writes": "LAZY",
    "hoodie.write.lock.provider":
        "org.apache.hudi.aws.transaction.lock.DynamoDBBasedLockProvider",
    "hoodie.write.lock.dynamodb.table": "locks",
    "hoodie.write.lock.dynamodb.partition_key": "tablename",
    "hoodie.write.lock.dynamodb.region": "us-east-1",
}
first.write.format("hudi").options(**locked).mode("overwrite").save(path + "4")
found["locked"] = spark.read.format("hudi").load(path + "4").count()
merged = {**options, "hoodie.datasource.write.table.type": "MERGE_ON_READ",
          "hoodie.table.name": "merged", "hoodie.datasource.hive_sync.table": "merged"}
for batch in (first, later):
    batch.write.format("hudi").options(**merged).mode("append").save(path + "2")
def view(name):
    return rows(glue.create_data_frame.from_catalog(database, name).select("id", "fare"))
found["merged"] = {name: view(name) for name in ("merged", "merged_ro", "merged_rt")}
"""


@pytest.fixture(scope="module")
def found(lake: Lake) -> dict[str, Any]:
    """What the job has found out."""
    return lake.run(SCRIPT, datalake_formats="hudi", conf=CONF)


def test_records_are_inserted_updated_and_deleted(found: dict[str, Any]) -> None:
    assert found["rows"] == [[1, 10.0, "a"], [2, 25.0, "a"], [3, 30.0, "b"], [4, 40.0, "c"]]
    assert found["data frame"] == 4
    assert found["by path"] == [[2], [3], [4]]


def test_the_table_is_synchronized_to_the_data_catalog(found: dict[str, Any], lake: Lake) -> None:
    table = lake.table("trips")
    storage = table["StorageDescriptor"]
    assert storage["InputFormat"] == "org.apache.hudi.hadoop.HoodieParquetInputFormat"
    names = [column["Name"] for column in storage["Columns"]]
    assert names[0] == "_hoodie_commit_time"
    assert names[-3:] == ["id", "fare", "at"]
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert table["Parameters"]["spark.sql.sources.provider"] == "hudi"
    pages = lake.glue.get_partitions(DatabaseName=lake.database, TableName="trips")
    assert sorted(p["Values"][0] for p in pages["Partitions"]) == ["a", "b", "c"]


def test_partition_fields_with_spaces_between_them(found: dict[str, Any], lake: Lake) -> None:
    assert found["spaces"] == 3
    assert [key["Name"] for key in lake.table("spaces")["PartitionKeys"]] == ["day", "at"]


def test_a_lock_in_dynamodb_is_one_of_the_job(found: dict[str, Any]) -> None:
    assert found["locked"] == 3


def test_a_table_that_is_merged_when_it_is_read(found: dict[str, Any], lake: Lake) -> None:
    """Rows that are not compacted yet are in the real time view alone."""
    now = [[1, 10.0], [2, 25.0], [3, 30.0], [4, 40.0]]
    assert found["merged"]["merged"] == found["merged"]["merged_rt"] == now
    assert found["merged"]["merged_ro"] == [[1, 10.0], [2, 20.0], [3, 30.0], [4, 40.0]]
    formats = {
        name: lake.table(name)["StorageDescriptor"]["InputFormat"].rpartition(".")[2]
        for name in ("merged_ro", "merged_rt")
    }
    assert formats == {
        "merged_ro": "HoodieParquetInputFormat",
        "merged_rt": "HoodieParquetRealtimeInputFormat",
    }
