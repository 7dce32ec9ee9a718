"""Schedules of crawlers: checked and kept as AWS does. A crawl starts only by StartCrawler."""

from __future__ import annotations

import re
from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.state import existing_crawler, state_of

JsonDict = dict[str, Any]

_FIELD = r"[0-9A-Za-z*?,/#-]+"
_CRON = re.compile(rf"cron\({_FIELD}(?: +{_FIELD}){{5}}\)")


class CrawlerScheduleApi:
    """Set, start and stop the schedule of a crawler."""

    @handler("UpdateCrawlerSchedule", expand=False)
    def update_crawler_schedule(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """Set the schedule, which starts it; an empty one takes it away."""
        state = state_of(context.account_id, context.region)
        crawler = existing_crawler(state, request["CrawlerName"])
        schedule = request.get("Schedule") or None
        check_schedule(schedule)
        crawler.update({"Schedule": schedule})
        return {}

    @handler("StartCrawlerSchedule", expand=False)
    def start_crawler_schedule(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        crawler = existing_crawler(state, request["CrawlerName"])
        if not crawler.definition.get("Schedule"):
            raise aws_error(
                "NoScheduleException", f"Crawler with name {crawler.name} has no schedule"
            )
        if crawler.scheduled:
            raise aws_error(
                "SchedulerRunningException",
                f"The schedule of crawler {crawler.name} is running already",
            )
        crawler.scheduled = True
        return {}

    @handler("StopCrawlerSchedule", expand=False)
    def stop_crawler_schedule(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        crawler = existing_crawler(state, request["CrawlerName"])
        if not crawler.scheduled:
            raise aws_error(
                "SchedulerNotRunningException",
                f"The schedule of crawler {crawler.name} is not running",
            )
        crawler.scheduled = False
        return {}


def check_schedule(schedule: str | None) -> None:
    """Check the form of a schedule (Developer Guide, "Time-based schedules for jobs and crawlers").

    Raises:
        InvalidInputException: it is no ``cron(…)`` of six fields
    """
    if schedule and not _CRON.fullmatch(schedule):
        raise aws_error(
            "InvalidInputException",
            f"Schedule {schedule!r} is not valid; expected cron(minutes hours day-of-month month "
            "day-of-week year), such as cron(15 12 * * ? *)",
        )
