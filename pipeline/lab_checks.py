"""What the workshop's text tells to look at after each lab, asked of the services themselves.

Numbers are those of the text: of the validation steps in lab 1, section and step in labs 2 and 3,
step in lab 4. Steps that only open a console page stand with the one that looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from botocore.exceptions import ClientError

from pipeline.cloudformation import GOOD
from pipeline.lake import Lake, error_code
from pipeline.reactive.checks import reactive_checks
from pipeline.reconciliation import Measured
from pipeline.run_state import Record
from pipeline.settings import EXCEPTIONS_TABLE, LAB_OF_STACK, PARTIAL, TABLES
from pipeline.stages.catalog import catalog_columns
from pipeline.stages.deploy import endpoint_status
from pipeline.stages.full_load import FINISHED, find_task
from pipeline.stages.recommend import titles_for
from pipeline.text.counted import counted
from pipeline.training_data import Directory

__all__ = ["LabCheck", "checks"]

Look = Callable[[], tuple[bool, str]]
_DATED: Final = re.compile(r"\d{4}/\d{2}/\d{2}/\d{2}/[^/]+")


@dataclass(frozen=True)
class LabCheck:
    """One validation step."""

    lab: int
    number: str
    """In the workshop's text."""
    stage: str
    """The stage that makes what is looked at."""
    step: str
    look: Look
    """Whether it is as it should be, and what was found; raises what the service answers."""


ROLLED_BACK: Final = "UPDATE_ROLLBACK_COMPLETE"
"""A stack that is as it was before an update that failed is whole (AWS CloudFormation User Guide,
"Stack status codes"); a model that did not come into service leaves the serving stack so."""


def checks(lake: Lake, measured: Measured) -> Iterator[LabCheck]:
    """All validation steps in the order of the labs."""
    yield from _first_lab(lake, measured)
    yield from _second_lab(lake, measured)
    yield from _third_lab(lake, measured)
    yield from _fourth_lab(lake)


def _stacks(lake: Lake, lab: int, number: str) -> Iterator[LabCheck]:
    for template, its_lab in LAB_OF_STACK.items():
        if its_lab == lab:
            look = partial(_stack, lake, template)
            yield LabCheck(lab, number, "infrastructure", f"stack {template}", look)


def _first_lab(lake: Lake, measured: Measured) -> Iterator[LabCheck]:
    yield from _stacks(lake, 1, "1")
    yield LabCheck(1, "2-4", "full_load", "DMS task: 100 %, load complete", lambda: _task(lake))
    yield LabCheck(1, "5-7", "full_load", "DynamoDB tables", lambda: _loaded_tables(measured))
    yield LabCheck(1, "8", "full_load", f"table {EXCEPTIONS_TABLE}", lambda: _exceptions(measured))
    for number, source in zip(range(9, 13), sorted(TABLES), strict=True):
        table = lake.settings.dynamodb_table(source)
        look = partial(_table, measured, source, table)
        yield LabCheck(1, str(number), "full_load", f"table {table} has items", look)


def _second_lab(lake: Lake, measured: Measured) -> Iterator[LabCheck]:
    yield from _stacks(lake, 2, "1-2")
    settings = lake.settings
    yield LabCheck(
        2, "1.5", "infrastructure", f"stream {settings.stream} ACTIVE", lambda: _stream(lake)
    )
    yield LabCheck(
        2,
        "2.9",
        "infrastructure",
        f"delivery stream {settings.delivery_stream} ACTIVE",
        lambda: _delivery_stream(lake),
    )
    yield LabCheck(
        2,
        "3.9",
        "infrastructure",
        f"function {settings.simulator}: 8 minutes",
        lambda: _simulator(lake),
    )
    yield LabCheck(2, "3.11", "stream", "all ratings sent", lambda: _delivered(measured))
    yield LabCheck(
        2,
        "3.12",
        "stream",
        f"objects {settings.delivery_prefix}year/month/day/hour/",
        lambda: _dated_objects(lake),
    )
    yield LabCheck(
        2,
        "consumer",
        "stream",
        f"{settings.consumer} reads the stream",
        lambda: _mapping(lake),
    )
    table = settings.streamed_table
    look = partial(_table, measured, PARTIAL, table)
    yield LabCheck(2, "consumer", "stream", f"table {table} has items", look)


