"""DynamicFrames as AWS documents them: choices, nesting, splitting, error records, formats."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, catalog_table, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
import contextlib, io
from awsglue.dynamicframe import DynamicFrameCollection
from awsglue import transforms as T


def frame(data, schema=None):
    return DynamicFrame.fromDF(spark.createDataFrame(data, schema), glue, "f")


def printed(call):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        call()
    return out.getvalue().split("\\n")


def named(frame):
    return [[f.name, f.dataType.simpleString()] for f in frame.schema().fields]


def read(folder, kind, **options):
    return glue.create_dynamic_frame.from_options(
        "s3", {"paths": [f"s3://{bucket}/{folder}/"], "groupFiles": "inPartition"},
        format=kind, format_options=options,
    )


mixed = read("mixed", "json")
found["json_schema"] = printed(mixed.printSchema)
found["json_df"] = rows(mixed)
found["json_errors"] = mixed.errorsCount()
found["cast"] = rows(mixed.resolveChoice(specs=[("v", "cast:long")]))
found["project"] = rows(mixed.resolveChoice(specs=[("v", "project:string")]))
found["make_cols"] = named(mixed.resolveChoice(choice="make_cols"))
struct = mixed.resolveChoice(specs=[("v", "make_struct")])
found["make_struct"] = [f.dataType.name for f in struct.schema().fields if f.name == "v"]
declared = table("declared")
found["declared"] = printed(declared.printSchema)
fractions = table("fractions")
found["fractions"] = [printed(fractions.printSchema), rows(fractions)]
found["fractions_cast"] = rows(fractions.resolveChoice(specs=("v", "cast:double")))
found["declared_cols"] = rows(T.ResolveChoice.apply(declared, choice="make_cols"))
found["match_catalog"] = rows(T.ResolveChoice.apply(
    mixed.select_fields(["v"]), choice="match_catalog", database=bucket, table_name="declared"
))
found["mapped_choice"] = rows(mixed.apply_mapping([("v", "string", "a.b", "string")]))

nested = frame(
    [({"x": 1, "y": {"z": 2}}, [{"n": 1, "tags": ["p", "q"]}, {"n": 2, "tags": []}], "s"),
     (None, None, "t")],
    "a struct<x:int,y:struct<z:int>>, l array<struct<n:int,tags:array<string>>>, s string",
)
found["unnest"] = named(T.UnnestFrame.apply(nested))
tables = T.Relationalize.apply(frame=nested, staging_path="s3://x", name="root")
found["tables"] = {name: [each.toDF().columns, rows(each)] for name, each in tables.items()}
found["absent_table"] = tables.select("root_nothing").count()
hollow = frame(
    [({"x": 1, "y": None}, [{"n": 1, "m": None}, {"n": None, "m": None}], None, []),
     ({"x": None, "y": None}, None, None, None)],
    "a struct<x:int,y:string>, l array<struct<n:int,m:int>>, s string, e array<struct<z:int>>",
)
found["no_nulls"] = [named(hollow.drop_nulls()), rows(T.DropNullFields.apply(frame=hollow))]
found["selected"] = named(nested.select_fields(["a.y.z", "s"]))
found["inner_dropped"] = named(nested.drop_fields(["a.y", "l"]))
found["built"] = named(nested.apply_mapping([
    ("a.x", "int", "o.p", "long"), ("s", "string", "o.q.r", "string"),
    ("s", "string", "`d.e`", "string"),
]))

numbers = frame([(1, "a"), (5, "b"), (None, "c")], "n int, t string")
halves = T.SplitRows.apply(numbers, {"n": {">": 1, "<": 9}}, "in", "out")
found["split_rows"] = {name: rows(halves[name]) for name in halves.keys()}
parts = T.SplitFields.apply(numbers, ["n"], "one", "two")
found["split_fields"] = {name: parts.select(name).toDF().columns for name in parts}
found["flat_map"] = T.FlatMap.apply(
    parts, T.RenameField, "frame", old_name="n", new_name="m"
)["one"].toDF().columns
found["flat_mapped"] = {
    name: each.toDF().columns
    for name, each in parts.flatmap(lambda f, ctx: f.rename_field("t", "u")).items()
}
found["of_list"] = sorted(DynamicFrameCollection([numbers, nested.unnest()], glue).keys())
found["one_tuple"] = named(numbers.apply_mapping(("n", "int", "m", "long")))
found["to_collection"] = T.MapToCollection.apply(parts, lambda f, ctx: f)["two"].count()
found["from_collection"] = rows(T.SelectFromCollection.apply(dfc=parts, key="two"))


def halved(record):
    record["half"] = {"of": record.n, "is": record["n"] / 2}
    return record


mapped = T.Map.apply(frame=numbers, f=halved)
found["map"] = [named(mapped), rows(mapped.select_fields(["half"]))]
found["map_errors"] = [mapped.errorsCount(), rows(T.ErrorsAsDynamicFrame.apply(mapped))]
kept = T.Filter.apply(frame=numbers, f=lambda r: r["n"] > 1)
found["filter"] = [rows(kept), kept.errorsCount()]
found["filter_errors"] = T.Filter.apply(frame=numbers, f=lambda r: 1 / (r["n"] - 1)).errorsCount()
either = numbers.map(lambda r: {"v": r["n"] if r["n"] == 1 else 2.5})
found["map_choice"] = [printed(either.printSchema), rows(either)]
found["none"] = rows(T.Map.apply(frame=kept.filter(lambda r: False), f=halved))
found["unboxed"] = rows(T.Unbox.apply(
    frame=frame([('{"a": 1, "b": [true]}',), (None,)], "j string"), path="j", format="json"
))
staged = frame([(5, "B"), (7, "d")], "n int, t string")
found["merged"] = rows(numbers.mergeDynamicFrame(staged, ["n"]))
T.Spigot.apply(frame=numbers, path=f"s3://{bucket}/spigot", options={"topk": 2})

out = f"s3://{bucket}/out"
for kind in ("avro", "orc", "parquet", "json", "csv"):
    glue.write_dynamic_frame.from_options(numbers, "s3", {"path": f"{out}/{kind}"}, kind)
    options = {"withHeader": True} if kind == "csv" else {}
    found["as_" + kind] = named(read(f"out/{kind}", kind, **options))
sink = glue.getSink("s3", path=f"{out}/sink", partitionKeys=["t"])
sink.setFormat("csv", separator="|", quoteChar=-1, writeHeader=False)
sink.writeFrame(numbers)
found["no_header"] = named(read("out/sink/t=a", "csv", separator="|"))
found["lines"] = rows(read("lines", "csv", withHeader=True, multiLine=True))

sink = glue.getSink(
    "s3", path=f"{out}/made/", enableUpdateCatalog=True, updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["t"],
)
sink.setFormat("glueparquet")
sink.setCatalogInfo(catalogDatabase=bucket, catalogTableName="made")
sink.writeFrame(numbers)
sink.writeFrame(frame([(9, "a", 1.5), (8, "d:d", 2.5)], "n int, t string, w double"))
found["made"] = rows(table("made"))
found["made_partition"] = rows(table("made", push_down_predicate="t = 'd:d'"))
declared_csv = frame([(7, 7)], "v long, w int")
glue.write_dynamic_frame.from_catalog(
    declared_csv, bucket, "declared", additional_options={"enableUpdateCatalog": True}
)
found["declared_written"] = table("declared").count()
whole = frame([(1, 2, 0.5, {"b": [1.5, None]}), (2, 2, None, None)],
              "id int, n int, f double, a struct<b:array<double>>")
glue.write_dynamic_frame.from_options(
    whole, "dynamodb", {"dynamodb.output.tableName": bucket, "dynamodb.output.retry": "3"}
)
items = glue.create_dynamic_frame.from_options(
    "dynamodb", {"dynamodb.input.tableName": bucket, "dynamodb.splits": "2"}
)
found["items"] = rows(items.select_fields(["id", "n", "f", "a"]))

days = table("days", push_down_predicate="day > '05' and hour = 7")
found["pruned"] = [rows(days), sorted({p.rsplit("/", 2)[-2] for p in days.toDF().inputFiles()})]
found["server_side"] = rows(
    table("days", additional_options={"catalogPartitionPredicate": "day='04'"}).select_fields(["v"])
)
glue.get_logger().warn("logged")
found["errors"] = [
    raised(lambda: numbers.resolveChoice(specs=[("n", "cost:int")])),
    raised(lambda: glue.write_dynamic_frame.from_jdbc_conf(numbers, "c")),
    raised(lambda: glue.getSink("redshift")),
    raised(lambda: read("mixed", "ion")),
    raised(lambda: read("mixed", "json", jsonPath="$..x")),
    raised(lambda: glue.write_dynamic_frame.from_options(
        numbers, "dynamodb", {"dynamodb.output.tableName": "nowhere"}
    )),
]
"""


