"""New deliveries become training data: the crawler of the stream, then the Glue job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from pipeline.errors import RetrainingError
from pipeline.lake import Lake, error_code
from pipeline.run_state import fingerprint
from pipeline.training_data import missing_output

__all__ = [
    "begin_crawl",
    "begin_transform",
    "crawl_ended",
    "delivered",
    "fingerprint_of",
    "is_new",
    "job_ended",
]

_FAILED = ("FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED")


def delivered(lake: Lake) -> str:
    """Fingerprint of the objects that Firehose has delivered; an object never changes."""
    return fingerprint_of(lake.objects(lake.settings.delivery_prefix))


def fingerprint_of(deliveries: Iterable[Mapping[str, Any]]) -> str:
    """Fingerprint of objects that Firehose has delivered, as `Lake.objects` lists them."""
    return fingerprint(*(entry["Key"] for entry in deliveries))


def is_new(lake: Lake, now: str) -> bool:
    """Whether the training data was made of other deliveries than those of now.

    Args:
        lake: where
        now: as `delivered` gives it
    """
    record, stream = lake.state.read("transform"), lake.state.read("stream")
    if record is None or stream is None:
        return True
    known = record.details.get("delivered")
    if known is not None:
        return bool(known != now)
    keys = [entry["Key"] for entry in lake.objects(lake.settings.delivery_prefix)]
    return bool(stream.details.get("output") != fingerprint(stream.inputs, *keys))


def begin_crawl(lake: Lake) -> str:
    """Start the crawler; returns what tells its last crawl from the next one."""
    glue, name = lake.client("glue"), lake.settings.stream_crawler
    last = _last(glue.get_crawler(Name=name)["Crawler"])
    try:
        glue.start_crawler(Name=name)
    except ClientError as error:
        if error_code(error) != "CrawlerRunningException":
            raise
    return last


def crawl_ended(lake: Lake, former: str) -> bool:
    """Whether a crawl other than the former one has ended.

    Raises:
        RetrainingError: it has failed
    """
    name = lake.settings.stream_crawler
    crawler = lake.client("glue").get_crawler(Name=name)["Crawler"]
    if crawler["State"] != "READY" or _last(crawler) == former:
        return False
    crawl = crawler["LastCrawl"]
    if crawl["Status"] != "SUCCEEDED":
        raise RetrainingError(
            f"Crawler {name} {crawl['Status'].lower()}: {crawl.get('ErrorMessage', 'no message')}",
            "Fix the cause, then: lake retrain",
        )
    return True


def begin_transform(lake: Lake) -> str | None:
    """Start the Glue job; returns the run's id, None while another run is at work."""
    try:
        run = lake.client("glue").start_job_run(JobName=lake.settings.job)
    except ClientError as error:
        if error_code(error) != "ConcurrentRunsExceededException":
            raise
        return None
    return str(run["JobRunId"])


def job_ended(lake: Lake, run_id: str) -> bool:
    """Whether a run of the Glue job has succeeded.

    Raises:
        RetrainingError: it has failed, or has written nothing
    """
    found = lake.client("glue").get_job_run(JobName=lake.settings.job, RunId=run_id)
    run: dict[str, Any] = found["JobRun"]
    if run["JobRunState"] in _FAILED:
        raise RetrainingError(
            f"Glue job run {run_id} {run['JobRunState'].lower()}: "
            f"{run.get('ErrorMessage', 'no message')}",
            "Fix the cause, then: lake retrain",
        )
    if run["JobRunState"] != "SUCCEEDED":
        return False
    absent = missing_output(lake)
    if absent is not None:
        raise RetrainingError(
            f"Glue job run {run_id} succeeded but wrote nothing to {absent}.",
            "Run it again with: lake retrain",
        )
    return True


def _last(crawler: dict[str, Any]) -> str:
    """Of a crawl: when it began."""
    return str((crawler.get("LastCrawl") or {}).get("StartTime", ""))
