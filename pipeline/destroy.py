"""``lake destroy``: the workshop's thirteen steps of clean-up, and a list of what is left.

The steps are done in the order of dependencies, which is not that of the workshop's text.
Only names of `Settings` and resources of our stacks are touched. Safe to repeat, and from any
state: whatever is already gone is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from pipeline.errors import LakeError, LeftoversFound
from pipeline.infrastructure import BUCKET, SERVING
from pipeline.lake import Lake, error_code, is_missing
from pipeline.polling import poll_until
from pipeline.run_lock import RunLock
from pipeline.settings import EXCEPTIONS_TABLE, ROOT, STACKS, STREAMED_TABLE, TABLES
from pipeline.stages.deploy import endpoint_status

__all__ = ["CleanUp", "Destruction", "destroy_lake"]


@dataclass(frozen=True)
class CleanUp:
    """One or more of the workshop's steps."""

    numbers: str
    """In the workshop's text; "" for what the text leaves lying about."""
    what: str
    deleted: list[str]


@dataclass
class Destruction:
    """What has happened to everything that belonged to the lake."""

    steps: list[CleanUp] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """What AWS does not let anybody delete: history."""
    leftovers: list[str] = field(default_factory=list)

    @property
    def deleted(self) -> list[str]:
        """Everything that was deleted, in order."""
        return [text for step in self.steps for text in step.deleted]

    def failure(self) -> LeftoversFound:
        """The error that names what is left."""
        return LeftoversFound(
            f"Still there: {'; '.join(self.leftovers)}.", "Try again with: lake destroy"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"deleted": self.deleted, **asdict(self)}


def destroy_lake(lake: Lake) -> Destruction:
    """Delete everything; a step that fails is a leftover, and the next step goes on.

    :raises RunLocked: a run is at work
    """
    if not lake.has_bucket():
        return _destroy(lake)
    lock = RunLock(lake.s3, lake.bucket, lake.settings.state, "lake destroy", lake.cancelled.set)
    with lock:
        return _destroy(lake)


def _destroy(lake: Lake) -> Destruction:
    result = Destruction()
    job_runs = _job_runs(lake)
    for numbers, what, delete in _steps(lake, job_runs):
        lake.reporter.begin(what)
        try:
            deleted = delete()
        except (LakeError, ClientError) as error:
            lake.reporter.end(what, str(error), ok=False)
            result.leftovers.append(f"{what} ({error})")
            continue
        lake.reporter.end(what, f"{len(deleted)} deleted" if deleted else "nothing there")
        result.steps.append(CleanUp(numbers, what, deleted))
    result.leftovers += _leftovers(lake)
    jobs = _training_jobs(lake)
    if jobs:
        result.kept.append(
            f"{len(jobs)} training job records (SageMaker keeps them): {', '.join(jobs)}"
        )
    return result


def _steps(lake: Lake, job_runs: list[str]) -> Iterator[tuple[str, str, Callable[[], list[str]]]]:
    # The text's steps 1, 3, 4 and 6 find on a console page what the next one deletes.
    yield "11-12", "stop what is at work", lambda: _stop_work(lake)
    yield "13", "endpoint and model", lambda: _stack(lake, SERVING)
    yield "10", "crawlers and job", lambda: _stack(lake, "catalog")
    yield "8-9", "streams and functions", lambda: _stack(lake, "streaming")
    yield "6-7", "stacks of lab 1", lambda: _stack(lake, ROOT)
    yield "1-2", "tables of lab 1", lambda: _tables(lake)
    yield "3-5", "objects", lambda: _bucket_contents(lake)
    yield "3-5", "bucket", lambda: _stack(lake, BUCKET)
    yield "", "logs", lambda: _log_groups(lake, job_runs)


def _stop_work(lake: Lake) -> list[str]:
    """Stop a task, job run or training job that is going: it would write into what we delete."""
    stopped = []
    glue, sagemaker, dms = (lake.client(s) for s in ("glue", "sagemaker", "dms"))
    try:
        runs = glue.get_job_runs(JobName=lake.settings.job)["JobRuns"]
        going = [r["Id"] for r in runs if r["JobRunState"] in ("STARTING", "RUNNING", "WAITING")]
        if going:
            glue.batch_stop_job_run(JobName=lake.settings.job, JobRunIds=going)
            stopped += [f"job run {run}" for run in going]
    except ClientError as error:
        if not is_missing(error):
            raise
    for job in _training_jobs(lake, StatusEquals="InProgress"):
        sagemaker.stop_training_job(TrainingJobName=job)
        stopped.append(f"training job {job} (stopped)")
    if lake.stacks.describe("003-full-load"):
        for task in _replication_tasks(lake):
            if task["Status"] in ("running", "starting"):
                dms.stop_replication_task(ReplicationTaskArn=task["ReplicationTaskArn"])
                stopped.append(f"task {task['ReplicationTaskIdentifier']} (stopped)")
        _poll(
            lake,
            lambda: True
            if all(t["Status"] not in ("running", "stopping") for t in _replication_tasks(lake))
            else None,
            "the DMS task to stop",
        )
    return stopped


