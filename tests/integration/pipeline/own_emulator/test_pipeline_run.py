"""The whole lake on a small data set: run, rerun, damage, repair, refuse.

The run that the tests look at goes on from one that was killed in the middle of the stream.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.run_lock import LIFETIME
from tests.integration.pipeline.movielens_data import Expected, write_folder
from tests.support import wait_until

BUCKET = "000000000000-movielens-lake-us-east-1"
pytestmark = pytest.mark.spark


@dataclass
class Answer:
    """How a call of `lake` ended."""

    code: int
    document: dict[str, Any]
    stderr: str


@dataclass
class Lake:
    """The lake under test."""

    endpoint: str
    folder: Path
    expected: Expected
    first: dict[str, Any]
    aws: Callable[[str], Any]

    def call(self, *arguments: str) -> Answer:
        return call(self.endpoint, *arguments)

    def run(self, *arguments: str) -> Answer:
        return self.call("run", "--movielens", str(self.folder), *arguments)

    def objects(self, prefix: str) -> dict[str, str]:
        found = self.aws("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {entry["Key"]: entry["ETag"] for entry in found}


def call(endpoint: str, *arguments: str) -> Answer:
    result = CliRunner().invoke(app, [*arguments, "--endpoint", endpoint, "--json"])
    return Answer(result.exit_code, json.loads(result.stdout), result.stderr)


@pytest.fixture(scope="module")
def lake(
    emulator: str, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lake]:
    tmp = tmp_path_factory.mktemp("lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_CACHE", str(tmp / "cache"))
        expected = write_folder(tmp / "movielens")
        killed_in_the_stream(emulator, tmp)
        answer = call(emulator, "run", "--movielens", str(tmp / "movielens"))
        assert answer.code == 0, answer.stderr
        yield Lake(emulator, tmp / "movielens", expected, answer.document, aws)
        destroyed = call(emulator, "destroy")
        assert destroyed.code == 0, destroyed.stderr


def killed_in_the_stream(endpoint: str, tmp: Path) -> None:
    log = tmp / "killed.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from pipeline.cli.commands import main; main()", "run"),
                *("--movielens", str(tmp / "movielens"), "--endpoint", endpoint),
            ],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        wait_until(
            lambda: "stream: begins" in log.read_text() or process.poll() is not None,
            timeout=120,
            what="the stream stage to begin",
        )
    finally:
        process.kill()
        process.wait()
    assert "stream: begins" in log.read_text(), log.read_text()


def hops(document: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {hop["name"]: hop for hop in document["reconciliation"]}


def rows(lake: Lake, directory: str) -> list[list[str]]:
    found: list[list[str]] = []
    for key in sorted(lake.objects(f"ml/trainingdata/{directory}/")):
        body = lake.aws("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        found += list(csv.reader(io.StringIO(body, newline="")))[1:]
    return found


def test_every_count_reconciles(lake: Lake) -> None:
    assert lake.first["ok"]
    found = hops(lake.first["verification"])
    assert {hop["difference"] for hop in found.values()} == {0}
    for table, count in lake.expected.items.items():
        assert found[f"S3 {table.removesuffix('_t')} → {table}"]["written"] == count
    for table, count in lake.expected.rejected.items():
        assert found[f"{table}.csv → S3"]["rejected"] == count
    assert found["partial-load → firehose/"]["written"] == lake.expected.streamed
    assert found["firehose + ratings_t → rating"]["written"] == lake.expected.pairs
    assert len(lake.first["recommendations"]["titles"]) == 10


def test_any_client_finds_the_items(lake: Lake) -> None:
    dynamodb = lake.aws("dynamodb")
    for table, count in lake.expected.items.items():
        assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == count
    assert dynamodb.scan(TableName="awsdms_full_load_exceptions", Select="COUNT")["Count"] == 0


def test_the_second_consumer_has_the_streamed_ratings(lake: Lake) -> None:
    with (lake.folder / "ratings-partial-load.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file))[1:]
    source = {(row[0], row[1]): float(row[2]) for row in found if row[2] != "nan"}
    assert streamed(lake) == source


def streamed(lake: Lake) -> dict[tuple[str, str], float]:
    pages = lake.aws("dynamodb").get_paginator("scan").paginate(TableName="ratings_stream_t")
    return {
        (item["userId"]["S"], item["movieId"]["S"]): float(item["rating"]["N"])
        for page in pages
        for item in page["Items"]
    }


def test_a_consumer_that_fails_in_the_middle_goes_on_and_a_replay_changes_nothing(
    lake: Lake,
) -> None:
    before, client = streamed(lake), lake.aws("lambda")
    function = {"FunctionName": "movielens-stream-consumer"}
    dynamodb = lake.aws("dynamodb")
    for user, movie in list(before)[:50]:
        key = {"userId": {"S": user}, "movieId": {"S": movie}}
        dynamodb.delete_item(TableName="ratings_stream_t", Key=key)

    def set_table(name: str) -> None:
        client.update_function_configuration(**function, Environment={"Variables": {"TABLE": name}})
        client.get_waiter("function_updated_v2").wait(**function)

    def failures() -> int:
        pages = lake.aws("logs").get_paginator("filter_log_events")
        found = pages.paginate(
            logGroupName="/aws/lambda/movielens-stream-consumer", filterPattern='"no-such-table"'
        )
        return sum(len(page["events"]) for page in found)

    set_table("no-such-table")
    try:
        replay = subprocess.Popen(
            [
                *(sys.executable, "-c", "from pipeline.cli.commands import main; main()", "run"),
                *("--movielens", str(lake.folder), "--endpoint", lake.endpoint),
                *("--only", "stream", "--force"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(failures, timeout=60, what="the consumer to fail")
    finally:
        set_table("ratings_stream_t")
    assert replay.wait(120) == 0
    assert streamed(lake) == before
    repaired = lake.run()
    assert repaired.code == 0, repaired.stderr


def test_training_data_is_the_source(lake: Lake) -> None:
    ratings = [tuple(row[:2]) for row in rows(lake, "rating")]
    assert len(ratings) == len(set(ratings)) == lake.expected.pairs
    with (lake.folder / "movies.csv").open(encoding="utf-8", newline="") as file:
        source = {row[0]: row[1] for row in list(csv.reader(file))[1:]}
    assert {row[0]: row[1] for row in rows(lake, "movies")} == source


def test_rejected_rows_are_kept_with_file_line_and_reason(lake: Lake) -> None:
    key = "ml/quarantine/source/ratings.jsonl"
    body = lake.aws("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    kept = [json.loads(line) for line in body.splitlines()]
    first = lake.expected.items["ratings_t"] + 2
    assert [row["line"] for row in kept] == [first, first + 1]
    assert all(row["file"].endswith("ratings.csv") and row["reason"] for row in kept)


def test_a_second_run_changes_nothing(lake: Lake) -> None:
    before = lake.objects("")
    answer = lake.run()
    assert answer.code == 0, answer.stderr
    assert [s["stage"] for s in answer.document["stages"] if not s["skipped"]] == ["recommend"]
    assert lake.objects("") == before


def test_the_job_run_again_gives_the_same_bytes(lake: Lake) -> None:
    before = lake.objects("ml/trainingdata/")
    answer = lake.run("--only", "transform", "--force")
    assert answer.code == 0, answer.stderr
    assert lake.objects("ml/trainingdata/") == before


def test_a_lost_item_is_noticed_and_brought_back(lake: Lake) -> None:
    dynamodb = lake.aws("dynamodb")
    item = dynamodb.scan(TableName="ratings_t", Limit=1)["Items"][0]
    dynamodb.delete_item(
        TableName="ratings_t", Key={name: item[name] for name in ("userId", "movieId")}
    )
    found = lake.call("verify")
    assert found.code == 1
    assert "S3 ratings → ratings_t" in found.stderr
    assert "difference +1" in found.stderr
    assert "lake run --from full_load --force" in found.stderr
    repaired = lake.run()
    assert repaired.code == 0, repaired.stderr
    ran = [s["stage"] for s in repaired.document["stages"] if not s["skipped"]]
    assert ran == ["full_load", "recommend"]
    assert lake.call("verify").code == 0


def test_a_lost_catalog_table_is_made_again(lake: Lake) -> None:
    lake.aws("glue").delete_table(DatabaseName="ml-data-lake", Name="links_t")
    answer = lake.run()
    assert answer.code == 0, answer.stderr
    assert "catalog: catalog table links_t is not there any more" in answer.stderr


def test_without_a_source_a_run_goes_on_with_what_the_lake_holds(lake: Lake) -> None:
    answer = lake.call("run")
    assert answer.code == 0, answer.stderr
    assert answer.document["data"] == f"folder {lake.folder}"
    assert all(stage["skipped"] for stage in answer.document["stages"][:-1])


def test_another_source_is_refused(lake: Lake, tmp_path: Path) -> None:
    write_folder(tmp_path / "other", seed=8)
    answer = lake.call("run", "--movielens", str(tmp_path / "other"))
    assert answer.code == 1
    assert answer.document["error"]["hint"].endswith("first with: lake destroy")


def test_a_run_beside_another_is_refused(lake: Lake) -> None:
    s3 = lake.aws("s3")
    expires = time.time() + LIFETIME  # a later one can only come of a clock that was set
    holder = {"owner": "x", "host": "elsewhere", "process": 1, "expires": expires, "what": "x"}
    s3.put_object(Bucket=BUCKET, Key="_lake/lock.json", Body=json.dumps(holder))
    try:
        for answer in (lake.run(), lake.call("destroy")):
            assert answer.code == 1
            assert "Another run is at work on this lake" in answer.stderr
    finally:
        s3.delete_object(Bucket=BUCKET, Key="_lake/lock.json")


def test_recommendations_for_known_and_unknown_users(lake: Lake) -> None:
    known = lake.call("recommend", "1", "-k", "5").document
    assert len(known["titles"]) == 5
    assert known["titles"][0]["title"].startswith("Film ")
    unknown = lake.call("recommend", "999999").document
    assert unknown["titles"]
    assert unknown["reason"] != known["reason"]


def test_each_lab_is_verified_alone(lake: Lake) -> None:
    steps = {
        1: {"1", "2-4", "5-7", "8", "9", "10", "11", "12"},
        2: {"1-2", "1.5", "2.9", "3.9", "3.11", "3.12", "consumer"},
        3: {"1", "1.19", "1.21", "2.22", "2.24", "3.13"},
        4: {"2.6"},
    }
    for lab, numbers in steps.items():
        answer = lake.call("verify", "--lab", str(lab))
        assert answer.code == 0, answer.stderr
        findings = answer.document["findings"]
        assert {finding["lab"] for finding in findings} == {lab}
        assert {finding["number"] for finding in findings} == numbers
        assert all(finding["found"] for finding in findings)


def test_a_lab_that_is_off_is_told_from_one_that_is_not(lake: Lake) -> None:
    s3 = lake.aws("s3")
    s3.put_object(Bucket=BUCKET, Key="firehose/undated", Body=b"")
    try:
        answer = lake.call("verify", "--lab", "2")
        assert answer.code == 1
        (off,) = [f for f in answer.document["findings"] if not f["ok"]]
        assert (off["number"], off["found"]) == ("3.12", "firehose/undated")
        assert lake.call("verify", "--lab", "1").code == 0
    finally:
        s3.delete_object(Bucket=BUCKET, Key="firehose/undated")


def test_everybodys_list_is_made_once_and_is_what_the_endpoint_says(lake: Lake) -> None:
    made = lake.call("lists")
    assert made.code == 0, made.stderr
    people = {int(row[0]) for row in rows(lake, "rating")}
    assert made.document["users"] == len(people)
    assert lake.call("lists").document["job"] == made.document["job"]
    user = str(min(people))
    kept, asked = (lake.call(c, user, "-k", "10").document for c in ("lists", "recommend"))
    assert kept["reason"] == asked["reason"]
    assert len(kept["titles"]) == 10
    for one, other in zip(kept["titles"], asked["titles"], strict=True):
        assert (one["movie_id"], one["title"]) == (other["movie_id"], other["title"])
        assert one["score"] == pytest.approx(other["score"], abs=1e-5)  # many users at once


def test_status_shows_stacks_and_stages(lake: Lake) -> None:
    document = lake.call("status").document
    assert document["stacks"].pop("schedule") is None  # `lake schedule` makes it
    assert document["stacks"].pop("reactive") is None  # `lake run --reactive` makes it
    document["stacks"].pop("lists")  # and `lake lists` this one
    assert set(document["stacks"].values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    assert {record["status"] for record in document["stages"].values()} == {"done"}
