"""Our awsglue and the PySpark command: one run against the emulator, each result checked."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, catalog_table, run_script
from tests.support import unique

pytestmark = pytest.mark.spark

SCRIPT = """
from awsglue.transforms import ApplyMapping, DropFields, Filter, Join, Map, RenameField
from awsglue.transforms import DropNullFields, ResolveChoice, SelectFields

quoted = table("quoted")
found["csv"] = rows(quoted)
found["csv_types"] = [[f.name, f.dataType.simpleString()] for f in quoted.schema().fields]
found["csv_text"] = rows(quoted.resolveChoice(specs=[("year", "cast:string")]))
found["gaps"] = rows(table("gaps"))
found["gaps_of_hive"] = rows(table("gaps_of_hive"))
untyped = glue.create_dynamic_frame.from_options(
    "s3", {"paths": [f"s3://{bucket}/gaps/"]}, format="csv", format_options={"withHeader": True})
found["gaps_untyped"] = rows(untyped)
glue.write_dynamic_frame.from_options(
    frame=untyped, connection_type="s3", connection_options={"path": f"s3://{bucket}/out/gaps"},
    format="csv")
found["gaps_written"] = sorted(r.value for r in spark.read.text(f"s3://{bucket}/out/gaps").collect())
events = table("events")
found["json"] = rows(events)
found["json_columns"] = events.toDF().columns
found["json_errors"] = [events.errorsCount(), rows(events.errorsAsDynamicFrame())]
found["parquet"] = rows(table("columns"))
found["dynamodb"] = rows(table("items"))
found["emptied"] = rows(table("emptied"))
found["no_partitions"] = rows(table("unregistered"))
found["options"] = rows(glue.create_dynamic_frame.from_options(
    "s3", {"paths": [f"s3://{bucket}/events/"], "recurse": True}, format="json"
).select_fields(["userId"]))
found["chosen"] = [
    glue.create_dynamic_frame.from_options("s3", options, format="json").count()
    for options in (
        {"paths": [f"s3://{bucket}/events/"]},
        {"paths": [f"s3://{bucket}/events/2026/11/"]},
        {"paths": [f"s3://{bucket}/events/2026/*/"]},
        {"paths": [f"s3://{bucket}/events/"], "recurse": True, "exclusions": '["**.gz"]'},
    )
]

mapped = ApplyMapping.apply(frame=quoted, mappings=[
    ("id", "long", "movie", "int"), ("year", "string", "year", "long"), ("none", "int", "n", "int")
])
found["mapped"] = [[f.name, f.dataType.simpleString()] for f in mapped.schema().fields]
found["mapped_rows"] = rows(mapped)
old = Filter.apply(frame=quoted, f=lambda r: r["id"] == 1)
found["filtered"] = rows(SelectFields.apply(frame=old, paths=["title"]))
found["map"] = rows(Map.apply(frame=old, f=lambda r: {"x": r.id + 1}))
other = DynamicFrame.fromDF(spark.createDataFrame([(1, "a")], "id bigint, note string"), glue, "o")
found["join"] = rows(Join.apply(quoted, other, ["id"], ["id"]))
renamed = RenameField.apply(frame=other, old_name="note", new_name="remark")
found["renamed"] = renamed.toDF().columns
found["dropped"] = DropFields.apply(frame=renamed, paths=["id"]).toDF().columns
nulls = DynamicFrame.fromDF(spark.createDataFrame([(1, None)], "a int, b string"), glue, "n")
found["no_nulls"] = DropNullFields.apply(frame=nulls).toDF().columns
rdd = spark.sparkContext.parallelize([(1,)])
found["rdd"] = rows(glue.create_dynamic_frame.from_rdd(rdd, "r", ["a"]))

glue.write_dynamic_frame.from_options(
    frame=other, connection_type="s3", connection_options={"path": f"s3://{bucket}/out/csv"},
    format="csv",
)
spark.range(10).write.parquet(f"s3://{bucket}/out/parquet")
found["existing"] = raised(lambda: spark.range(1).write.parquet(f"s3://{bucket}/out/parquet"))
found["worker"] = spark.sparkContext.parallelize([1], 1).map(
    lambda _: __import__("awsglue.utils").__name__
).collect()
found["leak"] = raised(lambda: __import__("class_path"))
found["conf"] = {name: spark.conf.get(name) for name in (
    "spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.master", "spark.ui.enabled",
)}
found["cast"] = rows(spark.sql("select cast('userId' as int)"))
for api, call in {
    "frame": lambda: quoted.find_matches(),
    "context": lambda: glue.start_transaction,
    "bookmark": lambda: Job(glue).init("j", {"job_bookmark_option": "job-bookmark-enable"}),
    "option": lambda: glue.create_dynamic_frame.from_options(
        "dynamodb", {"dynamodb.input.tableName": bucket, "dynamodb.exportTime": "2026-01-01"}
    ),
    "missing": lambda: table("nowhere"),
}.items():
    found["error_" + api] = raised(call)
