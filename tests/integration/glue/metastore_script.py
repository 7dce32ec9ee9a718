"""A script that makes, changes and drops tables by Spark, as teams' ETL jobs do."""

from __future__ import annotations

SCRIPT = """
import boto3
from pyspark.sql import functions as F

api, db, wh = boto3.client("glue"), f"`{bucket}`", f"s3://{bucket}/wh"
api.create_database(DatabaseInput={"Name": bucket, "LocationUri": wh})


def q(text):
    return rows(spark.sql(text))


def kept(name):
    answer = api.get_table(DatabaseName=bucket, Name=name)["Table"]
    return {k: v for k, v in answer.items() if k not in ("CreateTime", "UpdateTime")}


def parts(name):
    answer = api.get_partitions(DatabaseName=bucket, TableName=name)["Partitions"]
    return {p["Values"][0]: p["StorageDescriptor"]["Location"] for p in answer}


def objects(prefix):
    answer = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [e["Key"] for e in answer.get("Contents", []) if "part-" in e["Key"]]


frame = spark.createDataFrame(
    [(1, "a", "01"), (2, "b", "02")], "Id int, Name string, month string"
)
# Tables of Spark's data sources
frame.write.mode("overwrite").saveAsTable(f"{db}.managed")
found["managed"] = kept("managed")
found["columns"] = spark.table(f"{db}.managed").columns
(frame.write.mode("overwrite").partitionBy("month").option("path", f"s3://{bucket}/parts")
    .saveAsTable(f"{db}.parts"))
found["parts"] = [kept("parts"), parts("parts")]
before = spark.table(f"{db}.parts")
march = frame.withColumn("month", F.lit("03"))
march.write.mode("append").partitionBy("month").saveAsTable(f"{db}.parts")
found["appended"] = [sorted(parts("parts")), q(f"SELECT * FROM {db}.parts")]
frame.write.insertInto(f"{db}.parts")
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
spark.sql(f"INSERT OVERWRITE TABLE {db}.parts SELECT 9, 'z', '02'")
spark.conf.unset("spark.sql.sources.partitionOverwriteMode")
found["before"] = before.where("month = '01'").count()
counted = f"SELECT month, count(*) FROM {db}.parts GROUP BY month"
found["dynamic"] = q(counted)
spark.sql(f"INSERT OVERWRITE TABLE {db}.parts PARTITION (month = '03') SELECT 5, 'five'")
found["static"] = q(counted)
spark.sql(f"CREATE TABLE {db}.js (a int, b struct<X:int>) USING json LOCATION '{wh}/js'")
spark.sql(f"INSERT INTO {db}.js SELECT 1, named_struct('X', 2)")
found["json"] = [kept("js"), spark.table(f"{db}.js").select("b.X").collect()[0][0]]

# Hive tables
spark.sql(f'''CREATE EXTERNAL TABLE IF NOT EXISTS {db}.hive (id int COMMENT 'key', name string)
    PARTITIONED BY (day string) STORED AS PARQUET LOCATION '{wh}/h'
    TBLPROPERTIES ('team' = 'etl')''')
found["hive"] = kept("hive")
spark.sql(f"INSERT INTO {db}.hive PARTITION (day = '1') SELECT id, name FROM {db}.managed")
for _ in range(2):  # Hive overwrites what is written, and leaves the other partitions
    spark.sql(f"INSERT OVERWRITE TABLE {db}.hive PARTITION (day) VALUES (3, 'c', '2')")
found["overwritten"] = q(f"SELECT * FROM {db}.hive")
spark.sql(f'''ALTER TABLE {db}.hive ADD IF NOT EXISTS
    PARTITION (day = '3') LOCATION 's3://{bucket}/else' PARTITION (day = '4')''')
spark.sql(f"WITH x AS (SELECT 7, 'g') INSERT INTO {db}.hive PARTITION (day = '3') SELECT * FROM x")
found["elsewhere"] = [parts("hive"), objects("else/"), q(f"SELECT id FROM {db}.hive WHERE day = 3")]
spark.sql(f"ALTER TABLE {db}.hive DROP PARTITION (day = '1')")
found["dropped"] = sorted(parts("hive"))
spark.sql(f"MSCK REPAIR TABLE {db}.hive")
found["repaired"] = sorted(parts("hive"))
spark.sql(f"ALTER TABLE {db}.hive ADD COLUMNS (extra double)")
spark.sql(f"ALTER TABLE {db}.hive SET TBLPROPERTIES ('team' = 'other')")
found["altered"] = [kept("hive"), sorted(parts("hive"))]
spark.sql(f"CREATE TABLE {db}.lines AS SELECT id, nullif(name, 'b') AS name FROM {db}.managed")
found["text"] = [kept("lines"), q(f"SELECT * FROM {db}.lines"), rows(table("lines"))]
spark.sql(f"CREATE TABLE {db}.copy LIKE {db}.hive")
found["like"] = kept("copy")

# What a crawler has made is changed, not made again
found["crawled_before"] = kept("crawled")
spark.sql(f"INSERT INTO {db}.crawled VALUES (2, 'x')")
found["crawled"] = [kept("crawled"), q(f"SELECT * FROM {db}.crawled")]

spark.sql(f"CREATE OR REPLACE VIEW {db}.seen AS SELECT id FROM {db}.hive WHERE day = '2'")
found["view"] = [kept("seen"), q(f"SELECT * FROM {db}.seen")]
spark.sql(f"ANALYZE TABLE {db}.parts COMPUTE STATISTICS")
found["analyzed"] = kept("parts")["Parameters"]
detail = spark.sql(f"DESCRIBE EXTENDED {db}.hive").collect()
made = spark.catalog.createTable(f"{db}.outer", path=f"s3://{bucket}/parts", source="parquet")
spark.catalog.recoverPartitions(f"{db}.outer")
found["outer"] = [made.count(), sorted(parts("outer"))]
glue.write_data_frame.from_catalog(frame=march, database=bucket, table_name="parts")
found["framed"] = len(objects("parts/run-"))
glue.purge_table(bucket, "hive", {"retentionPeriod": 0})
found["purged"] = [sorted(parts("hive")), objects("wh/h")]
found["described"] = [r.data_type for r in detail if r.col_name == "Location"]
spark.sql(f"TRUNCATE TABLE {db}.managed")
found["truncated"] = [spark.table(f"{db}.managed").count(), objects("wh/managed")]
for name in ("lines", "parts", "nowhere"):
    spark.sql(f"DROP TABLE IF EXISTS {db}.{name}")
found["left"] = [objects("wh/lines"), len(objects("parts/")) > 0]

spark.sql(f"CREATE DATABASE IF NOT EXISTS made_{mark} COMMENT 'of a job' LOCATION '{wh}/made'")
made = api.get_database(Name=f"made_{mark}")["Database"]
found["database"] = {k: made[k] for k in ("LocationUri", "Description")}
spark.sql(f"USE made_{mark}")
spark.range(3).write.saveAsTable("here")
found["here"] = api.get_table(DatabaseName=f"made_{mark}", Name="here")["Table"]["Name"]
spark.sql("CREATE VIEW there AS SELECT * FROM here")
found["not_empty"] = raised(lambda: spark.sql(f"DROP DATABASE made_{mark}"))
spark.sql("USE default")
spark.sql(f"DROP DATABASE made_{mark} CASCADE")
found["databases"] = [d["Name"] for d in api.get_databases()["DatabaseList"]]
api.create_database(DatabaseInput={"Name": f"bare_{mark}"})
for name, call in {
    "no_location": lambda: spark.range(1).write.saveAsTable(f"bare_{mark}.t"),
    "exists": lambda: spark.sql(f"CREATE TABLE {db}.managed (a int) USING parquet"),
    "rename": lambda: spark.sql(f"ALTER TABLE {db}.managed RENAME TO {db}.other"),
    "hive": lambda: spark.range(1).write.format("hive").saveAsTable(f"{db}.h"),
    "sequence": lambda: spark.sql(f"CREATE TABLE {db}.s (a int) STORED AS SEQUENCEFILE"),
    "v2": lambda: spark.range(1).writeTo(f"{db}.managed"),
    "missing": lambda: spark.sql(f"INSERT INTO {db}.nowhere VALUES (1)"),
}.items():
    found["error_" + name] = raised(call)
storage = {"Columns": [{"Name": "id", "Type": "uniontype<int,string>"}], "Location": f"{wh}/odd"}
api.create_table(
    DatabaseName=bucket, TableInput={"Name": "odd", "StorageDescriptor": storage, "Parameters": {}}
)
found["error_odd"] = raised(lambda: spark.sql(f"INSERT INTO {db}.odd VALUES (1)"))
spark.sql(f"DROP TABLE {db}.odd")
found["tables"] = [t["Name"] for t in api.get_tables(DatabaseName=bucket)["TableList"]]
"""
