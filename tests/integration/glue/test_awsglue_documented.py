"""Transforms and methods as the examples of AWS's pages use them.

AWS Glue Developer Guide: "DynamicFrame class", "GlueContext class", "Using the XML format in AWS
Glue", "GlueTransform base class".
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.glue.scripts import Client, catalog_table, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
from awsglue import transforms as T
from awsglue.dynamicframe import ResolveOption
from awsglue.gluetypes import DoubleType, LongType


def frame(data, schema=None):
    return DynamicFrame.fromDF(spark.createDataFrame(data, schema), glue, "f")


def named(frame):
    return [[f.name, f.dataType.simpleString()] for f in frame.schema().fields]


def read(folder, kind, **options):
    return glue.create_dynamic_frame.from_options(
        "s3", {"paths": [f"s3://{bucket}/{folder}/"]}, format=kind, format_options=options
    )


item = ("Item struct<id:struct<N:string>,"
        "parentMap:struct<M:struct<childMap:struct<M:struct<appName:struct<S:string>>>>>,"
        "strings:struct<SS:array<string>>,isDDBJson:struct<BOOL:boolean>,"
        "list:struct<L:array<struct<S:string>>>,"
        "mixed:struct<L:array<struct<S:string,N:string>>>,either:struct<S:string,N:string>>")
exported = DynamicFrame.fromDF(spark.read.schema(item).json(spark.sparkContext.parallelize([
    json.dumps({"Item": {
        "id": {"N": "7"}, "parentMap": {"M": {"childMap": {"M": {"appName": {"S": "app"}}}}},
        "strings": {"SS": ["a", "b"]}, "isDDBJson": {"BOOL": True},
        "list": {"L": [{"S": "x"}, {"S": "y"}]}, "mixed": {"L": [{"S": "x"}, {"N": "1"}]},
        "either": {"N": "3"},
    }})
])), glue, "exported")
found["simplified"] = [named(exported.simplify_ddb_json()), rows(exported.simplify_ddb_json())]
found["unnested"] = [f.name for f in exported.unnest_ddb_json().schema().fields]
found["as_class"] = rows(T.SimplifyDDBJson.apply(exported)) == rows(exported.simplify_ddb_json())

nested = frame([((1, ("x",)), "s", 5), (None, "t", 6)],
               "a struct<b:int,c:struct<d:string>>, s string, `x.y` int")
for name, old, new in (
    ("in_place", "a.b", "a.e"), ("to_top", "a.c.d", "d"), ("into", "s", "a.c.s"),
    ("dotted", "`x.y`", "xy"), ("absent", "a.nothing", "z"), ("new_struct", "s", "n.s"),
):
    renamed = nested.rename_field(old, new)
    found[name] = [named(renamed), rows(renamed)]

numbers = frame([(1, "a"), (5, "b"), (None, "c")], "n int, t string")
half = lambda r: {"half": r["n"] / 2}
mapped = numbers.map(half).filter(lambda r: r["half"] > 1)
found["errors"] = [mapped.errorsCount(), mapped.stageErrorsCount(), numbers.errorsCount()]
mapped.assertErrorThreshold()
found["too_many"] = [
    raised(lambda: numbers.map(half, stageThreshold=1)),
    raised(lambda: T.Map.apply(frame=numbers, f=half, totalThreshold=1)),
    raised(lambda: numbers.map(half).drop_fields(["t"], totalThreshold=1)),
    raised(lambda: numbers.map(half, stageThreshold=2).drop_fields(["t"], stageThreshold=1)),
    raised(lambda: numbers.map(half, stageThreshold="many")),
]

mixed = read("mixed", "json")
found["options"] = [
    rows(mixed.toDF([ResolveOption("v", "Project", LongType())])),
    rows(mixed.toDF([ResolveOption("v", "KeepAsStruct")]))[0][1][0],
    raised(lambda: mixed.toDF([ResolveOption("v", "Twist")])),
]
prices = frame([([("1.5", 1), ("$2", 2)],)], "myList array<struct<price:string,n:int>>")
cast = prices.resolveChoice(specs=[("myList[].price", "cast:double"), ("myList[].n", "make_cols")])
found["in_list"] = [named(cast), rows(cast)]
found["in_struct"] = named(nested.resolveChoice(specs=[("a.b", "cast:long")]))

sample = glue.create_sample_dynamic_frame_from_catalog(bucket, "declared", 2)
found["sample"] = sample.count()
found["sample_of_files"] = glue.create_sample_dynamic_frame_from_options(
    "s3", {"paths": [f"s3://{bucket}/declared/"]}, num=1,
    sample_options={"maxSamplePartitions": 1}, format="csv", format_options={"withHeader": True},
).count()
source = glue.getSource("s3", paths=[f"s3://{bucket}/mixed/"])
source.setFormat("json")
found["source"] = source.getFrame().count()
found["schema"] = glue.get_catalog_schema_as_spark_schema(bucket, "declared").simpleString()
found["ingested"] = glue.add_ingestion_time_columns(numbers.toDF(), "hour").columns

logs = read("logs", "GrokLog", MISSING="none", customPatterns="LEVEL (LOW|HIGH)\\n",
            logFormat=r"%{TIMESTAMP_ISO8601:at} \\[%{LEVEL:it}\\] %{INT:n:int}( %{DATA:who})? end")
found["logs"] = [named(logs), rows(logs), logs.errorsCount()]
found["no pattern"] = [
    raised(lambda: read("logs", "grokLog")),
    raised(lambda: read("logs", "grokLog", logFormat="(%{INT:n}")),
]
books = read("books", "xml", rowTag="book")
found["books"] = [named(books), rows(books), books.errorsCount()]
catalog = glue.create_dynamic_frame.from_catalog(bucket, "books")
found["catalog_books"] = [named(catalog), rows(catalog), catalog.errorsCount()]
glue.write_dynamic_frame.from_options(
    books, "S3", {"path": f"s3://{bucket}/upper"}, format="JSON")
found["upper"] = glue.create_dynamic_frame.from_options(
    "S3", {"paths": [f"s3://{bucket}/upper"]}, format="JSON").count()
export = {"dynamodb.export": "ddb", "dynamodb.s3.bucket": bucket, "dynamodb.s3.prefix": "x",
          "dynamodb.tableArn": f"arn:aws:dynamodb:us-east-1:000000000000:table/{bucket}"}


def exported(**more):
    frame = glue.create_dynamic_frame.from_options(
        "dynamodb", {**export, **{f"dynamodb.{k}": v for k, v in more.items()}})
    data = frame.toDF()  # a table's attributes have no order
    data = data.select(*(f"`{name}`" for name in sorted(data.columns)))
    return [data.dtypes, rows(data)]


found["export"] = [
    exported(), exported(unnestDDBJson=True), exported(simplifyDDBJson="true"),
    raised(lambda: exported(export="s3")), raised(lambda: exported(exportType="INCREMENTAL"))]
numbers.write("s3", {"path": f"s3://{bucket}/written"}, format="json")
found["written"] = read("written", "json").count()
tables = frame([([1, 2],)], "l array<int>").relationalize("root", "s3://x")
glue.write_from_options(tables, "s3", {"path": f"s3://{bucket}/tables"}, format="json")
found["tables"] = read("tables/root_l", "json").count()
glue.transition_s3_path(f"s3://{bucket}/mixed/", "STANDARD_IA", {"retentionPeriod": 0})
glue.transition_table(bucket, "declared", "GLACIER", {"retentionPeriod": 1})
found["not_moved"] = raised(lambda: glue.transition_s3_path("s3://x/", "COLD"))
found["refused"] = [
    raised(lambda: glue.start_transaction(True)),
    raised(lambda: T.FindMatches.apply(frame=numbers)),
    raised(lambda: read("mixed", "ion")),
    raised(lambda: glue.create_dynamic_frame.from_options("saphana", {})),
]
"""