def sources(aws: Client, bucket: str) -> None:
    s3, glue = aws("s3"), aws("glue")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": bucket})
    values: list[Any] = [1, "x", "2", None]
    mixed = "".join(json.dumps({"id": i, "v": v}) for i, v in enumerate(values)) + "{"
    bodies = {
        "mixed/a.json": mixed,
        "declared/a.csv": "v,w\n1,1\nx,2\n,3\n",
        "fractions/a.csv": "v,w\n1,1\n2.5,2\n3.0,3\n",
        "lines/a.csv": 'a,b\n"one\ntwo",2\n',
        **{f"days/{day}/7/a.json": f'{{"v": {int(day)}}}' for day in ("04", "06")},
    }
    for key, body in bodies.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
    catalog_table(aws, bucket, "declared", "csv", {"v": "bigint", "w": "int"}, header=True)
    catalog_table(aws, bucket, "fractions", "csv", {"v": "bigint", "w": "int"}, header=True)
    aws("dynamodb").create_table(
        TableName=bucket,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    catalog_table(aws, bucket, "days", "json", {"v": "int"}, ("day", "hour"))
    for day in ("04", "06"):
        location = f"s3://{bucket}/days/{day}/7/"
        glue.create_partition(
            DatabaseName=bucket,
            TableName="days",
            PartitionInput={
                "Values": [day, "7"],
                "StorageDescriptor": {"Location": location, "Columns": []},
            },
        )


@pytest.fixture(scope="module")
def bucket(aws: Client) -> str:
    name = unique("frames")
    sources(aws, name)
    return name


@pytest.fixture(scope="module")
def found(emulator: str, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script above has found out."""
    return run_script(SCRIPT, emulator, bucket, tmp_path_factory.mktemp("frames"))


def test_a_json_field_of_two_types_is_a_choice(found: dict[str, Any]) -> None:
    assert found["json_schema"][:5] == [
        "root", "|-- id: long", "|-- v: choice", "|    |-- long", "|    |-- string",
    ]  # fmt: skip
    assert found["json_df"] == [[0, [1, None]], [1, [None, "x"]], [2, [None, "2"]], [3, None]]
    assert found["json_errors"] == 1


def test_a_value_that_is_not_of_its_declared_type_makes_a_choice(found: dict[str, Any]) -> None:
    assert found["declared"][:5] == [
        "root", "|-- v: choice", "|    |-- long", "|    |-- string", "|-- w: int",
    ]  # fmt: skip
    assert found["declared_cols"] == [[1, None, 1], [None, "x", 2], [None, None, 3]]


def test_a_fraction_among_whole_numbers_makes_a_choice(found: dict[str, Any]) -> None:
    schema, values = found["fractions"]
    assert schema[1:5] == ["|-- v: choice", "|    |-- long", "|    |-- double", "|-- w: int"]
    assert values == [[[1, None], 1], [[3, None], 3], [[None, 2.5], 2]]
    assert found["fractions_cast"] == [[1.0, 1], [2.5, 2], [3.0, 3]]


def test_choices_are_resolved(found: dict[str, Any]) -> None:
    assert found["cast"] == [[0, 1], [1, None], [2, 2], [3, None]]
    assert found["project"] == [[0, "1"], [1, "x"], [2, "2"], [3, None]]
    assert found["make_cols"] == [["id", "bigint"], ["v_long", "bigint"], ["v_string", "string"]]
    assert found["make_struct"] == ["struct"]
    assert found["match_catalog"] == [[1], [2], [None], [None]]
    assert found["mapped_choice"] == [[["1"]], [["2"]], [["x"]], [[None]]]


def test_structs_are_taken_apart_and_built(found: dict[str, Any]) -> None:
    tags = "array<struct<n:int,tags:array<string>>>"
    assert found["unnest"] == [["a.x", "int"], ["a.y.z", "int"], ["l", tags], ["s", "string"]]
    assert found["selected"] == [["a", "struct<y:struct<z:int>>"], ["s", "string"]]
    assert found["inner_dropped"] == [["a", "struct<x:int>"], ["s", "string"]]
    assert found["built"] == [["o", "struct<p:bigint,q:struct<r:string>>"], ["d.e", "string"]]


def test_arrays_become_tables(found: dict[str, Any]) -> None:
    tables = found["tables"]
    assert sorted(tables) == ["root", "root_l", "root_l.val.tags"]
    columns, root = tables["root"]
    assert columns == ["a.x", "a.y.z", "l", "s"]
    link = next(row[2] for row in root if row[3] == "s")
    assert [row[2] for row in root if row[3] == "t"] == [None]
    columns, elements = tables["root_l"]
    assert columns == ["id", "index", "l.val.n", "l.val.tags"]
    assert [row[:3] for row in elements] == [[link, 0, 1], [link, 1, 2]]
    columns, inner = tables["root_l.val.tags"]
    assert columns == ["id", "index", "l.val.tags.val"]
    assert inner == [[elements[0][3], 0, "p"], [elements[0][3], 1, "q"]]


def test_fields_that_are_always_null_are_dropped_at_any_depth(found: dict[str, Any]) -> None:
    names, values = found["no_nulls"]
    assert names == [
        ["a", "struct<x:int>"],
        ["l", "array<struct<n:int>>"],
        ["e", "array<struct<z:int>>"],
    ]
    assert values == [[[1], [[1], [None]], []], [[None], None, None]]


def test_frames_are_split_and_collections_mapped(found: dict[str, Any]) -> None:
    assert found["split_rows"] == {"in": [[5, "b"]], "out": [[1, "a"], [None, "c"]]}
    assert found["split_fields"] == {"one": ["n"], "two": ["t"]}
    assert found["flat_map"] == ["m"]
    assert found["flat_mapped"] == {"one": ["n"], "two": ["u"]}
    assert found["of_list"] == ["f"]
    assert found["absent_table"] == 0
    assert found["one_tuple"] == [["m", "bigint"]]
    assert found["to_collection"] == 3
    assert found["from_collection"] == [["a"], ["b"], ["c"]]


def test_records_whose_function_fails_are_error_records(found: dict[str, Any]) -> None:
    schema, halves = found["map"]
    assert schema == [["n", "bigint"], ["t", "string"], ["half", "struct<of:bigint,is:double>"]]
    assert halves == [[[1, 0.5]], [[5, 2.5]]]
    count, [[error]] = found["map_errors"]
    assert count == 1
    assert "TypeError" in json.loads(error)["msg"]
    assert json.loads(json.loads(error)["record"])["t"] == "c"
    assert found["filter"] == [[[5, "b"]], 0]  # None > 1 is a TypeError: the record is left out
    assert found["filter_errors"] == 1  # a division by zero is not
    assert found["map_choice"] == [
        ["root", "|-- v: choice", "|    |-- long", "|    |-- double", "", ""],
        [[[1, None]], [[None, 2.5]], [[None, 2.5]]],
    ]
    assert found["none"] == []


def test_text_is_read_as_json_records_merged_and_sampled(
    found: dict[str, Any], aws: Client, bucket: str
) -> None:
    assert found["unboxed"] == [[None], [[1, [True]]]]
    assert found["merged"] == [[1, "a"], [5, "B"], [7, "d"], [None, "c"]]
    s3 = aws("s3")
    sampled = [
        line
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix="spigot/run-")["Contents"]
        for line in s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().splitlines()
    ]
    assert [json.loads(line)["n"] for line in sampled] == [1, 5]


def test_each_format_is_written_and_read(found: dict[str, Any]) -> None:
    for kind in ("avro", "orc", "parquet"):
        assert found[f"as_{kind}"] == [["n", "int"], ["t", "string"]]
    assert found["as_json"] == [["n", "bigint"], ["t", "string"]]
    assert found["as_csv"] == [["n", "string"], ["t", "string"]]
    assert found["no_header"] == [["col0", "string"]]
    assert found["lines"] == [["one\ntwo", "2"]]


def test_a_sink_makes_its_table_and_adds_columns_and_partitions(
    found: dict[str, Any], aws: Client, bucket: str
) -> None:
    assert found["made"] == [
        [1, None, "a"], [5, None, "b"], [8, 2.5, "d:d"], [9, 1.5, "a"], [None, None, "c"],
    ]  # fmt: skip
    assert found["made_partition"] == [[8, 2.5, "d:d"]]
    made = aws("glue").get_table(DatabaseName=bucket, Name="made")["Table"]
    assert made["PartitionKeys"] == [{"Name": "t", "Type": "string"}]
    assert [c["Name"] for c in made["StorageDescriptor"]["Columns"]] == ["n", "w"]
    assert found["declared_written"] == 4


def test_items_are_written_to_dynamodb_and_read_without_a_catalog(found: dict[str, Any]) -> None:
    assert found["items"] == [[1, 2, 0.5, [[1.5, None]]], [2, 2, None, None]]


def test_other_partitions_are_not_read(found: dict[str, Any]) -> None:
    assert found["pruned"] == [[[6, "06", "7"]], ["7"]]
    assert found["server_side"] == [[4]]


def test_what_is_wrong_or_missing_is_named(found: dict[str, Any]) -> None:
    action, jdbc, sink, ion, json_path, nowhere = found["errors"]
    assert nowhere == ["SourceError", "there is no DynamoDB table nowhere; create it first"]
    assert action[0] == "ValueError"
    assert "'cost:int' is no action" in action[1]
    assert jdbc[1].startswith("connection c is not in the Data Catalog; create it with")
    assert "redshift" in sink[1]
    assert "'ion'" in ion[1]
    assert "jsonPath '$..x'" in json_path[1]
    assert {each[0] for each in (sink, ion, json_path)} == {"UnsupportedApiError"}
    assert jdbc[0] == "CatalogError"
