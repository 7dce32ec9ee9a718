"""Tables of the catalog: formats, partitions, and statements that make and change them."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from tests.unit.athena.conftest import BUCKET, DATABASE, Lake

WHERE = f"s3://{BUCKET}"
OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"


def test_json_has_names_in_any_case_and_none_that_are_missing(lake: Lake) -> None:
    lake.put("j/a.json", '{"Id": 1, "r": {"x": [1]}}\n{"ID": 2, "name": "z"}\n')
    lake.put("j/b.json.gz", gzip.compress(b'{"id": 3, "when": "2020-01-02 03:04:05"}\n'))
    lake.run(
        "CREATE EXTERNAL TABLE j (id int, name string, r struct<x:array<int>>, `when` timestamp) "
        f"{OPENX} LOCATION '{WHERE}/j/'"
    )
    assert lake.rows("SELECT * FROM j ORDER BY id") == [
        '"1",,"{x=[1]}",',
        '"2","z",,',
        '"3",,,"2020-01-02 03:04:05.000"',
    ]
    lake.put("j/c.json", "no json\n")
    assert "HIVE_CURSOR_ERROR: Row is not a valid JSON Object" in lake.failure("SELECT * FROM j")


def test_delimited_text_is_as_lazy_simple_serde_has_it(lake: Lake) -> None:
    lake.put("t/a.csv", 'a,b,c\n1,"x",2020-01-01\n2,\n3,y,no date,more\nx,\\N,2020-01-02\n')
    lake.run(
        "CREATE EXTERNAL TABLE t (a int, b string, c date) ROW FORMAT DELIMITED FIELDS TERMINATED "
        f"BY ',' LOCATION '{WHERE}/t/' TBLPROPERTIES ('skip.header.line.count'='1')"
    )
    assert lake.rows("SELECT * FROM t ORDER BY a") == [
        '"1","""x""","2020-01-01"',
        '"2","",',
        '"3","y",',
        ',,"2020-01-02"',
    ]


def test_open_csv_knows_quotes_and_no_null(lake: Lake) -> None:
    lake.put("o/a.csv", '1,"x, ""y""",\n2,"l1\nl2",18262\n')
    lake.run(
        "CREATE EXTERNAL TABLE o (a int, b string, c string) ROW FORMAT SERDE "
        f"'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION '{WHERE}/o/'"
    )
    found = "\n".join(lake.rows("SELECT * FROM o ORDER BY a"))
    assert found == '"1","x, ""y""",""\n"2","l1\nl2","18262"'


def test_parquet_is_found_by_name_and_orc_by_place(lake: Lake) -> None:
    made = io.BytesIO()
    pq.write_table(pa.table({"B": ["x"], "a": pa.array([1], pa.int32())}), made)
    lake.put("p/1", made.getvalue())
    made = io.BytesIO()
    orc.write_table(pa.table({"_col0": [7], "_col1": ["y"]}), made)
    lake.put("r/1.orc", made.getvalue())
    for name, form in (("p", "PARQUET"), ("r", "ORC")):
        lake.run(
            f"CREATE EXTERNAL TABLE {name} (a bigint, b string, c double) STORED AS {form} "
            f"LOCATION '{WHERE}/{name}/'"
        )
    assert lake.rows("SELECT * FROM p") == ['"1","x",']
    assert lake.rows("SELECT * FROM r") == ['"7","y",']
    lake.run(f"CREATE EXTERNAL TABLE w (b int) STORED AS PARQUET LOCATION '{WHERE}/p/'")
    assert lake.failure("SELECT * FROM w").startswith("HIVE_BAD_DATA: Field b's type VARCHAR")


