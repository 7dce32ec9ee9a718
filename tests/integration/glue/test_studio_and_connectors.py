"""Glue Studio's own transforms, and connectors, in one script."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.glue.databases import PASSWORD, USER, driver, mariadb
from tests.integration.glue.scripts import Client, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
import datetime
from awsgluestudio import TRANSFORMS, attach

for name in TRANSFORMS:
    attach(name)


def frame(data, schema):
    return DynamicFrame.fromDF(spark.createDataFrame(data, schema), glue, "f")


people = frame([(1, "Ada", "Lovelace", "1815-12-10 England"), (2, "Alan", None, "1912 x y")],
               "id int, first string, last string, born string")
found["derived"] = rows(people.gs_derived(colName="twice", expr="id * 2").select_fields(["twice"]))
found["concat"] = rows(people.gs_concat(
    colName="name", colList=["first", "last"], spacer="-").select_fields(["name"]))
split = people.gs_split(colName="born", pattern=" ", newColName="parts")
found["split"] = rows(split.select_fields(["parts"]))
found["array"] = rows(split.gs_array_to_cols(
    colName="parts", colList="one, three", indexes="1,3").select_fields(["one", "three"]))
found["explode"] = rows(split.gs_explode(colName="parts", newCol="part").select_fields(["part"]))
found["map"] = rows(frame([({"a": 1, "b": 2},)], "m map<string,int>").gs_explode(
    colName="m", newCol="x").select_fields(["key", "value"]))
found["outer"] = rows(frame([([],), ([1],)], "a array<int>").gs_explode("a", "a", outer=True))
nested = frame([((1, (2,)), 3)], "s struct<a:int,t:struct<b:int>>, c int")
found["flatten"] = [nested.gs_flatten().toDF().columns,
                    nested.gs_flatten(maxLevels=1, separator="_").toDF().columns]
found["regex"] = rows(people.gs_regex_extract(
    colName="born", regex="([0-9]{4})-([0-9]{2})", newCols="year,month")
    .select_fields(["year", "month"]))
found["whole"] = rows(people.gs_regex_extract(
    colName="first", regex="^.{1}", newCols="letter").select_fields(["letter"]))
times = frame([("1700000000", 1700000000000, "2023-01-02T03:04:05.678Z")],
              "s string, n long, iso string")
shown = (times.gs_to_timestamp(colName="s", colType="seconds")
         .gs_to_timestamp(colName="n", colType="autodetect", newColName="t")
         .gs_to_timestamp(colName="iso", colType="iso")
         .gs_format_timestamp(colName="s", dateFormat="%Y-%m-%d %H:%M")
         .gs_format_timestamp(colName="t", dateFormat="yyyyMMdd")
         .gs_format_timestamp(colName="iso", dateFormat="%d/%m/%Y at %S"))
found["times"] = rows(shown.select_fields(["s", "t", "iso"]))
now = people.gs_now(colName="at").toDF()
found["now"] = [dict(now.dtypes)["at"],
                len(people.gs_now(colName="at", dateFormat="%Y%m%d").toDF().first()["at"])]
ids = people.gs_uuid().gs_sequence_id(colName="n", unique=True).toDF()
found["ids"] = [len({r["uuid"] for r in ids.collect()}), len({r["n"] for r in ids.collect()}),
                dict(ids.dtypes)["n"]]
gaps = frame([(None, None), (None, ""), (1, "x")], "a int, b string")
found["nulls"] = [gaps.gs_null_rows().count(), gaps.gs_null_rows(extended=True).count()]
scores = frame([("a", "x", 1.0), ("a", "x", 3.0), ("a", "y", 5.0), ("b", "y", 7.0)],
               "name string, kind string, score double")
turned = scores.gs_pivot(aggCol="score", aggFunction="mean", colList=["kind"])
found["pivot"] = [turned.toDF().columns, rows(turned)]
found["repartition"] = people.gs_repartition(numPartitionsStr="3").getNumPartitions()
texts = frame([('{"a": {"b": [1, 2]}, "c d": "x"}',)], "j string")
found["json"] = [rows(texts.gs_parse_json(colName="j").toDF().select("j.a.b")),
                 rows(texts.gs_extract_json(
                     colName="j", jsonPaths='a.b[1],"c d"', colList="b, c", dropCol=True)),
                 raised(lambda: texts.gs_extract_json(colName="j", jsonPaths="a.*"))]
found["rows"] = people.toDF().gs_uuid(colName="u").columns
found["none"] = raised(lambda: people.gs_split(colName="nothing", pattern=" "))

# Connectors

made = f"s3://{bucket}/connector/"
glue.write_dynamic_frame.from_options(
    frame=people.select_fields(["id", "first"]), connection_type="custom.spark",
    connection_options={"className": "csv", "path": made, "header": True})
found["custom_spark"] = rows(glue.create_dynamic_frame.from_options(
    connection_type="marketplace.spark",
    connection_options={"connectionName": bucket, "path": made, "header": "true"}))
jdbc = {"className": "com.mysql.cj.jdbc.Driver", "url": url, "secretId": bucket}
glue.write_dynamic_frame.from_options(
    frame=people.select_fields(["id", "first"]), connection_type="custom.jdbc",
    connection_options={**jdbc, "dbTable": "people"})


def read(**more):
    return rows(glue.create_dynamic_frame.from_options(
        connection_type="custom.jdbc", connection_options={**jdbc, **more}))


found["custom_jdbc"] = [
    read(dbTable="people"),
    read(query="select id from people", filterPredicate="id > 1"),
    read(dbTable="people", partitionColumn="id", lowerBound=0, upperBound=9, numPartitions=3)]


def refused(kind, **options):
    return raised(lambda: glue.create_dynamic_frame.from_options(
        connection_type=kind, connection_options=options))


found["refused"] = [
    refused("custom.spark", className="com.none.Source"),
    refused("snowflake", dbtable="t", sfDatabase="d"),
    refused("custom.athena", className="x"),
    refused("custom.jdbc", className="com.none.Driver", url="jdbc:none://x", dbTable="t"),
    refused("custom.spark", path="x"),
    refused("custom.jdbc", **{**jdbc, "url": "jdbc:mysql://${nobody}/x"}, dbTable="t"),
    refused("sap"),
]
"""


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bucket = unique("studio")
    aws("s3").create_bucket(Bucket=bucket)
    aws("glue").create_connection(
        ConnectionInput={
            "Name": bucket,
            "ConnectionType": "MARKETPLACE",
            "ConnectionProperties": {"CONNECTOR_TYPE": "Spark", "CONNECTOR_CLASS_NAME": "csv"},
        }
    )
    folder = tmp_path_factory.mktemp("studio")
    with mariadb() as database:
        place = database.url.removeprefix("jdbc:mysql://")
        secret = {"place": place, "username": USER, "password": PASSWORD}
        aws("secretsmanager").create_secret(Name=bucket, SecretString=json.dumps(secret))
        script = "url = 'jdbc:mysql://${place}'\n" + SCRIPT
        return run_script(script, emulator, bucket, folder, drivers=driver("jdbc-mysql"))


