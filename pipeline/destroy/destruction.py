"""``lake destroy``: the workshop's thirteen steps of clean-up, and a list of what is left.

The steps are done in the order of dependencies, which is not that of the workshop's text. Only
what is the lake's own (`pipeline.ownership`) is touched. Safe to repeat, and from any state:
whatever is already gone is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from pipeline import exceptions_table
from pipeline.access import is_login_lost
from pipeline.destroy.leftovers import network_interfaces, tagged_resources
from pipeline.destroy.logs import delete_logs, job_runs, log_groups
from pipeline.destroy.plan import planned_steps, stack_contents
from pipeline.destroy.stopping import stop_work
from pipeline.dms_roles import DMS_ROLES, delete_unused_roles
from pipeline.errors import CutOffError, LakeError, LeftoversError
from pipeline.infrastructure import BUCKET, SERVING
from pipeline.lake import Lake, is_missing
from pipeline.ownership import (
    Belongings,
    foreign_tables,
    own_bucket,
    own_tables,
    training_jobs,
    transform_jobs,
)
from pipeline.reactive.stack import stop_executions
from pipeline.retraining.registry import clear_registry, group_is_there
from pipeline.run_lock import RunLock
from pipeline.settings import LISTS, LOADED, OPTIONAL, REACTIVE, ROOT, SCHEDULE, STACKS
from pipeline.stages.deploy import endpoint_status
from pipeline.text.counted import counted

__all__ = ["CleanUp", "Destruction", "destroy_lake", "plan_destruction"]

_LAST: Final = ("objects", "bucket")
"""Steps that wait until all else is gone: the bucket tells the next try what is the lake's."""


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

    dry_run: bool = False
    """Whether nothing was done: the steps say what would be."""
    steps: list[CleanUp] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """What AWS does not let anybody delete (history), and what has a name of the lake's but is
    somebody else's."""
    leftovers: list[str] = field(default_factory=list)

    @property
    def deleted(self) -> list[str]:
        """Everything that was deleted, in order."""
        return [] if self.dry_run else [text for step in self.steps for text in step.deleted]

    def failure(self) -> LeftoversError:
        """The error that names what is left."""
        return LeftoversError(
            f"Still there: {'; '.join(self.leftovers)}.", "Try again with: lake destroy"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"deleted": self.deleted, **asdict(self)}


def destroy_lake(lake: Lake) -> Destruction:
    """Delete everything; a step that fails is a leftover, and the next step goes on.

    Raises:
        RunLockedError: a run is at work
    """
    if not own_bucket(lake):
        return _destroy(lake)
    lock = RunLock(lake.s3, lake.bucket, lake.settings.state, "lake destroy", lake.cancelled.set)
    with lock:
        return _destroy(lake)


def plan_destruction(lake: Lake) -> Destruction:
    """What `destroy_lake` would do now; only reads."""
    own = Belongings.of(lake)
    steps = [CleanUp(*step) for step in planned_steps(lake, own)]
    foreign = [f"{text} (not the lake's)" for text, ours in _look_again(lake, own) if not ours]
    return Destruction(dry_run=True, steps=steps, kept=foreign)


def _destroy(lake: Lake) -> Destruction:
    result = Destruction()
    own = Belongings.of(lake)
    steps = list(_steps(lake, own, result.kept))
    for number, (numbers, what, delete) in enumerate(steps):
        if what in _LAST and result.leftovers:
            continue
        lake.reporter.begin(what)
        try:
            deleted = delete()
        except (LakeError, ClientError, BotoCoreError) as error:
            lake.reporter.end(what, str(error), ok=False)
            result.leftovers.append(f"{what} ({error})")
            if _is_cut_off(error):
                result.leftovers += [f"{later} (not begun)" for _, later, _ in steps[number + 1 :]]
                raise _cut_off(result, what) from error
            continue
        lake.reporter.end(what, f"{len(deleted)} deleted" if deleted else "nothing there")
        result.steps.append(CleanUp(numbers, what, deleted))
    try:
        _add_what_is_left(lake, own, result)
    except (ClientError, BotoCoreError) as error:
        if _is_cut_off(error):
            raise _cut_off(result, "the look at what is left") from error
        result.leftovers.append(f"what else is there is not known ({error})")
    return result


def _is_cut_off(error: Exception) -> bool:
    """Whether no later call can do better: the login or the way to AWS is lost."""
    return is_login_lost(error) or isinstance(error, NoConnection | HTTPClientError)


def _cut_off(result: Destruction, where: str) -> CutOffError:
    """The error that says how far it came; the document has all of it."""
    deleted = f"{len(result.deleted)} things were deleted before"
    left = f"; to be deleted still: {'; '.join(result.leftovers)}" if result.leftovers else ""
    error = CutOffError(f"The clean-up was cut off at: {where}; {deleted}{left}.")
    error.document = result.as_dict()
    return error