def test_what_partition_keys_exclude_is_not_read(lake: Lake) -> None:
    for day in (1, 2, 3):
        lake.put(f"d/dt=2020-01-0{day}/hour=0{day}/a.json", json.dumps({"id": day}) + "\n")
    lake.run(
        "CREATE EXTERNAL TABLE d (id int) PARTITIONED BY (dt string, hour int) "
        f"{OPENX} LOCATION '{WHERE}/d/'"
    )
    assert lake.rows("SELECT * FROM d") == []
    assert len(lake.rows("MSCK REPAIR TABLE d")) == 4
    assert lake.rows("SHOW PARTITIONS d")[0] == "dt=2020-01-01/hour=01"
    assert lake.rows("SELECT id, dt, hour FROM d WHERE hour = 2") == ['"2","2020-01-02","2"']
    outcome = lake.run("SELECT count(*) FROM d x WHERE x.dt >= '2020-01-03' AND id > 0")
    assert outcome["scanned"] == 10
    path = lake.rows("""SELECT "$path" FROM d WHERE dt IN ('2020-01-01')""")
    assert path == [f'"{WHERE}/d/dt=2020-01-01/hour=01/a.json"']
    lake.run("ALTER TABLE d DROP PARTITION (dt = '2020-01-01')")
    assert lake.rows("SELECT min(id) FROM d") == ['"2"']
    outer = "SELECT count(*) FROM (VALUES 1) v(x) LEFT JOIN d ON d.id = v.x WHERE dt IS NULL"
    assert lake.rows(outer) == ['"1"']


def test_projection_needs_no_partitions(lake: Lake) -> None:
    for day in ("2020/01/31", "2020/02/01"):
        lake.put(f"n/{day}/x-7/a.json", json.dumps({"day": day}) + "\n")
    lake.run(
        "CREATE EXTERNAL TABLE n (day string) PARTITIONED BY (dt string, kind string, no int) "
        f"{OPENX} LOCATION '{WHERE}/n/' TBLPROPERTIES ('projection.enabled'='true', "
        "'projection.dt.type'='date', 'projection.dt.format'='yyyy/MM/dd', "
        "'projection.dt.range'='2020/01/30,2020/02/02', 'projection.kind.type'='enum', "
        "'projection.kind.values'='x,y', 'projection.no.type'='integer', "
        f"'projection.no.range'='6,8', 'storage.location.template'='{WHERE}/n/${{dt}}/"
        "${kind}-${no}')"
    )
    assert lake.rows("SELECT * FROM n ORDER BY dt") == [
        '"2020/01/31","2020/01/31","x","7"',
        '"2020/02/01","2020/02/01","x","7"',
    ]
    assert lake.rows("SELECT count(*) FROM n WHERE dt > '2020/02' AND kind = 'x'") == ['"1"']


def test_injected_values_are_those_that_the_query_states(lake: Lake) -> None:
    for device, hour in (("a", 1), ("a", 2), ("b", 1), ("c", 2)):
        lake.put(f"d/{device}/{hour}/x.json", json.dumps({"v": f"{device}{hour}"}) + "\n")
    lake.run(
        "CREATE EXTERNAL TABLE d (v string) PARTITIONED BY (device string, hour int) "
        f"{OPENX} LOCATION '{WHERE}/d/' TBLPROPERTIES ('projection.enabled'='true', "
        "'projection.device.type'='injected', 'projection.hour.type'='injected', "
        f"'storage.location.template'='{WHERE}/d/${{device}}/${{hour}}/')"
    )

    def read(where: str) -> list[str]:
        return lake.rows(f"SELECT v FROM d WHERE {where} ORDER BY v")

    assert read("device = 'a' AND hour = 1") == ['"a1"']
    assert read("device IN ('a', 'b') AND (hour = 1 OR 1 + 1 = hour)") == ['"a1"', '"a2"', '"b1"']
    assert read("device IN ('a', 'b') AND device = 'b' AND hour = 1 AND v LIKE 'b%'") == ['"b1"']
    assert read("device = 'a' AND device = 'b' AND hour = 1") == []
    assert read("device = lower('A') AND hour = CAST('2' AS integer)") == ['"a2"']
    assert lake.rows(
        "SELECT e.v, f.v FROM d e JOIN d f ON e.hour = f.hour WHERE e.device = 'a' AND e.hour = 1 "
        "AND f.device = 'b' AND f.hour IN (1, 2)"
    ) == ['"a1","b1"']
    assert lake.rows("SELECT v FROM d WHERE device = ? AND hour = 1", ["'b'"]) == ['"b1"']
    for where in (
        "device = 'a'",
        "hour > 0 AND device = 'a'",
        "hour = 1 AND device LIKE 'a%'",
        "device = 'a' AND (hour = 1 OR v = 'a1')",
        "hour = 1 AND device = v",
        "hour = 1 AND device IN (SELECT 'a')",
    ):
        column = "hour" if where.startswith("device") or "hour >" in where else "device"
        assert lake.failure(f"SELECT v FROM d WHERE {where}") == (
            f"CONSTRAINT_VIOLATION: For the injected projected partition column {column}, the "
            "WHERE clause must contain only static equality conditions, and at least one such "
            "condition must be present."
        )


