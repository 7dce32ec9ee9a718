"""What is somebody else's stays as it is, however much its name is like one of the lake's."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import app
from pipeline.target import open_target
from tests.integration.pipeline.movielens_data import Expected, write_folder
from tests.support import REGION, unique, wait_until

pytestmark = pytest.mark.large

Aws = Callable[[str], Any]
BUCKET = "000000000000-movielens-lake-us-east-1"
TABLES = ["ratings_t", "movies_t", "links_t", "tags_t", "awsdms_full_load_exceptions"]
TAG = {"Key": "project", "Value": "movielens-lake"}
JOBS = ("my-movielens-train-7", "movielens-train-0123456789ab-1")
"""One like ours, and one that could be ours but for the tag."""
GROUPS = ("/aws/lambda/movielens-simulator-v2", "dms-tasks-movielens-lake-instance-2")
STREAMS = {
    "/aws/sagemaker/TrainingJobs": "movielens-training/algo-1-1",
    "/aws-glue/crawlers": "movielens-stream-2",
}


def call(endpoint: str, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*arguments, "--endpoint", endpoint])
    return result.exit_code, result.stdout, result.stderr


def shell(command: str) -> str:
    """Run a command that an error has named."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Expected]]:
    tmp = tmp_path_factory.mktemp("lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_CACHE", str(tmp / "cache"))
        yield tmp / "movielens", write_folder(tmp / "movielens")


@pytest.fixture
def jobs(aws: Aws) -> Iterator[tuple[str, ...]]:
    """Training jobs at work."""
    bucket, s3, sagemaker = unique("elsewhere"), aws("s3"), aws("sagemaker")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="data/a.csv", Body=b"x\n")
    s3.put_object(Bucket=bucket, Key="source.tar.gz", Body=waiting_script())
    for job in JOBS:
        sagemaker.create_training_job(**job_request(bucket, job))
    yield JOBS
    for job in JOBS:
        sagemaker.stop_training_job(TrainingJobName=job)
    wait_until(lambda: "InProgress" not in statuses(aws), what="the jobs to stop")


def waiting_script() -> bytes:
    script, buffer = b"import signal\nsignal.pause()\n", io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("train.py")
        member.size = len(script)
        tar.addfile(member, io.BytesIO(script))
    return buffer.getvalue()


def job_request(bucket: str, job: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/data/"}
    return {
        "TrainingJobName": job,
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/"
            "sagemaker-scikit-learn:1.2-1-cpu-py3",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::000000000000:role/elsewhere",
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": json.dumps(f"s3://{bucket}/source.tar.gz"),
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        "Tags": [{"Key": "project", "Value": "elsewhere"}],
    }


def statuses(aws: Aws) -> list[str]:
    sagemaker = aws("sagemaker")
    return [sagemaker.describe_training_job(TrainingJobName=j)["TrainingJobStatus"] for j in JOBS]


@pytest.fixture
def table(aws: Aws) -> Iterator[str]:
    """A table called as the workshop calls it, with an item in it."""
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName="ratings_t",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "project", "Value": "elsewhere"}],
    )
    dynamodb.put_item(TableName="ratings_t", Item={"id": {"S": "precious"}})
    yield "ratings_t"
    if "ratings_t" in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName="ratings_t")


@pytest.fixture
def logs(aws: Aws) -> Iterator[Any]:
    """Log groups and streams whose names begin as those of the lake do."""
    client = aws("logs")
    for group in (*GROUPS, *STREAMS):
        with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
            client.create_log_group(logGroupName=group)
    for group, stream in STREAMS.items():
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    yield client
    for group in GROUPS:
        client.delete_log_group(logGroupName=group)
    for group, stream in STREAMS.items():  # others write into these groups
        client.delete_log_stream(logGroupName=group, logStreamName=stream)


def assert_logs_are_there(logs: Any) -> None:
    there = {g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]}
    assert there >= {*GROUPS, *STREAMS}
    for group, stream in STREAMS.items():
        found = logs.describe_log_streams(logGroupName=group)["logStreams"]
        assert stream in [s["logStreamName"] for s in found]


