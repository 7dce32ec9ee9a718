"""Data, files and tables come out as on AWS: one run against the emulator, each result checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, catalog_table, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
import boto3
from awsglue.transforms import ApplyMapping, Join


def frame(data, schema):
    return DynamicFrame.fromDF(spark.createDataFrame(data, schema), glue, "f")


def read(folder, kind, connection=None, **options):
    return glue.create_dynamic_frame.from_options(
        "s3", {"paths": [f"s3://{bucket}/{folder}/"], **(connection or {})}, kind, options
    )


def write(data, folder, kind, **options):
    glue.write_dynamic_frame.from_options(
        frame=data, connection_type="s3", format=kind,
        connection_options={"path": f"s3://{bucket}/{folder}/", **options},
    )


def sink(data, table, kind="glueparquet", **options):
    made = glue.getSink(
        "s3", path=f"s3://{bucket}/sinks/{table}/", enableUpdateCatalog=True, **options
    )
    made.setCatalogInfo(catalogDatabase=bucket, catalogTableName=table)
    made.setFormat(kind)
    made.writeFrame(data)


people = table("people")
found["people"] = [people.toDF().columns, [r.asDict(True) for r in people.toDF().collect()]]
found["zip"] = rows(people.apply_mapping([("address.ZipCode", "string", "zip", "string")]))
found["pretty"] = [rows(table("pretty")), table("pretty").errorsCount()]
found["absent"] = table("sparse").toDF().columns
found["none"] = table("days", push_down_predicate="day = '1999'").toDF().columns
found["csv_none"] = table("empty_csv").toDF().columns
found["lines"] = rows(table("text_lines", additional_options={"multiLine": True}))
found["ordered"] = [
    (f.name, f.dataType.simpleString()) for f in read("ordered", "json").toDF().schema.fields
]

text = frame([("12345678901", "1000", "7"), ("5", "6", "8")], "big string, small string, n string")
found["narrowed"] = rows(text.apply_mapping(
    [("big", "string", "big", "int"), ("small", "string", "small", "tinyint")]
))
large = frame([(2**40, 300)], "a bigint, b int")
found["wrapped"] = rows(large.resolveChoice(specs=[("a", "cast:int"), ("b", "cast:byte")]))
nested = frame([((1, "x"), [1], {"k": 1}, "t", "u", "1.25")],
               "s struct<A:int,b:string>, l array<int>, m map<string,int>, "
               "v string, c string, d string")
bare = ApplyMapping.apply(nested, [
    ("s", "struct", "S2", "struct"), ("l", "array", "l", "array"), ("m", "map", "m", "map"),
    ("v", "varchar", "v", "varchar"), ("c", "char", "c", "char"), ("d", "string", "d", "decimal"),
])
found["bare"] = [[f.name, f.dataType.simpleString()] for f in bare.toDF().schema.fields]
short = table("text_lines", additional_options={"multiLine": True}).apply_mapping(
    [("id", "number"), ("name", "label", "varchar")]
)
found["short"] = [short.toDF().dtypes, rows(text.apply_mapping([("n", "m", "int")]))]
found["too_short"] = raised(lambda: text.apply_mapping([("n",)]))
found["capitals"] = frame([("1", "a")], "id string, name string").resolveChoice(
    choice="MATCH_CATALOG", database=bucket, table_name="text_lines"
).resolveChoice(specs=[("name", "CAST:int")]).toDF().dtypes
found["no_init"] = raised(lambda: Job(glue).commit())
joined = Join.apply(frame([(1, "a")], "ID int, x string"), frame([(1, "b")], "id int, y string"),
                    ["ID"], ["id"])
found["joined"] = [joined.toDF().columns, rows(joined.drop_fields(["id"]))]

pair = frame([(1, "a"), (2, "b")], "id int, name string")
write(pair, "named/json", "json", compression="gzip")
write(pair, "named/parts", "csv", partitionKeys=["name"])
write(table("days", push_down_predicate="day = '1999'"), "named/none", "parquet")
pair.toDF().write.mode("append").parquet(f"s3://{bucket}/plain/")

sink(pair, "made", compression="snappy", partitionKeys=["name"])
wide = frame([(3, 1.5, "c")], "id bigint, extra double, name string")
sink(wide, "made", partitionKeys=["name"], updateBehavior="LOG")
sink(wide, "made", partitionKeys=["name"])
glue_client = boto3.client("glue")
glue_client.update_partition(
    DatabaseName=bucket, TableName="made", PartitionValueList=["c"],
    PartitionInput={"Values": ["c"], "StorageDescriptor": {"Location": "s3://elsewhere/"}},
)
sink(wide, "made", partitionKeys=["name"])
found["keys"] = raised(lambda: sink(wide, "made", partitionKeys=["id"]))

found["options"] = {
    "skipFirst": rows(read("csv", "csv", skipFirst=True)),
    "jsonPath": sorted(r[0] for r in rows(read("records", "json", jsonPath="$.Records[*]"))),
    "attachFilename": rows(read("csv", "csv", withHeader=True, attachFilename="file")),
    "boundedFiles": read("ordered", "json", {"boundedFiles": "1"}).count(),
    "unknown": read("csv", "csv", {"nonsense": 1, "jobBookmarkKeys": ["id"]}).count(),
}
found["compression"] = raised(lambda: read("csv", "csv", {"compressionType": "gzip"}))
found["fail_fast"] = raised(lambda: read("broken", "json", {"isFailFast": True}))
found["broken"] = read("broken", "json").errorsCount()

spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
for kind in ("parquet", "csv"):
    for data in ([(1, "a"), (2, "b")], [(3, "b")]):
        spark.createDataFrame(data, "n int, p string").write.mode("overwrite").partitionBy(
            "p"
        ).format(kind).save(f"s3://{bucket}/dynamic/{kind}/")
    found["dynamic_" + kind] = sorted(
        (int(r[0]), r[1]) for r in
        spark.read.format(kind).load(f"s3://{bucket}/dynamic/{kind}/").collect()
    )
"""