def _third_lab(lake: Lake, measured: Measured) -> Iterator[LabCheck]:
    yield from _stacks(lake, 3, "1")
    settings = lake.settings
    stream_table, *tables = settings.catalog_tables
    yield LabCheck(
        3,
        "1.19",
        "catalog",
        f"crawler {settings.stream_crawler} has finished",
        partial(_crawler, lake, settings.stream_crawler),
    )
    yield LabCheck(
        3,
        "1.21",
        "catalog",
        f"catalog table {stream_table}",
        partial(_catalog_table, lake, stream_table),
    )
    yield LabCheck(
        3,
        "2.22",
        "catalog",
        f"crawler {settings.tables_crawler} has finished",
        partial(_crawler, lake, settings.tables_crawler),
    )
    for table in tables:
        look = partial(_catalog_table, lake, table)
        yield LabCheck(3, "2.24", "catalog", f"catalog table {table}", look)
    yield LabCheck(3, "3.13", "transform", f"job {settings.job} has succeeded", lambda: _job(lake))
    yield LabCheck(3, "3.13", "transform", "directory rating", lambda: _rating(measured))
    for name, directory in (("movies", measured.movies), ("links", measured.links)):
        yield LabCheck(3, "3.13", "transform", f"directory {name}", partial(_directory, directory))


def _fourth_lab(lake: Lake) -> Iterator[LabCheck]:
    yield from _stacks(lake, 4, "2.6")
    yield LabCheck(
        4,
        "2.6",
        "train",
        "training job Completed",
        lambda: _training_job(lake, lake.state.read("train")),
    )
    yield LabCheck(
        4,
        "2.6",
        "deploy",
        f"endpoint {lake.settings.endpoint} InService",
        lambda: _status(endpoint_status(lake), "InService"),
    )
    yield LabCheck(4, "2.6", "deploy", "endpoint recommends", lambda: _answers(lake))
    for step, look in reactive_checks(lake):
        yield LabCheck(4, "reactive", "infrastructure", step, look)


def _status(found: str, good: str) -> tuple[bool, str]:
    return found == good, found


def _stack(lake: Lake, template: str) -> tuple[bool, str]:
    stack = lake.stacks.describe(template)
    status = stack["StackStatus"] if stack else "absent"
    return status in (*GOOD, ROLLED_BACK), status


def _task(lake: Lake) -> tuple[bool, str]:
    task = find_task(lake, lake.stacks.outputs("003-full-load")["TaskArn"])
    percent = task.get("ReplicationTaskStats", {}).get("FullLoadProgressPercent", 0)
    reason = task.get("StopReason", "")
    ok = task["Status"] == "stopped" and percent == 100 and FINISHED in reason
    return ok, f"{task['Status']}, {percent} %, {reason}"


def _loaded_tables(measured: Measured) -> tuple[bool, str]:
    names = [measured.settings.dynamodb_table(table) for table in TABLES]
    there = [name for name in (*names, EXCEPTIONS_TABLE) if measured.items[name] is not None]
    return set(names) <= set(there), ", ".join(there) or "none"


def _exceptions(measured: Measured) -> tuple[bool, str]:
    """The rows that DMS has rejected, each kept; where there is no table, DMS kept them in its log.

    A task that only does a full load need not make the table (`EXCEPTIONS_TABLE`).
    """
    count, errors = measured.items[EXCEPTIONS_TABLE], sum(measured.load_errors.values())
    if count is None:
        return True, f"not made by DMS; {counted(errors, 'row')} rejected"
    if measured.shares_exceptions:
        return (
            count >= errors,
            f"{counted(count, 'item')} of all lakes of the region, {errors:,} of this one",
        )
    return count == errors, counted(count, "item")


def _table(measured: Measured, source: str, table: str) -> tuple[bool, str]:
    count = measured.items[table]
    if count is None:
        return False, "absent"
    # How many there should be is judged by the reconciliation.
    return count > 0 or not measured.landed[source].rows, counted(count, "item")


def _stream(lake: Lake) -> tuple[bool, str]:
    found = lake.client("kinesis").describe_stream_summary(StreamName=lake.settings.stream)
    return _status(found["StreamDescriptionSummary"]["StreamStatus"], "ACTIVE")