def _add_what_is_left(lake: Lake, own: Belongings, result: Destruction) -> None:
    for text, ours in _look_again(lake, own):
        if ours:
            result.leftovers.append(text)
        else:
            result.kept.append(f"{text} (not the lake's)")
    kinds = {"training": training_jobs(lake), "transform": transform_jobs(lake)}
    jobs = [name for names in kinds.values() for name in names]
    if not result.leftovers:  # or else it shows what is named already
        known = [f"/{name}" for name in (*jobs, *DMS_ROLES.values())]
        result.leftovers += [
            f"{arn} (tagged project={lake.settings.project})"
            for arn in tagged_resources(lake, known)
        ]
    result.kept += [
        f"{len(names)} {kind} job records (SageMaker keeps them): {', '.join(names)}"
        for kind, names in kinds.items()
        if names
    ]


def _steps(
    lake: Lake, own: Belongings, kept: list[str]
) -> Iterator[tuple[str, str, Callable[[], list[str]]]]:
    runs: list[str] = []

    def stop() -> list[str]:
        if f"job {lake.settings.job}" in own:
            runs.extend(job_runs(lake))  # while the job is there; its logs are named by them
        return stop_work(lake, own)

    # First what would begin new work.
    yield "", "reactive", lambda: _reactive(lake, own)
    yield "", "schedule", lambda: _stack(lake, own, SCHEDULE)
    # The text's steps 1, 3, 4 and 6 find on a console page what the next one deletes.
    yield "11-12", "stop what is at work", stop
    yield "13", "endpoint and model", lambda: _stack(lake, own, SERVING)
    yield "", "model registry", lambda: clear_registry(lake)
    yield "", "lists", lambda: _stack(lake, own, LISTS)
    yield "10", "crawlers and job", lambda: _stack(lake, own, "catalog")
    yield "8-9", "streams and functions", lambda: _stack(lake, own, "streaming")
    yield "6-7", "stacks of lab 1", lambda: _stack(lake, own, ROOT)
    yield "1-2", "tables of lab 1", lambda: _tables(lake, own)
    yield "6-7", "roles of DMS", lambda: delete_unused_roles(lake, kept)
    yield "", "logs", lambda: delete_logs(lake, runs) if own else []
    yield "3-5", "objects", lambda: _bucket_contents(lake)
    yield "3-5", "bucket", lambda: _stack(lake, own, BUCKET)


def _stack(lake: Lake, own: Belongings, template: str) -> list[str]:
    contents = stack_contents(lake, own, template)
    return contents if contents and lake.stacks.delete(template) else []


def _reactive(lake: Lake, own: Belongings) -> list[str]:
    if REACTIVE not in own.contents:
        return []
    return [*stop_executions(lake), *_stack(lake, own, REACTIVE)]


def _tables(lake: Lake, own: Belongings) -> list[str]:
    """The stack of the tables, and the table that DMS has made: it is in no stack."""
    dynamodb = lake.client("dynamodb")
    deleted = _stack(lake, own, LOADED)
    if own:
        exceptions_table.release(lake)
    for table in own_tables(lake):
        try:
            dynamodb.delete_table(TableName=table)
        except ClientError as error:
            if is_missing(error):
                continue
            raise
        deleted.append(f"table {table}")
    lake.poll(
        lambda: None if own_tables(lake) else True,
        lake.target.waits.stack,
        "DynamoDB tables to be deleted",
        lambda: {"tables left": ", ".join(own_tables(lake))},
    )
    return deleted


def _bucket_contents(lake: Lake) -> list[str]:
    if not own_bucket(lake):
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
    what = f"{counted(objects, 'object')} and {counted(uploads, 'unfinished upload')}"
    return [f"{what} of bucket {lake.bucket}"]


def _look_again(lake: Lake, own: Belongings) -> Iterator[tuple[str, bool]]:
    """What is there at the services themselves, and whether it is the lake's."""
    for template in (*STACKS, *OPTIONAL):
        if lake.stacks.describe(template):
            yield f"stack {lake.settings.stack(template)}", template in own.contents
    for text in network_interfaces(lake) if ROOT in own.contents else []:
        yield text, True
    for table in own_tables(lake):
        yield f"table {table}", True
    for table in foreign_tables(lake):
        yield f"table {table}", False
    if lake.has_bucket():
        yield f"bucket {lake.bucket}", own.bucket
    if endpoint_status(lake) != "absent":
        endpoint = f"endpoint {lake.settings.endpoint}"
        yield endpoint, endpoint in own
    if group_is_there(lake):
        yield f"model package group {lake.settings.package_group}", True
    for text, look in _services(lake):
        if _is_there(look):
            yield text, text in own
    for group in log_groups(lake):
        yield f"log group {group}", bool(own)


def _services(lake: Lake) -> Iterator[tuple[str, Callable[[], Any]]]:
    settings = lake.settings
    kinesis, firehose, functions, glue = map(lake.client, ("kinesis", "firehose", "lambda", "glue"))
    events = lake.client("events")
    for name in settings.rules:
        yield f"rule {name}", partial(events.describe_rule, Name=name)
    topic, machine = lake.arn("sns", settings.reactive), lake.arn("states", settings.machine)
    sns, states = lake.client("sns"), lake.client("stepfunctions")
    yield f"topic {topic}", partial(sns.get_topic_attributes, TopicArn=topic)
    yield (
        f"state machine {machine}",
        partial(states.describe_state_machine, stateMachineArn=machine),
    )
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