"""


def sources(aws: Client, bucket: str) -> None:
    """Tables of each kind that a crawler makes."""
    import pyarrow as pa
    from pyarrow import parquet

    s3, glue = aws("s3"), aws("glue")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": bucket})

    text = 'id,title,year\n1,"Les ""M"", a",1998\n2,Déjà Vu,n/a\n'
    s3.put_object(Bucket=bucket, Key="quoted/a.csv", Body=text.encode())
    catalog_table(
        aws, bucket, "quoted", "csv", {"id": "bigint", "title": "string", "year": "int"},
        serde={"separatorChar": ",", "quoteChar": '"'}, header=True,
    )  # fmt: skip

    gaps = {"id": "bigint", "name": "string", "n": "int"}
    s3.put_object(Bucket=bucket, Key="gaps/a.csv", Body=b'id,name,n\n1,,\n,b,2\n3,"",0\n')
    catalog_table(aws, bucket, "gaps", "csv", gaps, header=True)
    s3.put_object(Bucket=bucket, Key="gaps_of_hive/a", Body=b"1\x01\x01\\N\n\\N\x01\\N\x012\n")
    storage = {
        "Columns": [{"Name": n, "Type": t} for n, t in gaps.items()],
        "Location": f"s3://{bucket}/gaps_of_hive/",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    }
    table_input = {"Name": "gaps_of_hive", "StorageDescriptor": storage}
    glue.create_table(DatabaseName=bucket, TableInput=table_input)

    events = [json.dumps({"userId": n, "at": {"h": n}}) for n in range(4)]
    plain, packed = "\n".join(events[:2]), gzip.compress(("".join(events[2:]) + "{x").encode())
    s3.put_object(Bucket=bucket, Key="events/2026/11/a", Body=plain.encode())
    s3.put_object(Bucket=bucket, Key="events/2026/12/b.gz", Body=packed)
    columns = {"at": "struct<h:int>", "userid": "int"}
    catalog_table(aws, bucket, "events", "json", columns, ("partition_0", "partition_1"))
    catalog_table(aws, bucket, "unregistered", "json", columns, ("partition_0",))
    catalog_table(aws, bucket, "emptied", "csv", {"a": "int"})
    for month in ("11", "12", "13"):  # the last has no objects any more
        storage = {"Location": f"s3://{bucket}/events/2026/{month}/", "Columns": []}
        values = ["2026", month]
        glue.create_partition(
            DatabaseName=bucket,
            TableName="events",
            PartitionInput={"Values": values, "StorageDescriptor": storage},
        )

    file = io.BytesIO()
    parquet.write_table(pa.table({"B": [1.5], "a": pa.array([7], pa.int32())}), file)
    s3.put_object(Bucket=bucket, Key="columns/a.parquet", Body=file.getvalue())
    catalog_table(
        aws, bucket, "columns", "parquet", {"a": "bigint", "b": "double", "new": "string"}
    )

    aws("dynamodb").create_table(
        TableName=bucket,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "userId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}],
    )
    for n in range(3):
        item = {"userId": {"S": str(n)}, "rating": {"N": "2.5"}, "tags": {"L": [{"N": "1"}]}}
        aws("dynamodb").put_item(TableName=bucket, Item=item if n else {"userId": {"S": "0"}})
    catalog_table(
        aws, bucket, "items", "dynamodb",
        {"userid": "string", "rating": "double", "tags": "array<bigint>"},
        location=f"arn:aws:dynamodb:us-east-1:000000000000:table/{bucket}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def bucket(aws: Client) -> str:
    name = unique("glue")
    sources(aws, name)
    return name


@pytest.fixture(scope="module")
def found(emulator: str, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script above has found out."""
    workdir = tmp_path_factory.mktemp("glue run")  # a blank in a path must not matter
    return run_script(SCRIPT, emulator, bucket, workdir)


def test_texts_of_csv_with_nothing_in_them_are_empty(found: dict[str, Any]) -> None:
    """AWS Glue Developer Guide, "IsComplete", "Null behavior"; of other types they are null."""
    assert found["gaps"] == [[1, "", None], [3, "", 0], [None, "b", 2]]
    assert found["gaps_of_hive"] == [[1, "", None], [None, None, 2]]
    assert found["gaps_untyped"] == [["", "b", "2"], ["1", "", ""], ["3", "", "0"]]
    assert found["gaps_written"] == [",b,2", "1,,", "3,,0", "id,name,n"]


