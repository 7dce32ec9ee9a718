"""State changes of job runs and crawls, as events.

AWS Glue Developer Guide, "Automating AWS Glue with EventBridge" and "Adding jobs in AWS Glue" (job
delay notification threshold).
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Protocol

from lakestack import clock
from lakestack.services import state_events
from lakestack.services.state_events import types

_SEVERITY = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "TIMEOUT": "WARN", "FAILED": "ERROR"}
_MESSAGE = {
    "SUCCEEDED": "Job run succeeded",
    "STOPPED": "Job run stopped",
    "TIMEOUT": "Job run timed out",
}
_LOG_LINK = (
    "https://console.aws.amazon.com/cloudwatch/home?region={region}"
    "#logEventViewer:group=/aws-glue/crawlers;stream={name}"
)


class Run(Protocol):
    """What is told of a job run."""

    account: str
    region: str
    job_name: str
    run_id: str
    state: str
    error: str | None
    started: float
    settings: dict[str, Any]

    @property
    def active(self) -> bool: ...


class Crawl(Protocol):
    """What is told of a crawl."""

    state: str
    started: float
    ended: float | None
    error: str | None
    summary: dict[str, Any]

    @property
    def seconds(self) -> float: ...


class Crawler(Protocol):
    """Whose crawl it is."""

    account: str
    region: str
    name: str


def job_ended(run: Run) -> None:
    """A job run has entered its last state."""
    failure = (
        f"JobName:{run.job_name} and JobRunId:{run.run_id} failed to execute with exception "
        f"{run.error}"
    )
    state_events.publish(
        types.GLUE_JOB,
        run.account,
        run.region,
        {
            "jobName": run.job_name,
            "severity": _SEVERITY[run.state],
            "state": run.state,
            "jobRunId": run.run_id,
            "message": _MESSAGE.get(run.state, failure),
        },
    )


class DelayNotice:
    """Tells the states of a run that lasts longer than its NotifyDelayAfter, once each."""

    def __init__(self, run: Run) -> None:
        self._run = run
        wanted = run.settings.get("NotificationProperty") or {}
        self._minutes = wanted.get("NotifyDelayAfter")
        self._late = False
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """The run begins, and the time."""
        if self._minutes:
            self._timer = threading.Timer(self._minutes * 60, self._expired)
            self._timer.daemon = True
            self._timer.start()

    def entered(self) -> None:
        """The run has entered a state."""
        if not self._run.active and self._timer is not None:
            self._timer.cancel()
        elif self._late:
            self._tell()

    def _expired(self) -> None:
        self._late = True
        if self._run.active:
            self._tell()

    def _tell(self) -> None:
        run = self._run
        state_events.publish(
            types.GLUE_JOB_STATUS,
            run.account,
            run.region,
            {
                "jobName": run.job_name,
                "severity": "INFO",
                "notificationCondition": {"NotifyDelayAfter": float(self._minutes or 0)},
                "state": run.state,
                "jobRunId": run.run_id,
                "message": f"Job is in {run.state} state",
                "startedOn": _iso(run.started),
            },
        )


def crawl_started(crawler: Crawler, crawl: Crawl) -> None:
    """A crawl begins."""
    _publish_crawl(crawler, "Started", startTime=_iso(crawl.started))


def crawl_ended(crawler: Crawler, crawl: Crawl) -> None:
    """A crawl has ended; of one that was stopped there is no event."""
    link = _LOG_LINK.format(region=crawler.region, name=crawler.name)
    if crawl.state == "FAILED":
        _publish_crawl(crawler, "Failed", errorMessage=crawl.error or "", cloudWatchLogLink=link)
    elif crawl.state == "COMPLETED":
        counts = {
            f"{noun}{past}": str(crawl.summary.get(kind, {}).get(verb, 0))
            for noun, kind in (("tables", "TABLE"), ("partitions", "PARTITION"))
            for past, verb in (("Created", "ADD"), ("Updated", "UPDATE"), ("Deleted", "DELETE"))
        }
        _publish_crawl(
            crawler,
            "Succeeded",
            **counts,
            **{"runningTime (sec)": str(round(crawl.seconds))},
            warningMessage="N/A",
            completionDate=_iso(crawl.ended or clock.wall()),
            cloudWatchLogLink=link,
        )


def _publish_crawl(crawler: Crawler, state: str, **members: Any) -> None:
    state_events.publish(
        types.GLUE_CRAWLER,
        crawler.account,
        crawler.region,
        {
            "accountId": crawler.account,
            "crawlerName": crawler.name,
            "state": state,
            "message": f"Crawler {state}",
            **members,
        },
    )


def _iso(wall: float) -> str:
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
