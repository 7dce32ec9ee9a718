"""Runs the foreign workshop of tests/fixtures/workshop through boto3, and keeps what it saw.

It lives in another region than all other tests, so that its fixed names disturb nobody.
"""

from __future__ import annotations

import contextlib
import csv
import io
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from pipeline.data.synthetic import Shape, generate
from tests.support import PROJECT, movielens_folder, wait_until

FIXTURES = PROJECT / "tests" / "fixtures" / "workshop"
REGION = "us-west-2"
ACCOUNT = "000000000000"
ARTEFACTS = "mlworkshop-artefacts"
BUCKET = f"{ACCOUNT}-mlworkshop-2018-data"
STACK = "MLDataLakeLab"
STREAM, DELIVERY = "xy_stream", "xy_firehosestream"
DATABASE, JOB = "ml-data-lake", "xy_ml_datalake"
TABLES = ("ratings", "movies", "links", "tags")
CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
# Enough to see every trap; all tags, because of their number of keys.
RATINGS, STREAMED = 6_000, 600

Row = dict[str, str]


@dataclass
class Workshop:
    """The endpoint, the data set, and how long each step took."""

    url: str
    folder: Path
    rows: dict[str, list[list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",
            config=Config(read_timeout=300, retries={"total_max_attempts": 1}, proxies={}),
        )

    @contextlib.contextmanager
    def timed(self, step: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - began

    # The data set and the artefacts of the third party

    def publish(self) -> None:
        """Put templates and data into the bucket that others are supposed to own."""
        source = movielens_folder()
        if source is None:
            source = self.folder
            generate(source, Shape())
        s3 = self.client("s3")
        s3.create_bucket(Bucket=ARTEFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
        for template in sorted((FIXTURES / "templates").iterdir()):
            key = f"cfn-scripts/{template.name}"
            s3.put_object(Bucket=ARTEFACTS, Key=key, Body=template.read_bytes())
        for table in (*TABLES, "ratings-partial-load"):
            limit = {"ratings": RATINGS, "ratings-partial-load": STREAMED}.get(table)
            text = (source / f"{table}.csv").read_text(encoding="utf-8")
            lines = text.splitlines(keepends=True)[: limit and limit + 1]
            self.rows[table] = list(csv.reader(lines))[1:]
            key = f"movie-data/{table}.csv"
            s3.put_object(Bucket=ARTEFACTS, Key=key, Body="".join(lines).encode())

    # Lab 1

    def create_nested(self) -> dict[str, Any]:
        """Create the nested stack and wait until it ends."""
        began = time.monotonic()
        url = (
            f"https://s3-us-west-2.amazonaws.com/{ARTEFACTS}/cfn-scripts/mlw-full-stack-nested.yaml"
        )
        self.client("cloudformation").create_stack(
            StackName=STACK, TemplateURL=url, Capabilities=CAPABILITIES
        )
        stack = self.ended(STACK)
        self.seconds["create"] = time.monotonic() - began
        return stack

    def delete_nested(self) -> dict[str, Any]:
        cfn = self.client("cloudformation")
        stack_id = cfn.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
        began = time.monotonic()
        cfn.delete_stack(StackName=STACK)
        stack = self.ended(stack_id)
        self.seconds["delete"] = time.monotonic() - began
        return stack

    def ended(self, stack: str) -> dict[str, Any]:
        cfn = self.client("cloudformation")

        def look() -> dict[str, Any] | None:
            (found,) = cfn.describe_stacks(StackName=stack)["Stacks"]
            return None if found["StackStatus"].endswith("IN_PROGRESS") else dict(found)

        return wait_until(look, timeout=120, what=f"{stack} ends")

    def reasons(self, stack: str) -> list[str]:
        """Why resources failed, for the message of a failing test."""
        events = self.client("cloudformation").describe_stack_events(StackName=stack)
        return [
            f"{e['LogicalResourceId']} {e['ResourceStatus']}: {e.get('ResourceStatusReason')}"
            for e in events["StackEvents"]
            if e["ResourceStatus"].endswith("FAILED")
        ]

    def load(self, task: str) -> dict[str, Any]:
        """Wait until the task, which the stack has started, has stopped."""
        dms = self.client("dms")
        query = [{"Name": "replication-task-arn", "Values": [task]}]

        def stopped() -> dict[str, Any] | None:
            found: dict[str, Any] = dms.describe_replication_tasks(Filters=query)[
                "ReplicationTasks"
            ][0]
            return found if found["Status"] in ("stopped", "failed") else None

        return wait_until(stopped, timeout=120, what="full load")

    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    # Lab 2

    def stream_ratings(self) -> int:
        """Stream, delivery stream and simulator; returns what the function says it sent."""
        kinesis, firehose = self.client("kinesis"), self.client("firehose")
        kinesis.create_stream(StreamName=STREAM, ShardCount=1)
        kinesis.get_waiter("stream_exists").wait(
            StreamName=STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        arn = kinesis.describe_stream(StreamName=STREAM)["StreamDescription"]["StreamARN"]
        role = f"arn:aws:iam::{ACCOUNT}:role/firehose_delivery_role"
        firehose.create_delivery_stream(
            DeliveryStreamName=DELIVERY,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
            S3DestinationConfiguration={
                "RoleARN": role,
                "BucketARN": f"arn:aws:s3:::{BUCKET}",
                "Prefix": "firehose",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 5},
            },
        )

        def active() -> bool:
            found = firehose.describe_delivery_stream(DeliveryStreamName=DELIVERY)
            status = found["DeliveryStreamDescription"]["DeliveryStreamStatus"]
            return bool(status == "ACTIVE")

        wait_until(active, what="delivery stream")
        source = (FIXTURES / "functions" / "simulator.py").read_text()
        source = source.replace("yourinitials_stream", STREAM).replace("your-bucket", BUCKET)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("lambda_function.py", source)
        functions = self.client("lambda")
        functions.create_function(
            FunctionName="xy_simulator",
            Runtime="python3.6",
            Handler="lambda_function.lambda_handler",
            Role=f"arn:aws:iam::{ACCOUNT}:role/lambda-kinesis-role",
            Timeout=480,
            Code={"ZipFile": archive.getvalue()},
        )
        functions.get_waiter("function_active_v2").wait(
            FunctionName="xy_simulator", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        answer = functions.invoke(FunctionName="xy_simulator", Payload=b"{}")
        payload = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, payload
        return int(payload)

    def delivered(self) -> dict[str, bytes]:
        """Objects of the delivery stream once all records are in them."""
        s3 = self.client("s3")

        def look() -> dict[str, bytes] | None:
            listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="firehose").get("Contents", [])
            found = {
                o["Key"]: s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"].read() for o in listed
            }
            sent = sum(body.count(b'"userid"') for body in found.values())
            return found if sent == STREAMED + 1 else None

        return wait_until(look, timeout=90, what="every record delivered")

    # Lab 3

    def crawl(self, name: str, targets: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Crawl; returns the database's tables."""
        glue = self.client("glue")
        glue.create_crawler(
            Name=name, Role="glue-service-role", DatabaseName=DATABASE, Targets=targets
        )
        glue.start_crawler(Name=name)

        def ready() -> dict[str, Any] | None:
            found: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
            return found if found["State"] == "READY" else None

        crawler = wait_until(ready, timeout=60, what=f"{name} ends")
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]
        return {t["Name"]: t for t in glue.get_tables(DatabaseName=DATABASE)["TableList"]}

    def create_job(self, stream_table: str) -> None:
        script = (FIXTURES / "jobs" / "training_data.py").read_text()
        script = script.replace("your-bucket", BUCKET).replace("STREAM_TABLE", stream_table)
        self.client("s3").put_object(Bucket=BUCKET, Key="scripts/job.py", Body=script.encode())
        self.client("glue").create_job(
            Name=JOB,
            Role="glue-service-role",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/scripts/job.py"},
            AllocatedCapacity=50,
        )

    def run_job(self) -> dict[str, Any]:
        glue = self.client("glue")
        run = glue.start_job_run(JobName=JOB)["JobRunId"]

        def final() -> dict[str, Any] | None:
            found: dict[str, Any] = glue.get_job_run(JobName=JOB, RunId=run)["JobRun"]
            over = found["JobRunState"] in ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR")
            return found if over else None

        return wait_until(final, timeout=150, what="job run")

    def written(self, folder: str) -> list[Row]:
        """Rows of the one CSV file that the job wrote to a folder."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"ml/trainingdata/{folder}/")["Contents"]
        parts = [o["Key"] for o in listed if o["Key"].endswith(".csv")]
        assert len(parts) == 1, f"coalesce(1) writes one file: {parts}"
        body = s3.get_object(Bucket=BUCKET, Key=parts[0])["Body"].read().decode()
        return list(csv.DictReader(io.StringIO(body)))

    # Clean-up, in the order of the workshop's list

    def clean(self) -> None:
        """Remove what the labs made beside the stack; what is not there is no matter."""
        ours = {f"{t}_t" for t in TABLES} | {"awsdms_full_load_exceptions"}
        dynamodb = self.client("dynamodb")
        for table in ours & set(dynamodb.list_tables()["TableNames"]):
            dynamodb.delete_table(TableName=table)
        for bucket in (BUCKET, ARTEFACTS):
            self.empty(bucket)
        quietly(self.client("firehose"), "delete_delivery_stream", DeliveryStreamName=DELIVERY)
        quietly(self.client("kinesis"), "delete_stream", StreamName=STREAM)
        quietly(self.client("lambda"), "delete_function", FunctionName="xy_simulator")
        glue = self.client("glue")
        for crawler in ("xy_s3_stream", "xy_dynamodb"):
            quietly(glue, "delete_crawler", Name=crawler)
        quietly(glue, "delete_job", JobName=JOB)
        quietly(glue, "delete_database", Name=DATABASE)

    def sweep(self) -> None:
        """After a run that may have ended anywhere: leave nothing, whatever it takes."""
        self.clean()
        cfn = self.client("cloudformation")
        if any(s["StackName"] == STACK for s in cfn.describe_stacks()["Stacks"]):
            self.delete_nested()
        quietly(self.client("s3"), "delete_bucket", Bucket=ARTEFACTS)

    def empty(self, bucket: str) -> None:
        s3 = self.client("s3")
        try:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                keys = [{"Key": o["Key"]} for o in page.get("Contents", [])]
                if keys:
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
        except s3.exceptions.NoSuchBucket:
            return


def quietly(client: Any, operation: str, **arguments: Any) -> None:
    """Call; an error of the service is no matter."""
    try:
        getattr(client, operation)(**arguments)
    except client.exceptions.ClientError:
        return


def distinct(rows: Iterable[list[str]], *columns: int) -> int:
    return len({tuple(row[c] for c in columns) for row in rows})
