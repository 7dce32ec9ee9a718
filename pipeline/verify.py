"""Checks each validation step of the labs, and reconciles all counts, at the real services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from pipeline.cloudformation import GOOD
from pipeline.errors import LakeError, StateLost, VerificationFailed
from pipeline.lake import Lake, error_code, is_missing
from pipeline.reconciliation import Hop, Measured, measure, reconcile
from pipeline.run_state import Record
from pipeline.settings import EXCEPTIONS_TABLE, STACKS, TABLES
from pipeline.stages import STAGES
from pipeline.stages.catalog import catalog_columns
from pipeline.stages.deploy import endpoint_status
from pipeline.stages.full_load import FINISHED, find_task
from pipeline.stages.recommend import titles_for
from pipeline.training_data import Directory

__all__ = ["Finding", "Verification", "verify_lake"]


@dataclass(frozen=True)
class Finding:
    """One validation step and what was found."""

    lab: int
    stage: str
    """The stage that makes it."""
    step: str
    ok: bool
    found: str


@dataclass
class Verification:
    """All findings and the reconciliation."""

    findings: list[Finding] = field(default_factory=list)
    hops: list[Hop] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is off."""
        return not self.faults()

    def faults(self) -> list[str]:
        """What is off, one text each."""
        return [f"{f.step}: {f.found}" for f in self.findings if not f.ok] + [
            f"{h.name}: {h.source:,} in, {h.written:,} written, {h.rejected:,} rejected, "
            f"{h.duplicates:,} duplicates, difference {h.difference:+,}"
            for h in self.hops
            if h.difference
        ]

    def failure(self) -> VerificationFailed:
        """The error that names what is off."""
        faults = self.faults()
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        return VerificationFailed(
            f"The lake does not verify: {'; '.join(faults[:3])}{more}.", self._remedy()
        )

    def _remedy(self) -> str:
        """The earliest stage that made something that is off, redone with all after it."""
        off = {f.stage for f in self.findings if not f.ok}
        off |= {h.stage for h in self.hops if h.difference}
        first = next((stage.name for stage in STAGES if stage.name in off), None)
        if "infrastructure" in off or first is None:
            return "Make what is missing with: lake run"
        return f"Make it anew with: lake run --from {first} --force"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "ok": self.ok,
            "findings": [vars(f) for f in self.findings],
            "reconciliation": [h.as_dict() for h in self.hops],
        }


def verify_lake(lake: Lake) -> Verification:
    """Look at everything.

    :raises StateLost: there is no lake, or it has never been filled
    """
    land = lake.state.read("land") if lake.has_bucket() else None
    if land is None or land.status != "done":
        raise StateLost(
            f"There is no lake to verify: bucket {lake.bucket} "
            + ("has no landed data." if land is None else "is only partly filled."),
            "Make it with: lake run",
        )
    measured = measure(lake, land, _tables(lake))
    result = Verification(hops=reconcile(measured))
    for lab, stage, step, look in _steps(lake, measured):
        try:
            ok, found = look()
        except ClientError as error:
            ok, found = False, "absent" if is_missing(error) else str(error)
        except LakeError as error:
            ok, found = False, error.message
        result.findings.append(Finding(lab, stage, step, ok, found))
    return result


def _tables(lake: Lake) -> tuple[str, ...]:
    return (*(lake.settings.dynamodb_table(t) for t in TABLES), EXCEPTIONS_TABLE)


Look = Callable[[], tuple[bool, str]]