@pytest.fixture(scope="module")
def bucket(aws: Client) -> str:
    name = unique("documented")
    s3 = aws("s3")
    s3.create_bucket(Bucket=name)
    aws("glue").create_database(DatabaseInput={"Name": name})
    bodies = {
        "mixed/a.json": '{"id": 1, "v": 1}\n{"id": 2, "v": "2"}\n',
        "declared/a.csv": "v,w\n1,1\n2,2\n3,3\n",
        "books/a.xml": '<b><book id="1"><t>A</t><p>2.5</p></book><book id="2"><t>3</t></book></b>',
        "logs/a.log": "2026-11-28T10:00:00Z [LOW] 7 Ann end\nno record\n"
        "2026-11-28 10:00:01 [HIGH] x\n2026-11-28 10:00:02 [HIGH] -3 none end\n",
        "books/b.xml": "<b><book id='3'><t>B</t></book><book>",
    }
    for key, body in bodies.items():
        s3.put_object(Bucket=name, Key=key, Body=body.encode())
    columns = {"_id": "bigint", "t": "string", "p": "double"}
    catalog_table(aws, name, "books", "xml", columns, serde={"rowTag": "book"})
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    item = {"id": {"S": "a"}, "m": {"M": {"n": {"N": "1"}}}}
    dynamodb.put_item(TableName=name, Item=item)
    columns = {"v": "bigint", "w": "int"}
    catalog_table(aws, name, "declared", "csv", columns, header=True)
    return name


