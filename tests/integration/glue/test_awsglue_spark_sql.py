"""Spark SQL on the Data Catalog (--enable-glue-datacatalog): one run, each result checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, catalog_table, run_script
from tests.support import unique

pytestmark = pytest.mark.spark

SCRIPT = """
import boto3
from pyspark.sql import SparkSession

def sql(text):
    return rows(spark.sql(text))

found["names"] = sorted(glue.tableNames(bucket))  # before any statement
found["listed"] = sorted(r.tableName for r in glue.tables(bucket).collect())
found["hive"] = type(SparkSession.builder.enableHiveSupport().getOrCreate()).__name__

db = f"`{bucket}`"
found["databases"] = db in [d.name for d in spark.catalog.listDatabases()]
found["tables"] = sorted(t.name for t in spark.catalog.listTables(db))
found["shown"] = sorted(r.tableName for r in spark.sql(f"SHOW TABLES IN {db}").collect())
found["described"] = [list(r) for r in spark.sql(f"DESCRIBE {db}.ratings").collect()]
found["partitions"] = [r[0] for r in spark.sql(f"SHOW PARTITIONS {db}.ratings").collect()]
found["columns"] = [r[0] for r in spark.sql(f"SHOW COLUMNS IN {db}.movies").collect()]
shown = [r[0].strip("`") for r in spark.sql("SHOW DATABASES").collect()]
found["shown_databases"] = bucket in shown
found["statement"] = spark.sql(f"SHOW CREATE TABLE {db}.ratings").collect()[0].createtab_stmt
found["joined"] = sql(f'''
    WITH high AS (SELECT movieid FROM {db}.ratings WHERE rating > 2)
    SELECT m.title, m.year FROM {db}.movies m
    WHERE m.id IN (SELECT movieid FROM high) AND (SELECT count(*) FROM {db}.ratings) = 3
''')
found["json"] = rows(spark.read.table(f"{db}.ratings"))
found["pruned"] = sql(f"SELECT userid FROM {db}.ratings WHERE day = '2'")
found["nested"] = sql(f"SELECT at.h FROM {db}.ratings")
found["text"] = sql(f"SELECT id, title, year, score FROM {db}.movies")
spark.sql(f"USE {db}")
found["used"] = spark.table(tableName="movies").count()
spark.sql("CREATE OR REPLACE TEMPORARY VIEW old AS SELECT * FROM movies WHERE year < 2000")
found["view"] = rows(glue.sql("SELECT id FROM old"))
found["argument"] = rows(spark.sql(
    sqlQuery="SELECT id FROM movies WHERE id = :n", args={"n": 2}
))
found["placeholder"] = rows(spark.sql("SELECT a.id FROM {a} a JOIN movies USING (id)",
                                      a=spark.range(2, 9)))
before = spark.table("movies")
body = b"id,title,year,score\\n3,New,2026,1\\n"
boto3.client("s3").put_object(Bucket=bucket, Key="movies/b.csv", Body=body)
found["changed"] = sql("SELECT id FROM movies")
found["before"] = before.count()
spark.newSession().sql(f"SELECT * FROM {db}.movies WHERE id = 3").write.parquet(
    f"s3://{bucket}/out/"
)
found["written"] = spark.read.parquet(f"s3://{bucket}/out/").count()
for name, call in {
    "dynamodb": lambda: spark.table("items"),
    "odd": lambda: spark.table("odd"),
    "missing": lambda: spark.table("nowhere"),
    "syntax": lambda: spark.sql("SELEKT 1"),
}.items():
    found["error_" + name] = raised(call)
