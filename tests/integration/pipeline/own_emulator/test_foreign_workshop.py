"""AWS artefacts written by others run unmodified, traps included, through boto3 alone.

One run of the whole workshop of tests/fixtures/workshop; each test looks at one thing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.integration.pipeline.foreign_workshop import (
    BUCKET,
    DATABASE,
    RATINGS,
    STACK,
    STREAMED,
    TABLES,
    Row,
    Workshop,
    distinct,
)
from tests.support import movielens_folder

pytestmark = pytest.mark.large

NEST = ("Roles", "Network", "Migration", "Copy", "Start")


@dataclass
class Seen:
    """What the run left to be looked at."""

    shop: Workshop
    stack: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    statistics: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sent: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    stream_table: str = ""
    runs: list[dict[str, Any]] = field(default_factory=list)
    written: dict[str, list[Row]] = field(default_factory=dict)
    deleted: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    @property
    def outputs(self) -> dict[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self.stack["Outputs"]}


@pytest.fixture(scope="module")
def seen(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    shop = Workshop(emulator, tmp_path_factory.mktemp("data"))
    seen = Seen(shop)
    try:
        run(shop, seen)
        yield seen
    finally:
        shop.sweep()


def run(shop: Workshop, seen: Seen) -> None:
    shop.publish()
    seen.stack = shop.create_nested()
    assert seen.stack["StackStatus"] == "CREATE_COMPLETE", shop.reasons(STACK)
    task = seen.outputs["Task"]
    with shop.timed("load"):
        seen.task = shop.load(task)
    found = shop.client("dms").describe_table_statistics(ReplicationTaskArn=task)
    seen.statistics = {s["TableName"]: s for s in found["TableStatistics"]}
    seen.items = {t: shop.items(f"{t}_t") for t in TABLES}
    with shop.timed("stream"):
        seen.sent = shop.stream_ratings()
    with shop.timed("delivery"):
        seen.objects = shop.delivered()
    folder = next(iter(seen.objects)).split("/")[0]
    shop.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    with shop.timed("crawlers"):
        shop.crawl("xy_s3_stream", {"S3Targets": [{"Path": f"s3://{BUCKET}/{folder}"}]})
        dynamodb = [{"Path": f"{t}_t"} for t in ("movies", "links", "ratings")]
        seen.tables = shop.crawl("xy_dynamodb", {"DynamoDBTargets": dynamodb})
    seen.stream_table = folder
    shop.create_job(folder)
    with shop.timed("two job runs"):
        seen.runs = [shop.run_job(), shop.run_job()]
    if seen.runs[0]["JobRunState"] == "SUCCEEDED":
        seen.written = {f: shop.written(f) for f in ("rating", "movies", "links")}
    shop.clean()
    seen.deleted = shop.delete_nested()
    seen.left = leftovers(shop)
    print({step: round(seconds, 1) for step, seconds in shop.seconds.items()})


def leftovers(shop: Workshop) -> list[str]:
    iam, ec2, dms = shop.client("iam"), shop.client("ec2"), shop.client("dms")
    found = [r["RoleName"] for r in iam.list_roles()["Roles"]]
    found = [r for r in found if r in ("dms-vpc-role", "lambda-kinesis-role", "glue-service-role")]
    found += [p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]]
    found += [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    found += [t["ReplicationTaskArn"] for t in dms.describe_replication_tasks()["ReplicationTasks"]]
    found += [e["EndpointArn"] for e in dms.describe_endpoints()["Endpoints"]]
    found += [f["FunctionName"] for f in shop.client("lambda").list_functions()["Functions"]]
    found += [b["Name"] for b in shop.client("s3").list_buckets()["Buckets"] if b["Name"] == BUCKET]
    cfn = shop.client("cloudformation")
    found += [e["Name"] for e in cfn.list_exports()["Exports"]]
    found += [s["StackName"] for s in cfn.describe_stacks()["Stacks"]]
    return found


def strings(item: dict[str, Any]) -> Row:
    return {name: str(next(iter(value.values()))) for name, value in item.items()}


def test_nested_stack_has_outputs_of_its_parts(seen: Seen) -> None:
    assert seen.outputs["Bucket"] == BUCKET
    assert seen.outputs["Task"].startswith("arn:aws:dms:us-west-2:000000000000:task:")
    assert seen.outputs["Migration"].startswith("arn:aws:cloudformation:us-west-2:")
    assert int(seen.outputs["Bytes"]) > 100_000, "what the copy function answered as Data"


def test_nested_stack_is_quick(seen: Seen) -> None:
    # At LocalStack's own pace each resource that is not ready at once takes five seconds more.
    assert seen.shop.seconds["create"] <= 60
    assert seen.shop.seconds["delete"] <= 30


def test_full_load_ends_as_on_aws(seen: Seen) -> None:
    assert seen.task["Status"] == "stopped"
    assert seen.task["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert seen.task["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100
    states = {s["TableState"] for s in seen.statistics.values()}
    assert states == {"Table completed"}


def test_header_row_is_loaded_as_an_item(seen: Seen) -> None:
    headers = [i for i in map(strings, seen.items["ratings"]) if i["userid"] == "userId"]
    assert headers == [
        {"userid": "userId", "movieid": "movieId", "rating": "rating", "timestamp_c": "timestamp"}
    ]
    rows = {t: len(seen.shop.rows[t]) + 1 for t in TABLES}
    assert {t: s["FullLoadRows"] for t, s in seen.statistics.items()} == rows
    assert len(seen.items["ratings"]) == RATINGS + 1
    assert len(seen.items["movies"]) == rows["movies"]
    assert len(seen.items["links"]) == rows["links"]


def test_tags_collapse_but_every_row_is_counted(seen: Seen) -> None:
    keys = distinct(seen.shop.rows["tags"], 0, 1)
    if movielens_folder() is not None:
        assert (len(seen.shop.rows["tags"]), keys) == (1_296, 772)
    items = [strings(item) for item in seen.items["tags"]]
    header = [i for i in items if i["usermovie"] == "userIdXmovieId"]
    assert len(header) == 1
    assert len(items) - len(header) == keys
    assert seen.statistics["tags"]["FullLoadRows"] == len(seen.shop.rows["tags"]) + 1
    assert all("tags" not in item for item in items), "the column is named tag"


def test_function_sends_every_line_of_the_file(seen: Seen) -> None:
    assert seen.sent == STREAMED + 1, "the header too"


def test_prefix_is_literal_and_records_follow_each_other(seen: Seen) -> None:
    keys = list(seen.objects)
    assert all(key.startswith("firehose20") for key in keys), keys
    assert all(len(key.split("/")) == 5 for key in keys), keys
    text = next(iter(seen.objects.values())).decode()
    assert "\n" not in text
    assert "}{" in text
    first, _ = json.JSONDecoder().raw_decode(text)
    assert first["ratingid"] == "rating", "the header is the first event"


def test_crawlers_name_tables_after_folder_and_dynamodb_table(seen: Seen) -> None:
    assert set(seen.tables) == {seen.stream_table, "movies_t", "links_t", "ratings_t"}
    stream = seen.tables[seen.stream_table]
    assert stream["Parameters"]["classification"] == "json"
    assert [k["Name"] for k in stream["PartitionKeys"]] == [f"partition_{i}" for i in range(3)]
    columns = {c["Name"] for c in stream["StorageDescriptor"]["Columns"]}
    assert columns == {"userid", "movieid", "ratingid", "timestamp"}
    ratings = seen.tables["ratings_t"]
    assert ratings["Parameters"]["classification"] == "dynamodb"
    assert {c["Name"] for c in ratings["StorageDescriptor"]["Columns"]} == {
        *("userid", "movieid", "rating", "timestamp_c")
    }


def test_script_succeeds_once(seen: Seen) -> None:
    assert seen.runs[0]["JobRunState"] == "SUCCEEDED", seen.runs[0].get("ErrorMessage")
    ratings = seen.written["rating"]
    # UNION goes by position and takes the names of the first table.
    assert list(ratings[0]) == ["userid", "movieid", "rating", "timestamp_c"]
    assert len(ratings) == RATINGS + 1 + STREAMED + 1, "every record of {..}{..}, and two headers"
    nulls = [r for r in ratings if r["userid"] == "" and r["rating"] == ""]
    assert len(nulls) == 2, "CAST makes NULL of the header rows"
    assert len(seen.written["movies"]) == len(seen.shop.rows["movies"]) + 1
    assert len(seen.written["links"]) == len(seen.shop.rows["links"]) + 1
    expected = {
        (r[0], r[1], float(r[2]))
        for t in ("ratings", "ratings-partial-load")
        for r in seen.shop.rows[t]
    }
    assert {(r["userid"], r["movieid"], float(r["rating"])) for r in ratings if r["userid"]} == (
        expected
    )


def test_second_run_fails_on_existing_output(seen: Seen) -> None:
    assert seen.runs[1]["JobRunState"] == "FAILED"
    assert "already exists" in seen.runs[1]["ErrorMessage"]
    assert f"s3://{BUCKET}/ml/trainingdata/rating" in seen.runs[1]["ErrorMessage"]


def test_deletion_leaves_nothing(seen: Seen) -> None:
    assert seen.deleted["StackStatus"] == "DELETE_COMPLETE", seen.shop.reasons(
        seen.deleted["StackId"]
    )
    assert seen.left == []