def sources(aws: Client, bucket: str) -> None:
    s3, glue = aws("s3"), aws("glue")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": bucket})

    def put(key: str, text: str) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode())

    person = {"id": 1, "Address": {"zipcode": "10115", "1st line": "x"}, "tags": [{"TagKey": 7}]}
    put("people/a.json", json.dumps(person))
    types = {
        "id": "int",
        "address": "struct<ZipCode:string,1st line:string>",
        "tags": "array<struct<tagkey:int>>",
    }
    catalog_table(aws, bucket, "people", "json", types)
    records = [{"id": n, "size": {"x": n / 2}} for n in (1, 2)]
    put("pretty/a.json", json.dumps(records, indent=2))
    put("pretty/b.json", json.dumps({"id": 3, "size": {"x": 1.5}}, indent=1))
    catalog_table(aws, bucket, "pretty", "json", {"id": "int", "size": "struct<x:double>"})
    put("sparse/a.json", '{"a": 1}\n{"B": null}\n')
    catalog_table(aws, bucket, "sparse", "json", {"a": "int", "b": "int", "c": "int"})
    catalog_table(aws, bucket, "days", "json", {"a": "int"}, ("day",))
    put("empty_csv/a.csv", "id,name\n")
    catalog_table(aws, bucket, "empty_csv", "csv", {"id": "int", "name": "string"}, header=True)
    put("text_lines/a.csv", 'id,name\n1,"one\ntwo"\n')
    catalog_table(aws, bucket, "text_lines", "csv", {"id": "int", "name": "string"}, header=True)
    put("ordered/a.json", '{"zip": "1", "n": {"y": 1, "b": 2}, "age": 3}\n{"extra": true}\n')
    put("ordered/b.json", '{"zip": "2"}\n')
    put("csv/a.csv", "id,name\n1,a\n")
    put("records/a.json", json.dumps({"Records": [{"id": 1}, {"id": 2}]}, indent=1))
    put("broken/a.json", '{"a": 1}\n{"a"\n')


@pytest.fixture(scope="module")
def bucket(emulator: str, aws: Client) -> str:
    """The bucket with all that, which is the database's name too."""
    name = unique("as-aws")
    sources(aws, name)
    return name


