"""What our Glue keeps in memory beside moto's catalog: one `GlueState` per account and region.

The Data Catalog, and the tags of crawlers and jobs, are in moto's `glue_backends`, and stay there.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeVar

from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.services.glue.crawler import Crawler
from lakestack.services.glue.job import Job
from lakestack.store import Contents, Ending, ServiceState, Store, register

T = TypeVar("T")


class GlueState(ServiceState):
    """Crawlers, classifiers and jobs by name. `lock` guards adding and removing."""

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.crawlers: dict[str, Crawler] = {}
        self.classifiers: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, Job] = {}

    def arn(self, kind: str, name: str) -> str:
        """ARN of a crawler or job, for example ``arn:aws:glue:us-east-1:…:crawler/name``."""
        return arns.arn("glue", self.region, self.account, f"{kind}/{name}")

    def contents(self) -> Contents:
        with self.lock:
            return {
                "crawler": sorted(self.crawlers),
                "classifier": sorted(self.classifiers),
                "job": sorted(self.jobs),
            }

    def end(self) -> list[Ending]:
        """Crawls and job runs are stopped as StopCrawler and BatchStopJobRun do."""
        found = [crawler.shut_down() for crawler in self.crawlers.values()]
        found += [job.shut_down() for job in self.jobs.values()]
        return list(itertools.chain(*found))

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return {
                "classifiers": dict(self.classifiers),
                "crawlers": [crawler.snapshot() for crawler in self.crawlers.values()],
                "jobs": [job.snapshot() for job in self.jobs.values()],
            }

    def restore(self, document: dict[str, Any]) -> None:
        place = self.account, self.region
        self.classifiers = dict(document["classifiers"])
        crawlers = [Crawler.restored(*place, saved) for saved in document["crawlers"]]
        jobs = [Job.restored(*place, saved) for saved in document["jobs"]]
        self.crawlers = {crawler.name: crawler for crawler in crawlers}
        self.jobs = {job.name: job for job in jobs}

    def resume(self) -> None:
        """What was under way has failed: its process or thread is gone."""
        for crawler in self.crawlers.values():
            crawler.lost()
        for job in self.jobs.values():
            for run in job.runs:
                run.lost()


STORE = register(Store("glue", GlueState))
state_of = STORE.get


def _existing(found: T | None, message: str) -> T:
    if found is None:
        raise aws_error("EntityNotFoundException", message)
    return found


def existing_crawler(state: GlueState, name: str) -> Crawler:
    """The crawler with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    return _existing(state.crawlers.get(name), f"Crawler entry with name {name} does not exist")


def existing_job(state: GlueState, name: str) -> Job:
    """The job with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    return _existing(state.jobs.get(name), f"Entity not found: Job {name}")