def _steps(lake: Lake, measured: Measured) -> Iterator[tuple[int, str, str, Look]]:
    for template in STACKS:
        yield 1, "infrastructure", f"stack {template}", partial(_stack, lake, template)
    yield 1, "full_load", "DMS task", lambda: _task(lake)
    for table in _tables(lake):
        yield 1, "full_load", f"table {table}", partial(_table, measured, table)
    yield 2, "infrastructure", f"stream {lake.settings.stream}", lambda: _stream(lake)
    yield (
        2,
        "infrastructure",
        f"delivery stream {lake.settings.delivery_stream}",
        lambda: _delivery_stream(lake),
    )
    yield (
        2,
        "stream",
        f"objects under {lake.settings.delivery_prefix}",
        lambda: _delivered(measured),
    )
    for crawler in (lake.settings.stream_crawler, lake.settings.tables_crawler):
        yield 3, "catalog", f"crawler {crawler}", partial(_crawler, lake, crawler)
    for table in lake.settings.catalog_tables:
        yield 3, "catalog", f"catalog table {table}", partial(_catalog_table, lake, table)
    yield 3, "transform", f"job {lake.settings.job}", lambda: _job(lake)
    yield 3, "transform", "directory rating", lambda: _rating(measured)
    for name, directory in (("movies", measured.movies), ("links", measured.links)):
        yield 3, "transform", f"directory {name}", partial(_directory, directory)
    yield 4, "train", "training job", lambda: _training_job(lake, lake.state.read("train"))
    yield (
        4,
        "deploy",
        f"endpoint {lake.settings.endpoint}",
        lambda: _status(endpoint_status(lake), "InService"),
    )
    yield 4, "deploy", "endpoint answers", lambda: _answers(lake)


def _status(found: str, good: str) -> tuple[bool, str]:
    return found == good, found


def _stack(lake: Lake, template: str) -> tuple[bool, str]:
    stack = lake.stacks.describe(template)
    status = stack["StackStatus"] if stack else "absent"
    return status in GOOD, status


def _task(lake: Lake) -> tuple[bool, str]:
    task = find_task(lake, lake.stacks.outputs("003-full-load")["TaskArn"])
    percent = task.get("ReplicationTaskStats", {}).get("FullLoadProgressPercent", 0)
    reason = task.get("StopReason", "")
    ok = task["Status"] == "stopped" and percent == 100 and FINISHED in reason
    return ok, f"{task['Status']}, {percent} %, {reason}"


def _table(measured: Measured, table: str) -> tuple[bool, str]:
    count = measured.items[table]
    if count is None:
        return False, "absent"
    # Counts of the loaded tables are judged by the reconciliation, which knows what they should be.
    return table != EXCEPTIONS_TABLE or count == sum(
        measured.load_errors.values()
    ), f"{count:,} items"


def _stream(lake: Lake) -> tuple[bool, str]:
    found = lake.client("kinesis").describe_stream_summary(StreamName=lake.settings.stream)
    return _status(found["StreamDescriptionSummary"]["StreamStatus"], "ACTIVE")


def _delivery_stream(lake: Lake) -> tuple[bool, str]:
    found = lake.client("firehose").describe_delivery_stream(
        DeliveryStreamName=lake.settings.delivery_stream
    )
    return _status(found["DeliveryStreamDescription"]["DeliveryStreamStatus"], "ACTIVE")


def _delivered(measured: Measured) -> tuple[bool, str]:
    found = measured.delivered
    text = f"{len(found.distinct):,} distinct ratings in {found.objects} objects"
    strays = len(found.distinct - measured.wanted)
    if strays or found.strange:
        return False, f"{text}, {strays + found.strange:,} of them not from the source"
    return found.distinct == measured.wanted, text


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
    text = f"{found.rows:,} rows"
    if found.rows != found.keys:
        return False, f"{text}, {found.rows - found.keys:,} (user, movie) twice"
    pairs = int(measured.land.details["rating_pairs"])
    lost_to_rules = sum(measured.load_errors.values()) + found.quarantined
    if not found.rows or (found.rows != pairs and not lost_to_rules):
        return False, f"{text}, but the source has {pairs:,} (user, movie)"
    return True, f"{text}, no (user, movie) twice"


def _directory(found: Directory) -> tuple[bool, str]:
    return found.rows > 0 and found.rows == found.keys, f"{found.rows:,} rows"


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
    return len(found.titles) > 0, f"{len(found.titles)} titles for user 1 ({found.reason})"