_KINDS: Final = {
    "AWS::CloudFormation::Stack": "stack",
    "AWS::DynamoDB::Table": "table",
    "AWS::Glue::Crawler": "crawler",
    "AWS::Glue::Database": "database",
    "AWS::Glue::Job": "job",
    "AWS::Kinesis::Stream": "stream",
    "AWS::KinesisFirehose::DeliveryStream": "delivery stream",
    "AWS::Lambda::Function": "function",
    "AWS::SQS::Queue": "queue",
    "AWS::SageMaker::Endpoint": "endpoint",
    "AWS::SageMaker::Model": "model",
}
"""Resources of stacks that are named one by one."""


def _stack(lake: Lake, template: str) -> list[str]:
    """Delete a stack; named with those of its resources that the workshop's text names."""
    name = lake.settings.stack(template)
    contents = []
    if lake.stacks.describe(template):
        found = lake.client("cloudformation").describe_stack_resources(StackName=name)
        for resource in found["StackResources"]:
            kind, identity = (
                _KINDS.get(resource["ResourceType"]),
                resource.get("PhysicalResourceId"),
            )
            if kind and identity and resource["ResourceStatus"] != "DELETE_COMPLETE":
                # Of an ARN or a URL its last part, of a nested stack's ARN its name.
                last = identity.split("/")[1 if kind == "stack" and "/" in identity else -1]
                contents.append(f"{kind} {last}")
    return [f"stack {name}", *contents] if lake.stacks.delete(template) else []


def _tables(lake: Lake) -> list[str]:
    """Tables that DMS has made: they are in no stack."""
    dynamodb = lake.client("dynamodb")
    deleted = []
    for table in _table_names(lake):
        try:
            dynamodb.delete_table(TableName=table)
        except ClientError as error:
            if is_missing(error):
                continue
            raise
        deleted.append(f"table {table}")
    present = set(_table_names(lake))
    _poll(
        lake,
        lambda: True if not present.intersection(_existing_tables(lake)) else None,
        "DynamoDB tables to be deleted",
    )
    return deleted