@pytest.fixture(scope="module")
def found(emulator: str, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script above has found out."""
    return run_script(SCRIPT, emulator, bucket, tmp_path_factory.mktemp("documented"))


def test_dynamodb_s_json_is_simplified(found: dict[str, Any]) -> None:
    names, [values] = found["simplified"]
    assert names == [
        ["id", "string"],
        ["parentMap", "struct<childMap:struct<appName:string>>"],
        ["strings", "array<string>"],
        ["isDDBJson", "boolean"],
        ["list", "array<string>"],
        ["mixed", "array<struct<S:string,N:string>>"],  # of two types: left as it is
        ["either", "string"],
    ]
    assert values[:5] == ["7", [["app"]], ["a", "b"], True, ["x", "y"]]
    assert values[6] == "3"
    assert found["unnested"][1] == "parentMap.childMap.appName"
    assert found["as_class"]


def test_fields_are_renamed_by_their_paths(found: dict[str, Any]) -> None:
    names, values = found["in_place"]
    assert names[0] == ["a", "struct<e:int,c:struct<d:string>>"]
    assert values == [[None, "t", 6], [[1, ["x"]], "s", 5]]
    assert found["to_top"][0] == [
        ["a", "struct<b:int>"], ["s", "string"], ["x.y", "int"], ["d", "string"],
    ]  # fmt: skip
    assert found["into"][0][0] == ["a", "struct<b:int,c:struct<d:string,s:string>>"]
    assert found["dotted"][0][2] == ["xy", "int"]
    assert found["absent"][0][0] == ["a", "struct<b:int,c:struct<d:string>>"]
    assert found["new_struct"][0][2] == ["n", "struct<s:string>"]


def test_error_records_are_counted_and_limited(found: dict[str, Any]) -> None:
    assert found["errors"] == [1, 0, 0]
    stage, total, later, other, wrong = found["too_many"]
    assert stage[0] == total[0] == later[0] == "ErrorThresholdError"
    assert "1 error records reach stageThreshold=1" in stage[1]
    assert "totalThreshold=1" in later[1]
    assert other is None  # the error was of the stage before
    assert wrong[0] == "ValueError"


def test_to_df_settles_choices_by_its_options(found: dict[str, Any]) -> None:
    projected, kept, wrong = found["options"]
    assert projected == [[1, 1], [2, 2]]
    assert kept == 1
    assert wrong[0] == "ValueError"


def test_casts_within_arrays_and_structs(found: dict[str, Any]) -> None:
    names, values = found["in_list"]
    assert names == [["myList", "array<struct<price:double,n:int>>"]]
    assert values == [[[[1.5, 1], [None, 2]]]]
    assert found["in_struct"][0] == ["a", "struct<b:bigint,c:struct<d:string>>"]


def test_samples_sources_and_schemas(found: dict[str, Any]) -> None:
    assert [found["sample"], found["sample_of_files"], found["source"]] == [2, 1, 2]
    assert found["schema"] == "struct<v:bigint,w:int>"
    assert found["ingested"][2:] == ["ingest_year", "ingest_month", "ingest_day", "ingest_hour"]


def test_logs_are_read_by_their_grok_pattern(found: dict[str, Any]) -> None:
    schema, records, errors = found["logs"]
    assert schema == [["at", "string"], ["it", "string"], ["n", "int"], ["who", "string"]]
    assert records == [
        ["2026-11-28 10:00:02", "HIGH", -3, None],
        ["2026-11-28T10:00:00Z", "LOW", 7, "Ann"],
    ]
    assert errors == 2
    (lacks, why), (broken, what) = found["no pattern"]
    assert (lacks, broken) == ("ValueError", "ValueError")
    assert "logFormat" in why and "no regular expression" in what


def test_xml_is_read(found: dict[str, Any]) -> None:
    names, values, errors = found["books"]
    assert names[0] == ["_id", "bigint"]
    assert {name for name, _ in names} == {"_id", "t", "p"}
    assert [row[0] for row in values] == [1, 2, 3]
    assert errors == 1


def test_xml_is_read_by_its_table(found: dict[str, Any]) -> None:
    names, values, errors = found["catalog_books"]
    assert names == [["_id", "bigint"], ["t", "string"], ["p", "double"]]
    assert values == [[1, "A", 2.5], [2, "3", None], [3, "B", None]]
    assert errors == 1


def test_connection_types_and_formats_in_capitals(found: dict[str, Any]) -> None:
    assert found["upper"] == 3


def test_an_export_of_dynamodb(found: dict[str, Any]) -> None:
    plain, unnested, simplified, of_s3, incremental = found["export"]
    [[name, kind]], [[item]] = plain
    assert (name, sorted(item, key=str)) == ("Item", [["a"], [[["1"]]]])
    assert "id:struct<S:string>" in kind and "m:struct<M:struct<n:struct<N:string>>>" in kind
    assert unnested == [[["id", "string"], ["m.n", "string"]], [["a", "1"]]]
    assert simplified == [[["id", "string"], ["m", "struct<n:string>"]], [["a", ["1"]]]]
    assert "dynamodb.export 's3'" in of_s3[1]
    assert "dynamodb.exportType 'INCREMENTAL'" in incremental[1]


def test_frames_write_themselves_and_collections_are_written(found: dict[str, Any]) -> None:
    assert found["written"] == 3
    assert found["tables"] == 2


def test_objects_change_their_storage_class(
    found: dict[str, Any], aws: Client, bucket: str
) -> None:
    def storage_class(key: str) -> str:
        answer: dict[str, Any] = aws("s3").head_object(Bucket=bucket, Key=key)
        return str(answer.get("StorageClass", "STANDARD"))

    assert storage_class("mixed/a.json") == "STANDARD_IA"
    assert storage_class("declared/a.csv") == "STANDARD"  # changed within the last hour
    assert found["not_moved"][0] == "ValueError"


def test_what_is_refused_says_what_to_use(found: dict[str, Any]) -> None:
    for error, part in zip(
        found["refused"],
        ("GlueContext.start_transaction", "transforms.FindMatches", "'ion'", "'saphana'"),
        strict=True,
    ):
        assert error[0].startswith("Unsupported")
        assert part in error[1]
        assert "instead: " in error[1]
