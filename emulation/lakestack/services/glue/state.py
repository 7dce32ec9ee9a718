"""What our Glue keeps in memory beside moto's catalog: one `GlueState` per account and region.

The Data Catalog, and the tags of crawlers and jobs, are in moto's `glue_backends`, and stay there.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeVar

from lakestack.services import arns
from lakestack.services.base import aws_error
from lakestack.services.glue.crawler import Crawler
from lakestack.services.glue.data_quality.table_run import TableRun
from lakestack.services.glue.job import Job
from lakestack.services.glue.sessions.session import Session
from lakestack.services.glue.triggers.chain import Chain, Workflow
from lakestack.services.glue.triggers.trigger import Trigger
from lakestack.store import Contents, Ending, ServiceState, Store, register

T = TypeVar("T")


class GlueState(ServiceState):
    """Connections, crawlers, classifiers, jobs, triggers, workflows and rulesets by name.

    Custom entity types, too. Chains, sessions and the runs of data quality are by id, the oldest
    first. Results of data quality whose job is deleted are kept by their ids.

    `lock` guards adding and removing; triggers, workflows and chains wholly.
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.crawlers: dict[str, Crawler] = {}
        self.classifiers: dict[str, dict[str, Any]] = {}
        self.connections: dict[str, dict[str, Any]] = {}
        self.entity_types: dict[str, dict[str, Any]] = {}
        self.jobs: dict[str, Job] = {}
        self.sessions: dict[str, Session] = {}
        self.triggers: dict[str, Trigger] = {}
        self.workflows: dict[str, Workflow] = {}
        self.chains: dict[str, Chain] = {}
        self.rulesets: dict[str, dict[str, Any]] = {}
        self.quality_runs: dict[str, TableRun] = {}
        self.quality_kept: dict[str, dict[str, Any]] = {}

    def arn(self, kind: str, name: str) -> str:
        """ARN of a crawler, job, trigger or workflow: ``arn:aws:glue:us-east-1:…:crawler/name``."""
        return arns.arn("glue", self.region, self.account, f"{kind}/{name}")

    def triggers_of(self, workflow: str) -> list[Trigger]:
        """The triggers of a workflow, or with "" those outside workflows, in their order."""
        return [trigger for trigger in self.triggers.values() if trigger.workflow == workflow]

    def quality_results(self) -> dict[str, dict[str, Any]]:
        """The results of data quality by their ids: those of jobs' runs, and of runs on tables."""
        with self.lock:
            kept = dict(self.quality_kept)
            runs = [run for job in self.jobs.values() for run in job.runs]
            tables = list(self.quality_runs.values())
        found = [*(run.quality_results for run in runs), *(run.results for run in tables)]
        return {**kept, **{each["ResultId"]: each for results in found for each in results}}

    def chain(self, workflow: str, chain_id: str) -> Chain | None:
        """A workflow's run, or with "" a chain outside workflows."""
        if not workflow:
            return self.chains.get(chain_id)
        found = self.workflows.get(workflow)
        return found.run(chain_id) if found else None

    def contents(self) -> Contents:
        with self.lock:
            return {
                "crawler": sorted(self.crawlers),
                "classifier": sorted(self.classifiers),
                "connection": sorted(self.connections),
                "job": sorted(self.jobs),
                "session": sorted(self.sessions),
                "trigger": sorted(self.triggers),
                "workflow": sorted(self.workflows),
                "ruleset": sorted(self.rulesets),
                "entity_type": sorted(self.entity_types),
            }

    def end(self) -> list[Ending]:
        """Crawls, job runs and sessions are stopped as StopCrawler and its like do."""
        found = [crawler.shut_down() for crawler in self.crawlers.values()]
        found += [job.shut_down() for job in self.jobs.values()]
        found += [session.shut_down() for session in self.sessions.values()]
        tables = [run for run in self.quality_runs.values() if run.stop()]
        return [*itertools.chain(*found), *(Ending.of(run.runner) for run in tables)]

    def snapshot(self) -> dict[str, Any]:
        with self.lock:
            return {
                "classifiers": dict(self.classifiers),
                "connections": dict(self.connections),
                "crawlers": [crawler.snapshot() for crawler in self.crawlers.values()],
                "jobs": [job.snapshot() for job in self.jobs.values()],
                "sessions": [session.snapshot() for session in self.sessions.values()],
                "triggers": [trigger.snapshot() for trigger in self.triggers.values()],
                "workflows": [workflow.snapshot() for workflow in self.workflows.values()],
                "chains": [chain.snapshot() for chain in self.chains.values()],
                "rulesets": dict(self.rulesets),
                "quality_runs": [run.snapshot() for run in self.quality_runs.values()],
                "quality_kept": dict(self.quality_kept),
                "entity_types": dict(self.entity_types),
            }

    def restore(self, document: dict[str, Any]) -> None:
        place = self.account, self.region
        self.classifiers = dict(document["classifiers"])
        self.connections = dict(document["connections"])
        crawlers = [Crawler.restored(*place, saved) for saved in document["crawlers"]]
        jobs = [Job.restored(*place, saved) for saved in document["jobs"]]
        self.crawlers = {crawler.name: crawler for crawler in crawlers}
        self.jobs = {job.name: job for job in jobs}
        sessions = [Session.restored(*place, saved) for saved in document["sessions"]]
        self.sessions = {session.name: session for session in sessions}
        self.triggers = {t["Name"]: Trigger.restored(t) for t in document["triggers"]}
        workflows = [Workflow.restored(saved) for saved in document["workflows"]]
        self.workflows = {workflow.name: workflow for workflow in workflows}
        chains = [Chain.restored(saved) for saved in document["chains"]]
        self.chains = {chain.chain_id: chain for chain in chains}
        self.rulesets = dict(document["rulesets"])
        runs = [TableRun.restored(*place, saved) for saved in document["quality_runs"]]
        self.quality_runs = {run.run_id: run for run in runs}
        self.quality_kept = dict(document["quality_kept"])
        self.entity_types = dict(document["entity_types"])

    def resume(self) -> None:
        """What was under way has failed: its process or thread is gone."""
        for crawler in self.crawlers.values():
            crawler.lost()
        for job in self.jobs.values():
            for run in job.runs:
                run.lost()
        for session in self.sessions.values():
            session.lost()
        for workflow in self.workflows.values():
            for workflow_run in workflow.runs:
                workflow_run.lost()
        self.chains.clear()  # what ran in them is lost, and they go no further


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


def existing_workflow(state: GlueState, name: str) -> Workflow:
    """The workflow with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    return _existing(state.workflows.get(name), f"Entity not found: Workflow {name}")


def existing_job(state: GlueState, name: str) -> Job:
    """The job with this name.

    Raises:
        EntityNotFoundException: there is none
    """
    return _existing(state.jobs.get(name), f"Entity not found: Job {name}")