def _delivery_stream(lake: Lake) -> tuple[bool, str]:
    found = lake.client("firehose").describe_delivery_stream(
        DeliveryStreamName=lake.settings.delivery_stream
    )
    return _status(found["DeliveryStreamDescription"]["DeliveryStreamStatus"], "ACTIVE")


def _simulator(lake: Lake) -> tuple[bool, str]:
    found = lake.client("lambda").get_function(FunctionName=lake.settings.simulator)
    timeout = found["Configuration"]["Timeout"]
    return timeout == 480, f"{found['Configuration']['State']}, timeout {timeout} s"


def _mapping(lake: Lake) -> tuple[bool, str]:
    found = lake.client("lambda").list_event_source_mappings(FunctionName=lake.settings.consumer)
    states = [mapping["State"] for mapping in found["EventSourceMappings"]]
    return states == ["Enabled"], f"event source mapping {', '.join(states) or 'absent'}"


def _delivered(measured: Measured) -> tuple[bool, str]:
    found = measured.delivered
    text = (
        f"{counted(len(found.distinct), 'distinct rating')} in {counted(found.objects, 'object')}"
    )
    strays = measured.streamed.second_only
    if strays or found.strange:
        return False, f"{text}, {strays + found.strange:,} of them not from the source"
    return measured.streamed.same, text


def _dated_objects(lake: Lake) -> tuple[bool, str]:
    prefix = lake.settings.delivery_prefix
    names = [entry["Key"].removeprefix(prefix) for entry in lake.objects(prefix)]
    strangers = [name for name in names if not _DATED.fullmatch(name)]
    if strangers or not names:
        return False, f"{prefix}{strangers[0]}" if strangers else "none"
    folders = sorted({name.rpartition("/")[0] for name in names})
    return True, f"{counted(len(names), 'object')} in {prefix}{folders[0]}/" + (
        f" and {len(folders) - 1} more folders" if len(folders) > 1 else ""
    )


def _crawler(lake: Lake, name: str) -> tuple[bool, str]:
    crawler = lake.client("glue").get_crawler(Name=name)["Crawler"]
    last = crawler.get("LastCrawl", {}).get("Status", "never run")
    return crawler["State"] == "READY" and last == "SUCCEEDED", f"{crawler['State']}, {last}"


def _catalog_table(lake: Lake, table: str) -> tuple[bool, str]:
    columns = catalog_columns(lake, table)
    return bool(columns), "absent" if columns is None else ", ".join(columns)


def _job(lake: Lake) -> tuple[bool, str]:
    runs = lake.client("glue").get_job_runs(JobName=lake.settings.job)["JobRuns"]
    if not runs:
        return False, "never run"
    latest = max(runs, key=lambda run: run["StartedOn"])
    return _status(latest["JobRunState"], "SUCCEEDED")


def _rating(measured: Measured) -> tuple[bool, str]:
    found = measured.rating
    text = counted(found.rows, "row")
    if found.rows != found.keys:
        return False, f"{text}, {found.rows - found.keys:,} (user, movie) twice"
    pairs = int(measured.land.details["rating_pairs"]) + measured.simulated.pairs
    lost_to_rules = sum(measured.load_errors.values()) + found.quarantined
    if not found.rows or (found.rows != pairs and not lost_to_rules):
        return False, f"{text}, but the source has {pairs:,} (user, movie)"
    return True, f"{text}, no (user, movie) twice"


def _directory(found: Directory) -> tuple[bool, str]:
    return found.rows > 0 and found.rows == found.keys, counted(found.rows, "row")


def _training_job(lake: Lake, trained: Record | None) -> tuple[bool, str]:
    if trained is None or "job" not in trained.details:
        return False, "never run"
    name = trained.details["job"]
    try:
        job = lake.client("sagemaker").describe_training_job(TrainingJobName=name)
    except ClientError as error:
        if error_code(error) in ("ValidationException", "ResourceNotFound"):
            return False, f"{name} absent"
        raise
    return job["TrainingJobStatus"] == "Completed", f"{name} {job['TrainingJobStatus']}"


def _answers(lake: Lake) -> tuple[bool, str]:
    found = titles_for(lake, 1, 10)
    titles = len(found.titles)
    return titles > 0, f"{counted(titles, 'title')} for user 1 ({found.reason})"
