"""`lake destroy` from several states, and infrastructure that is made again."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from pipeline import infrastructure
from pipeline.cli.commands import app
from pipeline.cloudformation import template_text
from pipeline.delivered import Delivered
from pipeline.lake import Lake
from pipeline.target import open_target
from tests.integration.pipeline.movielens_data import write_folder
from tests.support import wait_until
from tests.unit.pipeline.fakes import SilentReporter

pytestmark = pytest.mark.large

BUCKET = "000000000000-movielens-lake-us-east-1"
OBJECTS = 1_100


def call(endpoint: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, [*arguments, "--endpoint", endpoint, "--json"])
    return result.exit_code, json.loads(result.stdout)


def land(endpoint: str, folder: Path) -> None:
    write_folder(folder)
    code, document = call(endpoint, "run", "--only", "land", "--movielens", str(folder))
    assert code == 0, document


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))


def deliver(aws: Callable[[str], Any]) -> None:
    """Put many small objects where Firehose delivers, each with one rating."""

    def put(number: int) -> None:
        event = {"userId": 1, "movieId": number, "rating": 3.5, "timestamp": 1_200_000_000}
        key = f"firehose/2026/01/02/03/{number:04}"
        aws("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(event).encode())

    aws("s3")  # made here: not by several threads at once
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(OBJECTS)))


def crawled(aws: Callable[[str], Any]) -> dict[str, str]:
    """What the lake's crawler says of the delivered objects."""
    glue, name = aws("glue"), "movielens-stream"
    glue.start_crawler(Name=name)
    wait_until(lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY", what=name)
    table = glue.get_table(DatabaseName="ml-data-lake", Name="firehose")["Table"]
    return dict(table["Parameters"])


def test_destroying_leaves_nothing_and_can_be_repeated(
    emulator: str, aws: Callable[[str], Any], tmp_path: Path
) -> None:
    land(emulator, tmp_path / "movielens")
    # More objects than one listing shows: those who count, crawl and empty must see all.
    deliver(aws)
    delivered = Delivered(Lake.open(open_target("local", endpoint=emulator), SilentReporter()))
    delivered.refresh()
    assert (delivered.objects, delivered.records, len(delivered.distinct)) == (OBJECTS,) * 3
    assert crawled(aws)["objectCount"] == str(OBJECTS)
    aws("s3").create_multipart_upload(Bucket=BUCKET, Key="data/unfinished.csv")
    _, would = call(emulator, "destroy", "--dry-run")
    assert would["dry_run"] is True
    assert would["deleted"] == []
    aws("s3").head_bucket(Bucket=BUCKET)
    code, document = call(emulator, "destroy")
    assert code == 0
    assert document["leftovers"] == []
    announced = {text for step in would["steps"] for text in step["deleted"]}
    assert {t for t in announced if t.split()[0] in ("stack", "table", "stream", "function")} == {
        t for t in document["deleted"] if t.split()[0] in ("stack", "table", "stream", "function")
    }
    assert {"role dms-vpc-role", "role dms-cloudwatch-logs-role"} <= set(document["deleted"])
    assert "stack movielens-lake-lab-1-nested" in document["deleted"]
    (emptied,) = [text for text in document["deleted"] if " unfinished upload of " in text]
    assert int(emptied.split()[0].replace(",", "")) > OBJECTS
    numbers = [step["numbers"] for step in document["steps"]]
    workshop = ["11-12", "13", "10", "8-9", "6-7", "1-2", "6-7", "3-5", "3-5"]
    assert [each for each in numbers if each] == workshop
    own = [step["what"] for step in document["steps"] if not step["numbers"]]
    assert own == ["reactive", "schedule", "model registry", "lists", "logs"]
    whole = " ".join(document["deleted"])
    for name in ("stream movielens-ratings", "job movielens-training-data", "movielens-simulator"):
        assert name in whole
    with pytest.raises(ClientError):
        aws("s3").head_bucket(Bucket=BUCKET)
    stacks = aws("cloudformation").describe_stacks()["Stacks"]
    there = [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"]
    assert not [name for name in there if name.startswith("movielens-lake-")]
    assert aws("iam").list_roles()["Roles"] == []
    streams = aws("kinesis").list_streams()["StreamNames"]
    assert "movielens-ratings" not in streams
    code, document = call(emulator, "destroy")
    assert (code, document["deleted"]) == (0, [])


def test_what_was_destroyed_can_be_made_again(emulator: str, tmp_path: Path) -> None:
    for _ in range(2):
        land(emulator, tmp_path / "movielens")
        code, document = call(emulator, "destroy")
        assert (code, document["leftovers"]) == (0, [])


def test_a_change_that_the_nested_stack_cannot_take_makes_it_and_its_users_anew(
    emulator: str, aws: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(emulator, tmp_path / "movielens")

    def changed(template: str) -> str:
        # A named role under another path is another role, which cannot have the same name.
        named = 'RoleName: !Sub "${Project}-${AWS::Region}-glue-service-role"'
        return template_text(template).replace(named, f"{named}\n      Path: /lake/")

    monkeypatch.setattr(infrastructure, "template_text", changed)
    land(emulator, tmp_path / "movielens")
    assert (
        aws("iam").get_role(RoleName="movielens-lake-us-east-1-glue-service-role")["Role"]["Path"]
        == "/lake/"
    )
    code, document = call(emulator, "status")
    assert code == 0
    made = {document["stacks"][name] for name in ("lab-1-nested", "streaming", "catalog")}
    assert made == {"CREATE_COMPLETE"}, document
    assert call(emulator, "destroy")[0] == 0


def test_verify_of_no_lake_says_what_to_do(emulator: str) -> None:
    code, document = call(emulator, "verify")
    assert code == 1
    assert document["error"] == {
        "message": f"There is no lake to verify: bucket {BUCKET} has no landed data.",
        "hint": "Make it with: lake run",
    }
