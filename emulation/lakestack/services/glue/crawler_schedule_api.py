"""Schedules of crawlers; `orchestration.scheduler` starts what is due."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.orchestration.scheduler import SCHEDULER
from lakestack.services.glue.state import existing_crawler, state_of
from lakestack.services.glue.triggers.trigger import check_schedule

JsonDict = dict[str, Any]


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
        SCHEDULER.wake()
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
        SCHEDULER.wake()
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