@pytest.mark.parametrize("form", ["PARQUET", "ORC", "JSON", "TEXTFILE"])
def test_ctas_and_insert_make_tables_that_can_be_read(lake: Lake, form: str) -> None:
    made = lake.run(
        f"CREATE TABLE c WITH (format = '{form}', partitioned_by = ARRAY['p'], external_location "
        f"= '{WHERE}/c/') AS SELECT * FROM (VALUES (1, 'x', 1.5e0, 'a'), (2, NULL, NULL, 'b')) "
        "t(id, name, v, p)"
    )
    assert made["state"] == "SUCCEEDED", made["reason"]
    assert made["output"].endswith(f"/out/tables/{made['id']}")
    key = made["manifest"].removeprefix(f"{WHERE}/")
    manifest = lake.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    assert [line.startswith(f"{WHERE}/c/p=") for line in manifest.splitlines()] == [True, True]
    assert made["updated"] == 2
    lake.run("INSERT INTO c (p, id) VALUES ('c', 3)")
    assert lake.rows("SELECT * FROM c ORDER BY id") == [
        '"1","x","1.5","a"',
        '"2",,,"b"',
        '"3",,,"c"',
    ]
    again = lake.failure("CREATE TABLE c AS SELECT 1 a")
    assert again.startswith("TABLE_ALREADY_EXISTS")
    there = lake.failure(f"CREATE TABLE e WITH (external_location='{WHERE}/c/') AS SELECT 1 a")
    assert there.startswith("HIVE_PATH_ALREADY_EXISTS")
    assert lake.failure("CREATE TABLE f AS SELECT 1").startswith("MISSING_COLUMN_NAME")


def test_unload_writes_objects_and_no_table(lake: Lake) -> None:
    sql = f"UNLOAD (SELECT 1 AS a, 'x' AS b) TO '{WHERE}/u/' WITH (format='TEXTFILE', "
    outcome = lake.run(f"{sql} compression='NONE')")
    key = outcome["manifest"].removeprefix(f"{WHERE}/")
    (url,) = lake.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode().split()
    body = lake.client("s3").get_object(Bucket=BUCKET, Key=url.removeprefix(f"{WHERE}/"))["Body"]
    assert body.read() == b"1,x\n"
    assert lake.rows("SHOW TABLES") == []
    assert lake.failure(f"{sql} compression='NONE')").startswith("HIVE_PATH_ALREADY_EXISTS")


