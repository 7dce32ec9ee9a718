"""`lake destroy` from several states, and that infrastructure can be made again after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from pipeline.cli import app
from tests.integration.pipeline_data import write_folder

BUCKET = "000000000000-movielens-lake"


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


def test_destroying_leaves_nothing_and_can_be_repeated(
    emulator: str, aws: Callable[[str], Any], tmp_path: Path
) -> None:
    land(emulator, tmp_path / "movielens")
    aws("s3").create_multipart_upload(Bucket=BUCKET, Key="data/unfinished.csv")
    code, document = call(emulator, "destroy")
    assert code == 0
    assert document["leftovers"] == []
    assert "stack movielens-lake-lab-1-nested" in document["deleted"]
    numbers = [step["numbers"] for step in document["steps"]]
    assert numbers == ["11-12", "13", "10", "8-9", "6-7", "1-2", "", "3-5", "3-5"]
    whole = " ".join(document["deleted"])
    for name in ("stream movielens-ratings", "job movielens-training-data", "movielens-simulator"):
        assert name in whole
    with pytest.raises(ClientError):
        aws("s3").head_bucket(Bucket=BUCKET)
    stacks = aws("cloudformation").describe_stacks()["Stacks"]
    there = [s["StackName"] for s in stacks if s["StackStatus"] != "DELETE_COMPLETE"]
    assert not [name for name in there if name.startswith("movielens-lake-")]
    assert not [r for r in aws("iam").list_roles()["Roles"] if "movielens" in r["RoleName"]]
    streams = aws("kinesis").list_streams()["StreamNames"]
    assert "movielens-ratings" not in streams
    code, document = call(emulator, "destroy")
    assert (code, document["deleted"]) == (0, [])


def test_what_was_destroyed_can_be_made_again(emulator: str, tmp_path: Path) -> None:
    for _ in range(2):
        land(emulator, tmp_path / "movielens")
        code, document = call(emulator, "destroy")
        assert (code, document["leftovers"]) == (0, [])


def test_verify_of_no_lake_says_what_to_do(emulator: str) -> None:
    code, document = call(emulator, "verify")
    assert code == 1
    assert document["error"] == {
        "message": f"There is no lake to verify: bucket {BUCKET} has no landed data.",
        "hint": "Make it with: lake run",
    }
