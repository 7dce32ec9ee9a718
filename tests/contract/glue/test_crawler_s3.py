"""What a crawler finds in S3, seen through the catalog."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.glue.helpers import (
    MOVIES_CSV,
    RATING_JSON,
    RATINGS_CSV,
    Aws,
    Lake,
    columns,
    parquet_bytes,
)

RATING_COLUMNS = [
    ("userid", "bigint"),
    ("movieid", "bigint"),
    ("rating", "double"),
    ("timestamp", "bigint"),
]
STREAM_COLUMNS = [
    ("userid", "int"),
    ("movieid", "int"),
    ("rating", "double"),
    ("timestamp", "int"),
]


@pytest.fixture
def lake(aws: Aws, bucket: str) -> Lake:
    return Lake(aws, bucket)


def test_csv_with_header(lake: Lake) -> None:
    lake.put({"data/ratings/ratings.csv": RATINGS_CSV})
    table = lake.crawl("data/ratings/")["ratings"]
    assert columns(table) == RATING_COLUMNS
    descriptor, parameters = table["StorageDescriptor"], table["Parameters"]
    assert descriptor["Location"] == f"s3://{lake.bucket}/data/ratings/"
    assert descriptor["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["PartitionKeys"] == []
    assert parameters["classification"] == "csv"
    assert parameters["skip.header.line.count"] == "1"
    assert parameters["delimiter"] == ","
    assert parameters["compressionType"] == "none"
    assert parameters["typeOfData"] == "file"
    assert parameters["objectCount"] == "1"
    assert parameters["recordCount"] == "2"
    assert parameters["sizeKey"] == str(len(RATINGS_CSV))


@pytest.mark.parametrize("separator", [b"\n", b""], ids=["lines", "concatenated"])
@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_firehose_folders_become_partitions(lake: Lake, separator: bytes, zipped: bool) -> None:
    body = separator.join([RATING_JSON] * 3) + separator
    lake.put(
        {
            "firehose/2026/11/23/14/a": body,
            "firehose/2026/11/23/14/b": body,
            "firehose/2026/11/23/15/a": body,
        },
        zipped=zipped,
    )
    table = lake.crawl("firehose/")["firehose"]
    assert columns(table) == STREAM_COLUMNS
    assert [k["Name"] for k in table["PartitionKeys"]] == [f"partition_{n}" for n in range(4)]
    assert table["Parameters"]["classification"] == "json"
    assert table["Parameters"]["compressionType"] == ("gzip" if zipped else "none")
    assert table["Parameters"]["recordCount"] == "9"
    assert table["Parameters"]["objectCount"] == "3"
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == (
        "org.openx.data.jsonserde.JsonSerDe"
    )
    found = {tuple(p["Values"]): p for p in lake.partitions("firehose")}
    assert set(found) == {("2026", "11", "23", "14"), ("2026", "11", "23", "15")}
    first = found["2026", "11", "23", "14"]
    assert first["StorageDescriptor"]["Location"] == (f"s3://{lake.bucket}/firehose/2026/11/23/14/")
    assert first["Parameters"]["recordCount"] == "6"
    pruned = lake.partitions("firehose", Expression="partition_3 > '14' AND partition_0 = '2026'")
    assert [p["Values"][3] for p in pruned] == ["15"]


def test_prefix_glued_to_the_year_names_the_table(lake: Lake) -> None:
    lake.put({"firehose2018/11/26/14/a": RATING_JSON * 2})
    tables = lake.crawl("firehose2018")
    assert [k["Name"] for k in tables["firehose2018"]["PartitionKeys"]] == [
        "partition_0",
        "partition_1",
        "partition_2",
    ]


def test_folders_of_different_schemas_are_tables_of_their_own(lake: Lake) -> None:
    lake.put(
        {
            "data/ratings/ratings.csv": RATINGS_CSV,
            "data/movies/movies.csv": MOVIES_CSV,
            "data/ratings-partial-load/ratings-partial-load.csv": RATINGS_CSV,
            "data/links/links.csv": b"movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,\n",
        }
    )
    tables = lake.crawl("data/")
    assert set(tables) == {"ratings", "movies", "ratings_partial_load", "links"}
    assert all(not table["PartitionKeys"] for table in tables.values())
    assert columns(tables["movies"]) == [
        ("movieid", "bigint"),
        ("title", "string"),
        ("genres", "string"),
    ]
    assert columns(tables["links"])[2] == ("tmdbid", "bigint")


def test_key_value_folders_name_the_partition_keys(lake: Lake) -> None:
    lake.put(
        {
            f"sales/year={year}/month={month}/part.json": b'{"amount": 1}\n{"amount": 2.5}\n'
            for year in (2018, 2019)
            for month in ("Jan", "Feb")
        }
    )
    table = lake.crawl("sales/")["sales"]
    assert [k["Name"] for k in table["PartitionKeys"]] == ["year", "month"]
    assert columns(table) == [("amount", "double")]
    only_2019 = lake.partitions("sales", Expression="year = '2019' AND month IN ('Jan')")
    assert [p["Values"] for p in only_2019] == [["2019", "Jan"]]
    segments = [
        lake.partitions("sales", Segment={"SegmentNumber": n, "TotalSegments": 3}) for n in range(3)
    ]
    assert sum(len(s) for s in segments) == 4


def test_parquet(lake: Lake) -> None:
    body = parquet_bytes(userId=[1, 2], title=["a", None], parts=[{"a": 1.5}, {"a": 2.5}])
    lake.put({"pq/part-0.parquet": body, "pq/_SUCCESS": b"{}"})
    table = lake.crawl("pq/")["pq"]
    assert columns(table) == [
        ("userid", "bigint"),
        ("title", "string"),
        ("parts", "struct<a:double>"),
    ]
    assert table["Parameters"]["classification"] == "parquet"
    assert table["Parameters"]["recordCount"] == "2"
    assert table["Parameters"]["objectCount"] == "1"
    assert table["StorageDescriptor"]["InputFormat"].endswith("MapredParquetInputFormat")


def test_one_object_as_target(lake: Lake) -> None:
    lake.put({"mixed/ratings.csv": RATINGS_CSV, "mixed/movies.csv": MOVIES_CSV})
    assert set(lake.crawl("mixed/movies.csv")) == {"movies_csv"}
    assert set(lake.crawl("mixed/")) == {"movies_csv", "ratings_csv"}


def test_unknown_content_is_catalogued_as_unknown(lake: Lake) -> None:
    lake.put({"odd/blob.bin": b"\x00\x01\x02" * 100})
    table = lake.crawl("odd/")["odd"]
    assert table["Parameters"]["classification"] == "UNKNOWN"
    assert columns(table) == []


def test_empty_prefix_succeeds_with_no_table(lake: Lake) -> None:
    lake.put({"empty/": b"", "empty/nothing.csv": b""})
    assert lake.crawl("empty/") == {}


def test_rerun_updates_instead_of_duplicating(lake: Lake) -> None:
    lake.put({"firehose/2026/11/23/14/a": RATING_JSON})
    crawler = lake.crawler("firehose/")
    lake.run(crawler)
    version = lake.tables()["firehose"]["VersionId"]
    lake.run(crawler)
    assert lake.tables()["firehose"]["VersionId"] == version  # nothing changed, nothing written
    lake.put({"firehose/2026/11/23/15/a": b'{"userId": 3000000000, "tag": "x"}' + RATING_JSON})
    lake.run(crawler)
    tables = lake.tables()
    assert set(tables) == {"firehose"}
    assert dict(columns(tables["firehose"]))["userid"] == "bigint"
    assert dict(columns(tables["firehose"]))["tag"] == "string"
    assert len(lake.partitions("firehose")) == 2
    metrics = lake.glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"][0]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (1, 1)


@pytest.mark.parametrize("behavior", ["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"])
def test_vanished_objects(lake: Lake, behavior: str) -> None:
    lake.put({"a/day=1/x.json": RATING_JSON, "a/day=2/x.json": RATING_JSON, "b/x.csv": RATINGS_CSV})
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": behavior}
    crawler = lake.crawler("a/", "b/", SchemaChangePolicy=policy)
    lake.run(crawler)
    for key in ("a/day=2/x.json", "b/x.csv"):
        lake.s3.delete_object(Bucket=lake.bucket, Key=key)
    assert lake.run(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    tables, partitions = lake.tables(), lake.partitions("a")
    gone = behavior == "DELETE_FROM_DATABASE"
    assert set(tables) == ({"a"} if gone else {"a", "b"})
    assert len(partitions) == (1 if gone else 2)
    deprecated = behavior == "DEPRECATE_IN_DATABASE"
    if not gone:
        assert ("DEPRECATED_BY_CRAWLER" in tables["b"]["Parameters"]) == deprecated
        marked = [p for p in partitions if "DEPRECATED_BY_CRAWLER" in p["Parameters"]]
        assert [p["Values"] for p in marked] == ([["2"]] if deprecated else [])


def test_update_behavior_log_keeps_the_schema(lake: Lake) -> None:
    lake.put({"t/x.json": b'{"a": 1}'})
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    crawler = lake.crawler("t/", SchemaChangePolicy=policy)
    lake.run(crawler)
    lake.put({"t/x.json": b'{"a": 1, "b": 2}'})
    lake.run(crawler)
    assert columns(lake.tables()["t"]) == [("a", "int")]


def test_exclusions_prefix_and_level(lake: Lake) -> None:
    lake.put(
        {
            "in/x/p1/a.json": RATING_JSON,
            "in/y/p1/a.json": RATING_JSON,
            "in/y/p1/skip/b.tmp": b"a,b\n1,2\n3,4\n",
        }
    )
    target = {"Path": f"s3://{lake.bucket}/in/", "Exclusions": ["**.tmp"]}
    tables = lake.crawl(
        Targets={"S3Targets": [target]},
        TablePrefix="Raw-",
        Configuration=json.dumps({"Version": 1.0, "Grouping": {"TableLevelConfiguration": 3}}),
    )
    assert set(tables) == {"raw_x", "raw_y"}


def test_same_folder_name_elsewhere_gets_another_table(lake: Lake) -> None:
    lake.put({"one/t/a.json": RATING_JSON, "two/t/a.csv": RATINGS_CSV})
    tables = lake.crawl("one/t/", "two/t/")
    assert len(tables) == 2
    assert any(name.startswith("t_") for name in tables)


def test_custom_csv_classifier(lake: Lake, name: str) -> None:
    lake.glue.create_classifier(
        CsvClassifier={
            "Name": name,
            "Delimiter": "^",
            "ContainsHeader": "ABSENT",
            "Header": ["Id", "Title"],
        }
    )
    lake.put({"c/x.txt": b"1^Heat\n2^Alien\n"})
    table = lake.crawl("c/", Classifiers=[name])["c"]
    assert columns(table) == [("id", "bigint"), ("title", "string")]
    assert table["Parameters"]["delimiter"] == "^"
    found: dict[str, Any] = lake.glue.get_classifier(Name=name)["Classifier"]["CsvClassifier"]
    assert found["Version"] == 1


def test_many_partitions(lake: Lake) -> None:
    lake.put({f"m/d={n:03}/x.json": RATING_JSON for n in range(120)})
    lake.crawl("m/")
    assert len(lake.partitions("m")) == 120


def test_partition_keys_that_change_their_depth(lake: Lake) -> None:
    lake.put({"t/2026/a": RATING_JSON})
    crawler = lake.crawler("t/")
    lake.run(crawler)
    lake.s3.delete_object(Bucket=lake.bucket, Key="t/2026/a")
    lake.put({"t/2026/11/a": RATING_JSON})
    assert lake.run(crawler)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert len(lake.tables()["t"]["PartitionKeys"]) == 2
    assert [p["Values"] for p in lake.partitions("t")] == [["2026", "11"]]


def test_new_columns_only_and_partitions_that_inherit(lake: Lake) -> None:
    output = {
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
    }
    lake.put({"t/d=1/a": b'{"a": 1, "b": 2}'})
    configuration = json.dumps({"Version": 1.0, "CrawlerOutput": output})
    crawler = lake.crawler("t/", Configuration=configuration)
    lake.run(crawler)
    lake.put({"t/d=1/a": b'{"a": "text", "c": 1}', "t/d=2/a": b'{"a": "text", "c": 1}'})
    lake.run(crawler)
    table = lake.tables()["t"]
    assert columns(table) == [("a", "int"), ("b", "int"), ("c", "int")]
    for partition in lake.partitions("t"):
        assert columns(partition) == columns(table)


def test_recrawl_of_new_folders_only(lake: Lake) -> None:
    lake.put({"t/d=1/a": RATING_JSON})
    crawler = lake.crawler(
        "t/",
        RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
        SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
    )
    lake.run(crawler)
    lake.put({"t/d=1/a": RATING_JSON + b'{"tag": "x"}', "t/d=2/a": RATING_JSON})
    lake.run(crawler)
    assert columns(lake.tables()["t"]) == STREAM_COLUMNS
    assert len(lake.partitions("t")) == 2


def test_a_whole_bucket_is_named_after_it(lake: Lake) -> None:
    lake.put({"x=1/a": RATING_JSON, "x=2/a": RATING_JSON})
    (table,) = lake.crawl("")
    assert table == lake.bucket.replace("-", "_")