def test_transforms_of_columns(found: dict[str, Any]) -> None:
    assert found["derived"] == [[2], [4]]
    assert found["concat"] == [["Ada-Lovelace"], ["Alan-"]]
    assert found["regex"] == [["1815", "12"], [None, None]]
    assert found["whole"] == [["A"], ["A"]]
    assert found["ids"] == [2, 2, "decimal(38,0)"]
    assert found["rows"][-1] == "u"
    assert found["none"][0] == "ValueError"
    assert "there is no column 'nothing'; there are id, first" in found["none"][1]


def test_transforms_of_arrays_maps_and_structs(found: dict[str, Any]) -> None:
    assert found["split"] == [[["1815-12-10", "England"]], [["1912", "x", "y"]]]
    assert found["array"] == [["1815-12-10", None], ["1912", "y"]]
    assert found["explode"] == [["1815-12-10"], ["1912"], ["England"], ["x"], ["y"]]
    assert found["map"] == [["a", 1], ["b", 2]]
    assert found["outer"] == [[1], [None]]
    assert found["flatten"] == [["s.a", "s.t.b", "c"], ["s_a", "s_t", "c"]]
    parsed, extracted, refused = found["json"]
    assert parsed == [[[1, 2]]]
    assert extracted == [["2", "x"]]
    assert refused[0] == "UnsupportedApiError"


def test_transforms_of_times(found: dict[str, Any]) -> None:
    assert found["times"] == [["2023-11-14 22:13", "20231114", "02/01/2023 at 05"]]
    assert found["now"] == ["timestamp", 8]


def test_transforms_of_rows(found: dict[str, Any]) -> None:
    assert found["nulls"] == [2, 1]
    assert found["pivot"] == [["name", "x", "y"], [["a", 2.0, 5.0], ["b", None, 7.0]]]
    assert found["repartition"] == 3


def test_connectors_that_a_job_brings(found: dict[str, Any]) -> None:
    assert found["custom_spark"] == [["1", "Ada"], ["2", "Alan"]]
    whole, filtered, parted = found["custom_jdbc"]
    assert whole == parted == [[1, "Ada"], [2, "Alan"]]
    assert filtered == [[2]]


def test_connectors_that_are_missing_say_what(found: dict[str, Any]) -> None:
    names = [name for name, _ in found["refused"]]
    assert names == [
        *("SourceError", "SourceError", "UnsupportedApiError", "SourceError"),
        *("ValueError", "ValueError", "UnsupportedApiError"),
    ]
    spark, snowflake, athena, jdbc, unnamed, secret, sap = (text for _, text in found["refused"])
    assert "the class com.none.Source, which is on no class path" in spark
    assert "net.snowflake.spark.snowflake" in snowflake
    assert "custom.athena" in athena
    assert "com.none.Driver" in jdbc
    assert "className" in unnamed
    assert "the secret has no 'nobody'" in secret
    assert "'sap'" in sap
