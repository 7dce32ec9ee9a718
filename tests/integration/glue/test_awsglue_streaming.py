"""Streaming frames of awsglue and of Spark alone: one run over Kinesis streams, results checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
import threading
from pyspark.sql import functions as F

arn = "arn:aws:kinesis:us-east-1:000000000000:stream/" + bucket
kinesis = {"typeOfData": "kinesis", "streamARN": arn, "startingPosition": "TRIM_HORIZON"}
as_json = {**kinesis, "classification": "json"}


def source(**options):
    return glue.create_data_frame.from_options("kinesis", {**as_json, **options})


def once(frame, mode="append", name="taken"):
    query = frame.writeStream.format("memory").queryName(name).outputMode(mode)
    query.trigger(availableNow=True).start().awaitTermination()
    return rows(spark.table(name))


inferred = source(inferSchema="true")
found["streaming"] = [inferred.isStreaming, inferred.columns]
schema = "user STRING, n INT, at TIMESTAMP"
found["schema"] = [r[:2] for r in once(source(schema=schema).select("user", "n"))]
stamped = source(schema="n INT", addRecordTimestamp="true")
found["stamped"] = [stamped.columns, once(stamped.where("__src_timestamp IS NOT NULL")
                                          .groupBy().count(), "complete", "stamped")]
windows = (source(schema=schema).withWatermark("at", "1 minute")
           .groupBy(F.window("at", "1 hour"), "user").agg(F.sum("n").alias("n"))
           .selectExpr("date_format(window.start, 'HH:mm')", "user", "n"))
found["windows"] = once(windows, "complete", "windows")
plain = (spark.readStream.format("kinesis").option("streamName", bucket)
         .option("startingPosition", "earliest").load())
found["plain"] = [plain.columns, len(once(plain, name="plain"))]
csv = glue.create_data_frame.from_options(connection_type="kinesis", connection_options={
    **kinesis, "streamARN": arn + "-csv", "classification": "csv", "delimiter": "|",
    "schema": "a INT, b STRING"})
found["csv"] = once(csv, name="csv")
of_table = glue.create_data_frame.from_catalog(
    database=bucket, table_name="events", additional_options={"startingPosition": "TRIM_HORIZON"})
found["table"] = [of_table.columns, once(of_table.select("user", "n"), name="of_table")]
inferring = glue.create_data_frame_from_catalog(
    bucket, "events", additional_options={"startingPosition": "earliest", "inferSchema": "true"})
found["table_inferred"] = inferring.columns
both = source(schema=schema).select("n").union(source(schema=schema).select("n"))
found["union"] = sorted(r[0] for r in once(both, name="both"))

seen, tries = {}, []


def batch(frame, number):
    tries.append(number)
    text = rows(frame)
    if number == 0 and tries.count(0) < 3:
        seen["first"] = text
        raise ValueError("not yet")
    plain_batch, frame = frame, DynamicFrame.fromDF(frame, glue, "from_data_frame")
    if number == 0:
        seen["again"] = text
        seen["fields"] = [f.name for f in frame.schema()]
        seen["rows"] = sorted(r[1] for r in frame.toDF().select("user", "n").collect())
        stamped = glue.add_ingestion_time_columns(plain_batch, "day")
        with_time = DynamicFrame.fromDF(stamped, glue, "stamped").toDF()
        seen["ingested"] = [with_time.dtypes, with_time.where("ingest_year > 2000").count()]
        frame.toDF().createOrReplaceTempView("of_batch")
        seen["view"] = raised(lambda: seen.update(rows_of_view=[
            row[0] for row in spark.sql("SELECT n FROM of_batch ORDER BY n").collect()]))
    if number == 2:  # from outside, as a job is stopped
        threading.Thread(target=lambda: [q.stop() for q in spark.streams.active]).start()


options = {"windowSize": "1 second", "checkpointLocation": f"s3://{bucket}/check/"}
try:
    glue.forEachBatch(frame=inferred, batch_function=batch, options=options)
except Exception as error:
    seen["ended"] = str(error)[:300]
found["seen"] = [seen["first"] == seen["again"], len(seen["again"]), seen["fields"], seen["rows"]]
found["ingested"] = seen["ingested"]
found["view"] = [seen["view"], seen.get("rows_of_view")]
found["tries"] = tries
found["ended"] = seen.get("ended")


def fails(frame, number):
    tries.append(number)
    raise ValueError("never")


tries = []
failing = {**options, "checkpointLocation": f"s3://{bucket}/fails/", "batchMaxRetries": 1}
found["failed"] = raised(lambda: glue.forEachBatch(inferred, fails, failing))
found["failed_tries"] = tries
for name, call in {
    "window": lambda: glue.forEachBatch(inferred, batch, {"checkpointLocation": "s3://b/c"}),
    "batch": lambda: glue.forEachBatch(spark.range(1), batch, options),
    "kafka": lambda: glue.create_data_frame.from_options("kafka", {"topicName": "t"}),
    "avro": lambda: source(classification="avro", schema="{}"),
    "none": lambda: source(streamARN=arn + "-none"),
    "direct": lambda: plain.count(),
}.items():
    found["error_" + name] = raised(call)
"""


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script above has found out."""
    bucket = unique("streams")
    s3, glue, kinesis = aws("s3"), aws("glue"), aws("kinesis")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": bucket})
    for name, shards in ((bucket, 2), (f"{bucket}-csv", 1)):
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        kinesis.get_waiter("stream_exists").wait(StreamName=name)
    for n in range(6):
        event = {"user": f"u{n % 2}", "n": n, "at": f"2026-01-01T0{n}:30:00Z"}
        kinesis.put_record(StreamName=bucket, PartitionKey=str(n), Data=json.dumps(event).encode())
    kinesis.put_record(StreamName=f"{bucket}-csv", PartitionKey="k", Data=b"1|one")
    glue.create_table(
        DatabaseName=bucket,
        TableInput={
            "Name": "events",
            "Parameters": {"classification": "json"},
            "StorageDescriptor": {
                "Columns": [{"Name": "user", "Type": "string"}, {"Name": "n", "Type": "bigint"}],
                "Location": bucket,
                "Parameters": {
                    "typeOfData": "kinesis",
                    "streamARN": f"arn:aws:kinesis:us-east-1:000000000000:stream/{bucket}",
                    "endpointUrl": "https://kinesis.us-east-1.amazonaws.com",
                },
                "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
            },
        },
    )
    return run_script(SCRIPT, emulator, bucket, tmp_path_factory.mktemp("streams"))


INFERRED = "$json$data_infer_schema$_temporary$"


def test_a_frame_is_a_stream(found: dict[str, Any]) -> None:
    assert found["streaming"] == [True, [INFERRED]]
    names = ["data", "streamName", "partitionKey", "sequenceNumber", "approximateArrivalTimestamp"]
    assert found["plain"] == [names, 6]
    assert found["stamped"] == [["n", "__src_timestamp"], [[6]]]


def test_records_have_the_schema_that_is_given(found: dict[str, Any]) -> None:
    assert found["schema"] == [[f"u{n % 2}", n] for n in (0, 2, 4, 1, 3, 5)]
    assert found["csv"] == [[1, "one"]]


def test_a_table_stands_for_a_stream(found: dict[str, Any]) -> None:
    assert found["table"][0] == ["user", "n"]
    assert sorted(r[1] for r in found["table"][1]) == list(range(6))
    assert found["table_inferred"] == [INFERRED]


def test_windows_watermarks_and_unions(found: dict[str, Any]) -> None:
    assert found["windows"] == [[f"0{n}:00", f"u{n % 2}", n] for n in range(6)]
    assert found["union"] == sorted([*range(6), *range(6)])


def test_each_batch_is_repeated_as_it_was(found: dict[str, Any]) -> None:
    assert found["seen"] == [True, 6, ["user", "n", "at"], list(range(6))]
    assert found["tries"][:5] == [0, 0, 0, 1, 2]
    assert found["ended"] is None


def test_columns_that_a_script_adds_to_a_batch_are_fields(found: dict[str, Any]) -> None:
    dtypes, count = found["ingested"]
    assert dict(dtypes) == {
        "user": "string",
        "n": "bigint",
        "at": "string",
        **{f"ingest_{part}": "int" for part in ("year", "month", "day")},
    }
    assert count == 6


def test_views_of_a_batch_are_found_by_the_jobs_session(found: dict[str, Any]) -> None:
    """Spark hands a batch over in a clone of the session, whose views are its own."""
    assert found["view"] == [None, list(range(6))]


def test_a_batch_that_always_fails_ends_the_job(found: dict[str, Any]) -> None:
    kind, text = found["failed"]
    assert (kind, "STREAM_FAILED" in text) == ("StreamingQueryException", True)
    assert found["failed_tries"] == [0, 0]


@pytest.mark.parametrize(
    ("case", "kind", "text"),
    [
        ("window", "ValueError", "windowSize"),
        ("batch", "ValueError", "streaming frame"),
        ("kafka", "ValueError", "bootstrap.servers"),
        ("avro", "UnsupportedApiError", "avro"),
        ("none", "SourceError", "there is no Kinesis stream"),
        ("direct", "AnalysisException", "writeStream"),
    ],
)
def test_what_is_refused_is_named(found: dict[str, Any], case: str, kind: str, text: str) -> None:
    error, message = found[f"error_{case}"]
    assert (error, text in message) == (kind, True), message
