"""What our Glue keeps in memory beside moto's catalog: one `GlueState` per account and region."""

from __future__ import annotations

import threading
from typing import Any

from lakestack.services.base import aws_error
from lakestack.services.glue.crawler import Crawler
from lakestack.services.glue.job import Job


class GlueState:
    """Crawlers, classifiers and jobs by name. `lock` guards adding and removing."""

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.lock = threading.RLock()
        self.crawlers: dict[str, Crawler] = {}
        self.classifiers: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, Job] = {}

    def arn(self, kind: str, name: str) -> str:
        """ARN of a crawler or job, for example ``arn:aws:glue:us-east-1:…:crawler/name``."""
        return f"arn:aws:glue:{self.region}:{self.account}:{kind}/{name}"


_states: dict[tuple[str, str], GlueState] = {}
_states_lock = threading.Lock()


def state_of(account: str, region: str) -> GlueState:
    """The state of an account and region, made on first use."""
    with _states_lock:
        if (account, region) not in _states:
            _states[account, region] = GlueState(account, region)
        return _states[account, region]


def existing_crawler(state: GlueState, name: str) -> Crawler:
    """The crawler with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    crawler = state.crawlers.get(name)
    if crawler is None:
        raise aws_error("EntityNotFoundException", f"Crawler entry with name {name} does not exist")
    return crawler


def existing_job(state: GlueState, name: str) -> Job:
    """The job with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    job = state.jobs.get(name)
    if job is None:
        raise aws_error("EntityNotFoundException", f"Entity not found: Job {name}")
    return job