def test_without_a_lake_nothing_is_deleted(
    emulator: str, aws: Aws, jobs: tuple[str, ...], table: str, logs: Any
) -> None:
    logs.create_log_group(logGroupName="/aws/lambda/movielens-simulator")
    aws("s3").create_bucket(Bucket=BUCKET)
    aws("s3").put_object(Bucket=BUCKET, Key="precious", Body=b"x")
    aws("kinesis").create_stream(StreamName="movielens-ratings", ShardCount=1)
    try:
        wait_until(lambda: statuses(aws) == ["InProgress"] * 2, what="the jobs to begin")
        code, stdout, stderr = call(emulator, "destroy")
        assert code == 0, stderr
        assert [line for line in stdout.splitlines() if not line.startswith("step ")] == [
            "reactive: nothing there",
            "schedule: nothing there",
            "model registry: nothing there",
            "lists: nothing there",
            "logs: nothing there",
            "kept    table ratings_t (not the lake's)",
            f"kept    bucket {BUCKET} (not the lake's)",
            "kept    stream movielens-ratings (not the lake's)",
            "kept    log group /aws/lambda/movielens-simulator (not the lake's)",
            "nothing of the lake is left",
        ]
        assert aws("dynamodb").scan(TableName=table)["Items"] == [{"id": {"S": "precious"}}]
        assert [o["Key"] for o in aws("s3").list_objects_v2(Bucket=BUCKET)["Contents"]] == [
            "precious"
        ]
        assert statuses(aws) == ["InProgress"] * 2
        assert_logs_are_there(logs)
    finally:
        logs.delete_log_group(logGroupName="/aws/lambda/movielens-simulator")
        aws("s3").delete_object(Bucket=BUCKET, Key="precious")
        aws("s3").delete_bucket(Bucket=BUCKET)
        aws("kinesis").delete_stream(StreamName="movielens-ratings")


def test_a_table_that_the_load_would_replace_stops_the_run_before_it_makes_anything(
    emulator: str, aws: Aws, table: str, folder: tuple[Path, Expected]
) -> None:
    code, _, stderr = call(emulator, "run", "--movielens", str(folder[0]))
    assert code == 1
    message, hint = stderr.rpartition("\nlake: ")[2].rstrip().split("\n  → ")
    assert message == (
        f"DynamoDB table ratings_t in account 000000000000, region {REGION}, is not the lake's, "
        "and the full load would replace it; nothing was touched."
    )
    assert aws("dynamodb").scan(TableName=table)["Items"] == [{"id": {"S": "precious"}}]
    assert BUCKET not in [b["Name"] for b in aws("s3").list_buckets()["Buckets"]]
    command = hint.removeprefix("If nobody needs what is in there: ").removesuffix(
        "; then: lake run"
    )
    shell(command)
    assert table not in aws("dynamodb").list_tables()["TableNames"]


def test_a_lake_has_its_own_tables_replaced_and_deleted_and_nothing_else(
    emulator: str, aws: Aws, logs: Any, folder: tuple[Path, Expected]
) -> None:
    source = ("--movielens", str(folder[0]))
    dynamodb, s3 = aws("dynamodb"), aws("s3")
    assert call(emulator, "run", "--only", "land", *source)[0] == 0
    code, _, stderr = call(emulator, "run", "--only", "full_load", *source)
    assert code == 0, stderr
    for name in TABLES:
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        assert TAG in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]
        billing = dynamodb.describe_table(TableName=name)["Table"]["BillingModeSummary"]
        assert billing["BillingMode"] == "PAY_PER_REQUEST"
    log = open_target("local", endpoint=emulator).read_log("dms-tasks-movielens-lake-instance")
    assert "ratings" in shell(log)
    # As a first run leaves them that was killed in the middle of the load: without a tag.
    note = json.loads(
        s3.get_object(Bucket=BUCKET, Key="_lake/stages/full_load.json")["Body"].read()
    )
    note |= {"status": "running", "counts": {}, "details": {}}
    s3.put_object(Bucket=BUCKET, Key="_lake/stages/full_load.json", Body=json.dumps(note))
    for name in TABLES:
        arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
        dynamodb.untag_resource(ResourceArn=arn, TagKeys=["project"])
    dynamodb.delete_table(TableName="tags_t")
    code, _, stderr = call(emulator, "run", "--only", "full_load", *source)
    assert code == 0, stderr
    count = dynamodb.scan(TableName="tags_t", Select="COUNT")["Count"]
    assert count == folder[1].items["tags_t"]
    code, stdout, stderr = call(emulator, "destroy")
    assert code == 0, stderr
    deleted = [line.removeprefix("deleted ") for line in stdout.splitlines()]
    assert set(deleted) >= {f"table {name}" for name in (*TABLES, "ratings_stream_t")}
    assert "kept" not in stdout
    assert dynamodb.list_tables()["TableNames"] == []
    assert_logs_are_there(logs)


def test_what_cannot_be_deleted_keeps_the_bucket_that_knows_whose_it_is(
    emulator: str, aws: Aws, folder: tuple[Path, Expected]
) -> None:
    assert call(emulator, "run", "--only", "land", "--movielens", str(folder[0]))[0] == 0
    dynamodb = aws("dynamodb")
    dynamodb.update_table(TableName="tags_t", DeletionProtectionEnabled=True)
    code, _, stderr = call(emulator, "destroy")
    assert code == 1
    assert "table tags_t" in stderr
    assert f"bucket {BUCKET}" in stderr
    dynamodb.update_table(TableName="tags_t", DeletionProtectionEnabled=False)
    code, stdout, stderr = call(emulator, "destroy")
    assert code == 0, stderr
    assert "deleted table tags_t\n" in stdout
    assert "nothing of the lake is left\n" in stdout