def _bucket_contents(lake: Lake) -> list[str]:
    if not lake.has_bucket():
        return []
    uploads = 0
    pages = lake.s3.get_paginator("list_multipart_uploads").paginate(Bucket=lake.bucket)
    for page in pages:
        for upload in page.get("Uploads", []):
            lake.s3.abort_multipart_upload(
                Bucket=lake.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
            uploads += 1
    objects = 0
    # All pages first: where a page ends is told by an object that the page's deletion removes.
    versions = lake.s3.get_paginator("list_object_versions").paginate(Bucket=lake.bucket)
    for page in list(versions):
        found = [
            {"Key": v["Key"], "VersionId": v["VersionId"]}
            for v in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        if found:
            answer = lake.s3.delete_objects(
                Bucket=lake.bucket, Delete={"Objects": found, "Quiet": True}
            )
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise LakeError(f"{first['Key']} cannot be deleted: {first.get('Message')}")
            objects += len(found)
    return [f"{objects} objects and {uploads} unfinished uploads of bucket {lake.bucket}"]


def _log_groups(lake: Lake, job_runs: list[str]) -> list[str]:
    """Groups that only the lake writes to; of groups shared with others, the lake's streams."""
    logs = lake.client("logs")
    deleted = []
    for group in _own_groups(lake):
        logs.delete_log_group(logGroupName=group)
        deleted.append(f"log group {group}")
    crawlers = [lake.settings.stream_crawler, lake.settings.tables_crawler]
    shared = {
        "/aws/sagemaker/TrainingJobs": [lake.settings.training_prefix],
        "/aws-glue/crawlers": crawlers,
        "/aws-glue/jobs/error": job_runs,
        "/aws-glue/jobs/logs-v2": job_runs,
        "/aws-glue/jobs/output": job_runs,
    }
    for group, prefixes in shared.items():
        for prefix in prefixes:
            for stream in _log_streams(lake, group, prefix):
                logs.delete_log_stream(logGroupName=group, logStreamName=stream)
                deleted.append(f"log stream {group}/{stream}")
    return deleted


def _log_streams(lake: Lake, group: str, prefix: str) -> list[str]:
    pages = lake.client("logs").get_paginator("describe_log_streams")
    try:
        return [
            stream["logStreamName"]
            for page in pages.paginate(logGroupName=group, logStreamNamePrefix=prefix)
            for stream in page["logStreams"]
        ]
    except ClientError as error:
        if is_missing(error):
            return []
        raise


def _job_runs(lake: Lake) -> list[str]:
    """Ids of the Glue job's runs: what their log streams are named after."""
    pages = lake.client("glue").get_paginator("get_job_runs")
    try:
        return [
            run["Id"]
            for page in pages.paginate(JobName=lake.settings.job)
            for run in page["JobRuns"]
        ]
    except ClientError as error:
        if is_missing(error):
            return []
        raise


def _own_groups(lake: Lake) -> list[str]:
    settings = lake.settings
    prefixes = (
        f"/aws/sagemaker/Endpoints/{settings.endpoint}",
        f"/aws/kinesisfirehose/{settings.delivery_stream}",
        f"dms-tasks-{settings.project}",
        *(f"/aws/lambda/{function}" for function in settings.functions),
    )
    logs = lake.client("logs")
    return [
        group["logGroupName"]
        for prefix in prefixes
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    ]


def _leftovers(lake: Lake) -> list[str]:
    """Look again, at the services themselves."""
    left = [f"stack {lake.settings.stack(t)}" for t in STACKS if lake.stacks.describe(t)]
    left += [f"table {t}" for t in sorted(set(_table_names(lake)) & _existing_tables(lake))]
    if lake.has_bucket():
        left.append(f"bucket {lake.bucket}")
    if endpoint_status(lake) != "absent":
        left.append(f"endpoint {lake.settings.endpoint}")
    left += [text for text, look in _services(lake) if _is_there(look)]
    left += [f"log group {group}" for group in _own_groups(lake)]
    return left


def _services(lake: Lake) -> Iterator[tuple[str, Callable[[], Any]]]:
    settings = lake.settings
    kinesis, firehose, functions, glue = map(lake.client, ("kinesis", "firehose", "lambda", "glue"))
    yield (
        f"stream {settings.stream}",
        lambda: kinesis.describe_stream_summary(StreamName=settings.stream),
    )
    yield (
        f"delivery stream {settings.delivery_stream}",
        lambda: firehose.describe_delivery_stream(DeliveryStreamName=settings.delivery_stream),
    )
    for name in settings.functions:
        yield f"function {name}", partial(functions.get_function, FunctionName=name)
    for name in (settings.stream_crawler, settings.tables_crawler):
        yield f"crawler {name}", partial(glue.get_crawler, Name=name)
    yield f"job {settings.job}", lambda: glue.get_job(JobName=settings.job)
    yield f"database {settings.database}", lambda: glue.get_database(Name=settings.database)


def _is_there(look: Callable[[], Any]) -> bool:
    try:
        look()
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True


def _table_names(lake: Lake) -> list[str]:
    return [*(lake.settings.dynamodb_table(t) for t in TABLES), EXCEPTIONS_TABLE, STREAMED_TABLE]


def _existing_tables(lake: Lake) -> set[str]:
    pages = lake.client("dynamodb").get_paginator("list_tables").paginate()
    return {name for page in pages for name in page["TableNames"]}


def _replication_tasks(lake: Lake) -> list[dict[str, Any]]:
    try:
        found = lake.client("dms").describe_replication_tasks(
            Filters=[
                {"Name": "replication-task-id", "Values": [f"{lake.settings.project}-full-load"]}
            ]
        )
    except ClientError as error:
        if is_missing(error):
            return []
        raise
    return list(found["ReplicationTasks"])


def _training_jobs(lake: Lake, **filters: str) -> list[str]:
    try:
        pages = lake.client("sagemaker").get_paginator("list_training_jobs")
        return [
            job["TrainingJobName"]
            for page in pages.paginate(NameContains=lake.settings.training_prefix, **filters)
            for job in page["TrainingJobSummaries"]
        ]
    except ClientError as error:
        if error_code(error) in ("ValidationException", "ResourceNotFound"):
            return []
        raise


def _poll(lake: Lake, look: Callable[[], bool | None], what: str) -> None:
    waits = lake.target.waits
    poll_until(look, every=waits.poll, timeout=waits.stack, what=what)