spark.sql("DROP VIEW old")
boto3.client("glue").delete_table(DatabaseName=bucket, Name="movies")
found["deleted"] = raised(lambda: spark.table("movies"))
"""


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script above has found out, in a database with a hyphen in its name."""
    bucket = unique("spark-sql")
    s3, glue = aws("s3"), aws("glue")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": bucket})
    events = [
        json.dumps({"userId": n, "movieId": n, "rating": 1.5 * n, "at": {"h": n}})
        for n in range(1, 4)
    ]
    s3.put_object(Bucket=bucket, Key="ratings/1/a", Body="".join(events[:2]).encode())
    s3.put_object(Bucket=bucket, Key="ratings/2/b", Body=events[2].encode())
    catalog_table(
        aws, bucket, "ratings", "json",
        {"userid": "int", "movieid": "bigint", "rating": "double", "at": "struct<h:int>"},
        ("day",),
    )  # fmt: skip
    for day in ("1", "2"):
        storage = {"Location": f"s3://{bucket}/ratings/{day}/", "Columns": []}
        glue.create_partition(
            DatabaseName=bucket,
            TableName="ratings",
            PartitionInput={"Values": [day], "StorageDescriptor": storage},
        )
    text = 'id,title,year,score\n1,"Les ""M"", a",1998,7\n2,Déjà Vu,n/a,2.5\n'
    s3.put_object(Bucket=bucket, Key="movies/a.csv", Body=text.encode())
    columns = {"id": "bigint", "title": "string", "year": "int", "score": "int"}
    catalog_table(aws, bucket, "movies", "csv", columns, header=True)
    catalog_table(aws, bucket, "items", "dynamodb", {"id": "string"})
    catalog_table(aws, bucket, "odd", "csv", {"id": "uniontype<int,string>"})
    workdir = tmp_path_factory.mktemp("spark sql")
    return run_script(SCRIPT, emulator, bucket, workdir, data_catalog=True)


def test_spark_lists_what_is_in_the_data_catalog(found: dict[str, Any]) -> None:
    assert found["databases"]
    assert found["tables"] == found["shown"] == ["items", "movies", "ratings"]
    assert found["names"] == found["listed"] == found["tables"]
    assert found["shown_databases"]
    assert found["described"] == [
        ["userid", "int", None],
        ["movieid", "bigint", None],
        ["rating", "double", None],
        ["at", "struct<h:int>", None],
        ["day", "string", None],
        ["# Partition Information", "", ""],
        ["# col_name", "data_type", "comment"],
        ["day", "string", None],
    ]


def test_partitions_columns_and_statements_are_those_of_the_data_catalog(
    found: dict[str, Any],
) -> None:
    assert found["partitions"] == ["day=1", "day=2"]
    assert found["columns"] == ["id", "title", "year", "score"]
    assert found["statement"].startswith("CREATE EXTERNAL TABLE `spark-sql")
    assert "PARTITIONED BY (`day` string)" in found["statement"]
    assert "/ratings/'" in found["statement"]


def test_json_records_with_nothing_between_them_are_all_there(found: dict[str, Any]) -> None:
    assert found["json"] == [
        [1, 1, 1.5, [1], "1"],
        [2, 2, 3.0, [2], "1"],
        [3, 3, 4.5, [3], "2"],
    ]
    assert found["pruned"] == [[3]]
    assert found["nested"] == [[1], [2], [3]]


def test_queries_of_several_tables_with_subqueries(found: dict[str, Any]) -> None:
    assert found["joined"] == [["Déjà Vu", None]]


def test_what_does_not_fit_its_type_is_null(found: dict[str, Any]) -> None:
    assert found["text"] == [[1, 'Les "M", a', 1998, 7], [2, "Déjà Vu", None, None]]


def test_the_current_database_views_and_arguments(found: dict[str, Any]) -> None:
    assert found["used"] == 2
    assert found["view"] == [[1]]
    assert found["argument"] == [[2]]
    assert found["placeholder"] == [[2]]


def test_a_table_is_read_again_when_its_objects_change(found: dict[str, Any]) -> None:
    assert found["changed"] == [[1], [2], [3]]
    assert found["before"] == 2
    assert found["written"] == 1
    assert found["deleted"][0] == "AnalysisException"


@pytest.mark.parametrize(
    ("case", "kind", "text"),
    [
        ("dynamodb", "CatalogError", "use create_dynamic_frame.from_catalog"),
        ("odd", "CatalogError", "odd: "),
        ("missing", "AnalysisException", "nowhere"),
        ("syntax", "ParseException", ""),
    ],
)
def test_what_is_refused_is_named(found: dict[str, Any], case: str, kind: str, text: str) -> None:
    assert found[f"error_{case}"][0] == kind
    assert text in found[f"error_{case}"][1]