def test_csv_has_the_catalogs_types_and_what_does_not_fit_is_still_there(
    found: dict[str, Any],
) -> None:
    assert found["csv_types"] == [
        ["id", "bigint"],
        ["title", "string"],
        ["year", "struct<int:int,string:string>"],  # a choice: one year is no number
    ]
    assert found["csv"] == [[1, 'Les "M", a', [1998, None]], [2, "Déjà Vu", [None, "n/a"]]]
    assert found["csv_text"] == [[1, 'Les "M", a', "1998"], [2, "Déjà Vu", "n/a"]]


def test_json_gives_every_record_with_its_partition(found: dict[str, Any], bucket: str) -> None:
    assert found["json_columns"] == ["at", "userid", "partition_0", "partition_1"]
    assert found["json"] == [
        [[0], 0, "2026", "11"],
        [[1], 1, "2026", "11"],
        [[2], 2, "2026", "12"],
        [[3], 3, "2026", "12"],
    ]
    assert found["json_errors"] == [1, [["{x", f"s3://{bucket}/events/2026/12/b.gz"]]]
    assert found["no_partitions"] == found["emptied"] == []


def test_parquet_takes_the_catalogs_order_and_types(found: dict[str, Any]) -> None:
    assert found["parquet"] == [[7, 1.5]]  # no file has the third column


def test_dynamodb_items_have_the_catalogs_columns(found: dict[str, Any]) -> None:
    assert found["dynamodb"] == [["0", None, None], ["1", 2.5, [1]], ["2", 2.5, [1]]]


def test_joined_json_is_read_whole_without_a_catalog(found: dict[str, Any]) -> None:
    values = [row[0] for row in found["options"]]
    assert [v for v in values if v is not None] == [0, 1, 2, 3]


def test_folders_are_read_with_their_subfolders_only_when_asked(found: dict[str, Any]) -> None:
    assert found["chosen"] == [0, 2, 4, 2]


def test_transforms(found: dict[str, Any]) -> None:
    assert found["mapped"] == [["movie", "int"], ["year", "bigint"]]
    assert found["mapped_rows"] == [[1, 1998], [2, None]]
    assert found["filtered"] == [['Les "M", a']]
    assert found["map"] == [[2]]
    assert found["join"] == [[1, 'Les "M", a', [1998, None], 1, "a"]]
    assert found["renamed"] == ["id", "remark"]
    assert found["dropped"] == ["remark"]
    assert found["no_nulls"] == ["a"]
    assert found["rdd"] == [[1]]


def test_writes_go_through_the_magic_committer(
    found: dict[str, Any], aws: Client, bucket: str
) -> None:
    s3 = aws("s3")
    body = s3.get_object(Bucket=bucket, Key="out/parquet/_SUCCESS")["Body"].read()
    assert json.loads(body)["committer"] == "magic"
    keys = [e["Key"] for e in s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]]
    assert not [key for key in keys if "_temporary" in key or "__magic" in key]
    assert any(key.endswith(".parquet") for key in keys)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert "already exists" in found["existing"][1]


def test_the_session_is_as_on_glue(found: dict[str, Any]) -> None:
    assert found["conf"]["spark.sql.session.timeZone"] == "UTC"
    assert found["conf"]["spark.sql.ansi.enabled"] == "false"
    assert found["conf"]["spark.ui.enabled"] == "false"
    assert found["conf"]["spark.master"].startswith("local[")
    assert found["cast"] == [[None]]


def test_workers_have_awsglue_and_nothing_else_of_ours_is_on_the_path(
    found: dict[str, Any],
) -> None:
    assert found["worker"] == ["awsglue"]
    assert found["leak"][0] == "ModuleNotFoundError"


@pytest.mark.parametrize(
    ("api", "kind", "text"),
    [
        ("frame", "UnsupportedAttributeError", "DynamicFrame.find_matches"),
        ("context", "UnsupportedAttributeError", "GlueContext.start_transaction"),
        ("bookmark", "UnsupportedApiError", "job-bookmark-enable"),
        ("option", "UnsupportedApiError", "'dynamodb.exportTime'"),
        ("missing", "CatalogError", "nowhere"),
    ],
)
def test_what_is_missing_is_named(found: dict[str, Any], api: str, kind: str, text: str) -> None:
    assert found[f"error_{api}"][0] == kind
    assert text in found[f"error_{api}"][1]
