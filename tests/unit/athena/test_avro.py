"""Tables of Avro: made by a query, and added to."""

from __future__ import annotations

import io

import fastavro

from tests.unit.athena.conftest import Lake

FOREIGN = {
    "type": "record",
    "name": "event",
    "fields": [
        {"name": "kind", "type": {"type": "enum", "name": "kinds", "symbols": ["A", "B"]}},
        {"name": "again", "type": ["null", "kinds"]},
        {"name": "none", "type": ["null", "string"]},
        {"name": "counts", "type": {"type": "map", "values": "long"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    ],
}

MADE = """
CREATE TABLE a WITH (format = 'AVRO', partitioned_by = ARRAY['day']) AS
SELECT 1 AS id, 1.5e0 AS x, CAST(2.50 AS decimal(5, 2)) AS price, ARRAY['a', NULL] AS tags,
       map(ARRAY['k'], ARRAY[1]) AS m, CAST(ROW(1, 'b') AS ROW(p integer, q varchar)) AS r,
       date '2024-01-02' AS d, timestamp '2024-01-02 03:04:05.678' AS t, true AS yes,
       CAST(NULL AS varchar) AS nothing, 'x' AS day
"""


def test_a_table_of_avro_is_made_and_added_to(lake: Lake) -> None:
    lake.run(MADE)
    rows = lake.rows("SELECT * FROM a")
    assert rows == [
        '"1","1.5","2.50","[a, null]","{k=1}","{p=1, q=b}","2024-01-02",'
        '"2024-01-02 03:04:05.678","true",,"x"'
    ]
    lake.run("INSERT INTO a (id, day) VALUES (2, 'y')")
    assert lake.rows("SELECT id, day FROM a ORDER BY id") == ['"1","x"', '"2","y"']
    serde = lake.client("glue").get_table(DatabaseName="lake", Name="a")["Table"]
    assert serde["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("AvroSerDe")


def test_a_file_is_read_by_its_own_schema(lake: Lake) -> None:
    target = io.BytesIO()
    row = {"kind": "A", "again": "B", "none": None, "counts": {"x": 1}, "day": 1}
    fastavro.writer(target, FOREIGN, [row, {**row, "counts": {}}])
    lake.put("f/a.avro", target.getvalue())
    lake.run(
        "CREATE EXTERNAL TABLE f (kind string, again string, none string, "
        "counts map<string,bigint>, day date) STORED AS AVRO LOCATION 's3://lake-bucket/f/'"
    )
    rows = lake.rows("SELECT * FROM f ORDER BY cardinality(counts) DESC")
    assert rows == ['"A","B",,"{x=1}","1970-01-02"', '"A","B",,"{}","1970-01-02"']


def test_unload_writes_avro(lake: Lake) -> None:
    outcome = lake.run("UNLOAD (SELECT 1 AS id) TO 's3://lake-bucket/u/' WITH (format = 'AVRO')")
    assert outcome["updated"] == 1
    listed = lake.client("s3").list_objects_v2(Bucket="lake-bucket", Prefix="u/")["Contents"]
    body = lake.client("s3").get_object(Bucket="lake-bucket", Key=listed[0]["Key"])["Body"].read()
    assert body.startswith(b"Obj\x01")
    refused = (
        "UNLOAD (SELECT 1 AS a) TO 's3://lake-bucket/v/' WITH (format='AVRO', compression='LZ4')"
    )
    assert lake.failure(refused).startswith("NOT_SUPPORTED: The compression LZ4 of AVRO")