def test_views_are_queries_of_their_own_database(lake: Lake) -> None:
    lake.run("CREATE TABLE b AS SELECT 2 AS x, 'a' AS y")
    lake.run("CREATE VIEW v AS SELECT x * 2 AS z, y FROM b")
    assert lake.rows("WITH b AS (SELECT * FROM v) SELECT z FROM b WHERE y = 'a'") == ['"4"']
    assert lake.rows("SHOW VIEWS") == ["v"]
    columns = lake.client("glue").get_table(DatabaseName=DATABASE, Name="v")["Table"][
        "StorageDescriptor"
    ]["Columns"]
    assert columns == [{"Name": "z", "Type": "int"}, {"Name": "y", "Type": "string"}]
    assert lake.failure("CREATE VIEW v AS SELECT 1 a").startswith("VIEW_ALREADY_EXISTS")
    lake.run("CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    assert lake.rows("SELECT * FROM v") == ['"1"']
    lake.run("DROP VIEW v")
    assert lake.rows("SHOW TABLES 'v|b'") == ["b"]


def test_values_take_the_place_of_question_marks(lake: Lake) -> None:
    assert lake.rows("SELECT ? + 1, ?, '?'", ["1", "'a''b'"]) == ['"2","a\'b","?"']
    assert lake.rows("WITH a AS (SELECT ? x) SELECT x FROM a WHERE x = ?", ["plain", "plain"])
    assert lake.failure("SELECT ?").startswith("INVALID_PARAMETER_USAGE")


@pytest.mark.parametrize("partitioned", ["", ", partitioned_by = ARRAY['p']"])
def test_timestamps_in_parquet_are_of_96_bits(lake: Lake, partitioned: str) -> None:
    lake.run(
        f"CREATE TABLE i WITH (format = 'PARQUET', write_compression = 'SNAPPY'{partitioned}, "
        f"external_location = '{WHERE}/i/') AS SELECT TIMESTAMP '2020-01-02 03:04:05.678' AS at, "
        "ARRAY[TIMESTAMP '2021-01-01 00:00:00'] AS more, 1.5e0 AS x, 'a' AS p"
    )
    (found,) = lake.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="i/")["Contents"]
    body = lake.client("s3").get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
    file = pq.ParquetFile(io.BytesIO(body))
    kinds = [file.schema.column(at).physical_type for at in range(3)]
    assert kinds == ["INT96", "INT96", "DOUBLE"]
    assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert lake.rows("SELECT at, more FROM i") == [
        '"2020-01-02 03:04:05.678","[2021-01-01 00:00:00.000]"'
    ]


def test_ddl_that_fails_says_what_hive_says(lake: Lake) -> None:
    assert "Table not found lake.t" in lake.failure("DROP TABLE t")
    assert "Database lake already exists" in lake.failure("CREATE DATABASE lake")
    lake.run("CREATE TABLE t AS SELECT 1 AS a")
    assert "is not a partitioned table" in lake.failure("SHOW PARTITIONS t")
    assert "is not empty" in lake.failure("DROP DATABASE lake")
    assert lake.rows("DESCRIBE t") == ["a".ljust(20) + "\t" + "int".ljust(20) + "\t" + " " * 20]
    assert lake.rows("SHOW CREATE TABLE t")[:2] == ["CREATE EXTERNAL TABLE `t`(", "  `a` int)"]
    assert lake.rows("SHOW CREATE TABLE lake.t")[0] == "CREATE EXTERNAL TABLE `lake.t`("


def test_columns_of_tables_have_their_types(lake: Lake) -> None:
    lake.put("t/a.csv", "2020,1.50\n")
    lake.run(
        "CREATE EXTERNAL TABLE t (year string, price decimal(5,2)) "
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake-bucket/t/'"
    )
    assert lake.rows("SELECT price / 4, avg(price) FROM t GROUP BY price") == ['"0.38","1.50"']
    assert lake.failure("SELECT * FROM t WHERE year = 2020") == (
        "TYPE_MISMATCH: line 1:28: Cannot apply operator: varchar = integer"
    )
    joined = "SELECT a.price FROM t a JOIN t b ON a.year = b.price"
    assert "varchar = decimal(5,2)" in lake.failure(joined)