@pytest.fixture(scope="module")
def found(emulator: str, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script above has found out."""
    return run_script(SCRIPT, emulator, bucket, tmp_path_factory.mktemp("as on aws"))


def keys(aws: Client, bucket: str, prefix: str) -> list[str]:
    pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [e["Key"].removeprefix(prefix) for page in pages for e in page.get("Contents", ())]


def test_nested_fields_are_read_whatever_their_case_and_name(found: dict[str, Any]) -> None:
    columns, [person] = found["people"]
    assert columns == ["id", "address", "tags"]
    assert person == {
        "id": 1,
        "address": {"ZipCode": "10115", "1st line": "x"},
        "tags": [{"tagkey": 7}],
    }
    assert found["zip"] == [["10115"]]


def test_records_over_several_lines_are_read_whole(found: dict[str, Any]) -> None:
    assert found["pretty"] == [[[1, [0.5]], [2, [1.0]], [3, [1.5]]], 0]
    assert found["lines"] == [[1, "one\ntwo"]]


def test_a_frame_has_the_fields_of_its_records(found: dict[str, Any]) -> None:
    assert found["absent"] == ["a", "b"]  # a null is a value
    assert found["none"] == found["csv_none"] == []
    assert [name for name, _ in found["ordered"]] == ["zip", "n", "age", "extra"]
    assert dict(found["ordered"])["n"] == "struct<y:bigint,b:bigint>"


def test_no_number_becomes_another(found: dict[str, Any]) -> None:
    assert found["narrowed"] == [[5, 6], [None, None]]
    assert found["wrapped"] == [[None, None]]


def test_a_mapping_may_name_a_type_by_one_word(found: dict[str, Any]) -> None:
    assert found["bare"] == [
        ["S2", "struct<A:int,b:string>"],
        ["l", "array<int>"],
        ["m", "map<string,int>"],
        ["v", "string"],
        ["c", "string"],
        ["d", "decimal(10,2)"],
    ]


def test_a_mapping_may_leave_types_out(found: dict[str, Any]) -> None:
    types, narrowed = found["short"]
    assert types == [["number", "int"], ["label", "string"]]
    assert sorted(narrowed) == [[7], [8]]
    assert "or (source, target)" in found["too_short"][1]


def test_actions_are_taken_in_capitals_as_generated_scripts_have_them(
    found: dict[str, Any],
) -> None:
    assert found["capitals"] == [["id", "int"], ["name", "int"]]


def test_a_job_that_was_never_begun_may_be_committed(found: dict[str, Any]) -> None:
    """As in the notebooks that AWS Glue Studio makes, which have no `Job.init`."""
    assert found["no_init"] is None


def test_keys_that_differ_by_case_are_two_fields(found: dict[str, Any]) -> None:
    assert found["joined"] == [["ID", "x", "id", "y"], [[1, "a", "b"]]]


def test_files_are_named_as_glue_names_them(
    found: dict[str, Any], aws: Client, bucket: str
) -> None:
    assert found
    files = keys(aws, bucket, "named/json/")
    assert files
    assert all(f.startswith("run-") and "-part-r-0" in f and f.endswith(".json.gz") for f in files)
    parts = keys(aws, bucket, "named/parts/")
    assert {part.split("/run-")[0] for part in parts} == {"name=a", "name=b"}
    assert keys(aws, bucket, "named/none/") == []
    plain = keys(aws, bucket, "plain/")  # Spark's own writers name theirs as Spark does
    assert "_SUCCESS" in plain
    assert any(name.startswith("part-") for name in plain)


def test_sinks_update_tables_and_partitions(
    found: dict[str, Any], aws: Client, bucket: str
) -> None:
    table = aws("glue").get_table(DatabaseName=bucket, Name="made")["Table"]
    columns = {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}
    assert columns == {"id": "bigint", "extra": "double"}
    pages = aws("glue").get_paginator("get_partitions")
    partitions = {
        p["Values"][0]: p["StorageDescriptor"]["Location"]
        for page in pages.paginate(DatabaseName=bucket, TableName="made")
        for p in page["Partitions"]
    }
    assert partitions == {v: f"s3://{bucket}/sinks/made/name={v}/" for v in ("a", "b", "c")}
    assert found["keys"][0] == "CatalogError"
    assert "['name']" in found["keys"][1]


def test_options_are_applied_or_named(found: dict[str, Any], bucket: str) -> None:
    options = found["options"]
    assert options["skipFirst"] == [["1", "a"]]
    assert options["jsonPath"] == [1, 2]
    assert options["attachFilename"] == [["1", "a", f"s3://{bucket}/csv/a.csv"]]
    assert (options["boundedFiles"], options["unknown"]) == (2, 2)
    assert "compressionType 'gzip'" in found["compression"][1]
    assert found["fail_fast"][0] == "SourceError"
    assert found["broken"] == 1


def test_only_the_partitions_that_are_written_are_overwritten(found: dict[str, Any]) -> None:
    for kind in ("parquet", "csv"):
        assert found[f"dynamic_{kind}"] == [[1, "a"], [3, "b"]]
