"""A crawler: its definition, its state, and one crawl from start to LastCrawl.

States as in the Developer Guide: READY, RUNNING, STOPPING, READY. The work is done in a thread by
`S3Crawler`, `DynamodbCrawler` and `JdbcCrawler`; what they find goes into the catalog through
`CatalogWriter`.
"""

from __future__ import annotations

import json
import logging
import statistics
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from lakestack import changes, clock
from lakestack.services.base import client
from lakestack.services.glue import state_changes
from lakestack.services.glue.catalog_writer import CatalogWriter, WriterPolicy
from lakestack.services.glue.crawl_errors import CrawlCancelledError, CrawlError
from lakestack.services.glue.csv_classifier import CsvOptions
from lakestack.services.glue.dynamodb_crawler import DynamodbCrawler, DynamodbFound
from lakestack.services.glue.jdbc_crawler import JdbcCrawler
from lakestack.services.glue.s3_crawler import S3Crawler, S3Grouping
from lakestack.services.glue.triggers.origin import End, Origin, ended
from lakestack.services.logs.stream import LogStream
from lakestack.store import Ending

LOG = logging.getLogger(__name__)
LOG_GROUP = "/aws-glue/crawlers"

JsonDict = dict[str, Any]
LOST = (
    "The emulator ended during the crawl, and was started again with its saved state; start the "
    "crawler again"
)
_SAVED = ("definition", "created", "updated", "version", "scheduled", "tables")
_CRAWL_SAVED = ("crawl_id", "state", "started", "ended", "error")


@dataclass
class Crawl:
    """One run of a crawler; `state` as ListCrawls names it, times in seconds since 1970."""

    crawl_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "RUNNING"
    started: float = field(default_factory=clock.wall)
    ended: float | None = None
    error: str | None = None
    summary: JsonDict = field(default_factory=dict)
    origin: Origin | None = None
    _began: float = field(default_factory=clock.steady)
    _took: float | None = None

    @property
    def seconds(self) -> float:
        return clock.steady() - self._began if self._took is None else self._took

    def snapshot(self) -> JsonDict:
        """As plain data."""
        saved = {name: getattr(self, name) for name in _CRAWL_SAVED}
        return {**saved, "summary": dict(self.summary), "took": self._took}

    @classmethod
    def restored(cls, saved: JsonDict) -> Crawl:
        """The crawl of a snapshot."""
        crawl = cls(**{name: saved[name] for name in _CRAWL_SAVED}, summary=saved["summary"])
        crawl._took = saved["took"]
        return crawl

    def end(self, state: str, error: str | None) -> None:
        """Fix state, time and duration."""
        self._took = self.seconds
        self.error, self.state, self.ended = error, state, clock.wall()


_LAST_CRAWL_STATUS = {"COMPLETED": "SUCCEEDED", "FAILED": "FAILED", "STOPPED": "CANCELLED"}


class Crawler:
    """A crawler of one account and region.

    Args:
        definition: CreateCrawler's request, without its tags

    Attributes:
        scheduled: whether its Schedule starts crawls
    """

    def __init__(self, account: str, region: str, definition: JsonDict) -> None:
        self.account, self.region = account, region
        self.definition = definition
        self.name: str = definition["Name"]
        self.created = self.updated = clock.wall()
        self.version = 1
        self.scheduled = bool(definition.get("Schedule"))
        self.crawls: list[Crawl] = []
        self.tables = {"created": 0, "updated": 0, "deleted": 0}
        self._state = "READY"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._runner: threading.Thread | None = None

    @property
    def state(self) -> str:
        return self._state

    def update(self, changes: JsonDict) -> None:
        """UpdateCrawler: given fields replace, others stay; the version is counted up."""
        self.definition = {**self.definition, **changes}
        if "Schedule" in changes:
            self.scheduled = bool(changes["Schedule"])
        self.version += 1
        self.updated = clock.wall()

    def start(
        self, classifiers: Mapping[str, CsvOptions], origin: Origin | None = None
    ) -> Crawl | None:
        """Begin a crawl and return it; None when one is under way.

        Args:
            classifiers: the account's custom CSV classifiers by name
            origin: what starts it, when that is no client
        """
        with self._lock:
            if self._state != "READY":
                return None
            self._state = "RUNNING"
            self._stop.clear()
            crawl = Crawl(origin=origin)
            self.crawls.append(crawl)
        chosen = [classifiers[n] for n in self.definition.get("Classifiers", ())]
        definition = dict(self.definition)
        self._runner = threading.Thread(
            target=self._run,
            args=(crawl, definition, chosen),
            name=f"crawl-{self.name}",
            daemon=True,
        )
        state_changes.crawl_started(self, crawl)
        self._runner.start()
        return crawl

    def stop(self) -> str:
        """Ask the crawl to end; returns the state found (READY: nothing ran)."""
        with self._lock:
            found = self._state
            if found == "RUNNING":
                self._state = "STOPPING"
                self._stop.set()
            return found

    def shut_down(self) -> list[Ending]:
        """Stop the crawl under way, if any; returns what ends."""
        ran = self.stop() != "READY"
        return [Ending.of(self._runner)] if ran and self._runner is not None else []

    def snapshot(self) -> JsonDict:
        """As plain data."""
        with self._lock:
            return {
                **{name: getattr(self, name) for name in _SAVED},
                "state": self._state,
                "crawls": [crawl.snapshot() for crawl in self.crawls],
            }

    @classmethod
    def restored(cls, account: str, region: str, saved: JsonDict) -> Crawler:
        """The crawler of a snapshot."""
        crawler = cls(account, region, saved["definition"])
        for name in _SAVED:
            setattr(crawler, name, saved[name])
        crawler._state = saved["state"]
        crawler.crawls = [Crawl.restored(each) for each in saved["crawls"]]
        return crawler

    def lost(self) -> None:
        """End a restored crawl whose thread is gone."""
        with self._lock:
            if self._state != "READY":
                self.crawls[-1].end("FAILED", LOST)
                self._state = "READY"
                state_changes.crawl_ended(self, self.crawls[-1])

    def as_api(self) -> JsonDict:
        """The Crawler structure of the API."""
        definition = dict(self.definition)
        schedule = definition.pop("Schedule", None)
        result: JsonDict = {
            "Description": "",
            "Classifiers": [],
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            "SchemaChangePolicy": {},
            "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
            "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
            **definition,
            "State": self.state,
            "CrawlElapsedTime": 0,
            "CreationTime": self.created,
            "LastUpdated": self.updated,
            "Version": self.version,
        }
        result["SchemaChangePolicy"] = {**_DEFAULT_POLICY, **result["SchemaChangePolicy"]}
        if schedule:
            state = "SCHEDULED" if self.scheduled else "NOT_SCHEDULED"
            result["Schedule"] = {"ScheduleExpression": schedule, "State": state}
        if self.state != "READY":
            result["CrawlElapsedTime"] = int(self.crawls[-1].seconds * 1000)
        done = [crawl for crawl in self.crawls if crawl.ended is not None]
        if done:
            result["LastCrawl"] = self._last_crawl(done[-1])
        return result

    def crawl_node(self, crawl: Crawl) -> JsonDict:
        """The Crawl structure that a workflow's graph has."""
        return {
            "State": _LAST_CRAWL_STATUS.get(crawl.state, crawl.state),
            "StartedOn": crawl.started,
            "LogGroup": LOG_GROUP,
            "LogStream": self.name,
            **({"CompletedOn": crawl.ended} if crawl.ended else {}),
            **({"ErrorMessage": crawl.error} if crawl.error else {}),
        }

    def history(self) -> list[JsonDict]:
        """CrawlerHistory structures, newest first."""
        return [
            {
                "CrawlId": crawl.crawl_id,
                "State": crawl.state,
                "StartTime": crawl.started,
                "LogGroup": LOG_GROUP,
                "LogStream": self.name,
                "MessagePrefix": crawl.crawl_id,
                "DPUHour": 0.0,
                "Summary": json.dumps(crawl.summary),
                **({"EndTime": crawl.ended} if crawl.ended else {}),
                **({"ErrorMessage": crawl.error} if crawl.error else {}),
            }
            for crawl in reversed(self.crawls)
        ]

    def metrics(self) -> JsonDict:
        """The CrawlerMetrics structure."""
        seconds = [crawl.seconds for crawl in self.crawls if crawl.ended is not None]
        return {
            "CrawlerName": self.name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": self.state == "RUNNING",
            "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
            "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
            "TablesCreated": self.tables["created"],
            "TablesUpdated": self.tables["updated"],
            "TablesDeleted": self.tables["deleted"],
        }

    def _last_crawl(self, crawl: Crawl) -> JsonDict:
        return {
            "Status": _LAST_CRAWL_STATUS[crawl.state],
            "LogGroup": LOG_GROUP,
            "LogStream": self.name,
            "MessagePrefix": crawl.crawl_id,
            "StartTime": crawl.started,
            **({"ErrorMessage": crawl.error} if crawl.error else {}),
        }

    def _run(self, crawl: Crawl, definition: JsonDict, custom: list[CsvOptions]) -> None:
        state, error = "FAILED", "Internal Service Exception"
        try:
            with LogStream(self.account, self.region, LOG_GROUP, self.name) as log:
                state, error = self._crawl_logged(crawl, definition, custom, log)
        except Exception:
            LOG.exception("crawler %s could not write its log", self.name)
        with self._lock:
            crawl.end(state, error or None)
            self._state = "READY"
        changes.note()
        state_changes.crawl_ended(self, crawl)
        if crawl.origin:
            end = _LAST_CRAWL_STATUS[state]
            place = self.account, self.region
            ended(End(*place, "crawler", self.name, crawl.crawl_id, end, crawl.origin))

    def _crawl_logged(
        self, crawl: Crawl, definition: JsonDict, custom: list[CsvOptions], log: LogStream
    ) -> tuple[str, str]:
        """Crawl and log; returns the crawl's state and error message."""

        def write(level: str, text: str) -> None:
            log.write(f"[{crawl.crawl_id}] {level} : {text}")

        write("BENCHMARK", f"Running Start Crawl for Crawler {self.name}")
        try:
            self._crawl(crawl, definition, custom, write)
        except CrawlCancelledError:
            write("INFO", "Crawler was stopped on request")
            return "STOPPED", ""
        except (CrawlError, ClientError) as e:
            write("ERROR", str(e))
            return "FAILED", str(e)
        except Exception as e:
            LOG.exception("crawler %s failed", self.name)
            write("ERROR", f"Internal Service Exception: {type(e).__name__}: {e}")
            return "FAILED", "Internal Service Exception"
        write("BENCHMARK", "Crawler has finished running and is in state READY")
        return "COMPLETED", ""

    def _crawl_dynamodb(self, target: JsonDict) -> DynamodbFound:
        stopped = self._stop.is_set
        return DynamodbCrawler(self.account, self.region, target, cancelled=stopped).crawl()

    def _crawl(
        self, crawl: Crawl, definition: JsonDict, custom: list[CsvOptions], write: Any
    ) -> None:
        glue = client(self.account, self.region, "glue")
        settings = json.loads(definition.get("Configuration") or "{}")
        first = not any(c.state == "COMPLETED" for c in self.crawls)
        policy = writer_policy(definition, settings, first_crawl=first)
        writer = CatalogWriter(glue, self.name, definition["DatabaseName"], policy, write)
        writer.ensure_database()
        write("INFO", f"Crawler configured with SchemaChangePolicy {policy.as_text()}")
        found_s3 = []
        targets = definition["Targets"]
        for target in targets.get("S3Targets", ()):
            s3 = S3Crawler(
                client(self.account, self.region, "s3"),
                target,
                custom,
                S3Grouping.from_configuration(settings),
                cancelled=self._stop.is_set,
                log=write,
            )
            found_s3.append(s3.crawl())
        with ThreadPoolExecutor(DYNAMODB_READERS, thread_name_prefix="crawl-dynamodb") as pool:
            found_dynamodb = list(
                pool.map(self._crawl_dynamodb, targets.get("DynamoDBTargets", ()))
            )
        found_jdbc = [
            JdbcCrawler(
                self.account, self.region, target, cancelled=self._stop.is_set, log=write
            ).crawl()
            for target in targets.get("JdbcTargets", ())
        ]
        write(
            "BENCHMARK",
            f"Classification complete, writing results to database {definition['DatabaseName']}",
        )
        prefix = definition.get("TablePrefix") or ""
        for found in found_s3:
            writer.write_s3(found, prefix)
        for table in found_dynamodb:
            writer.write_dynamodb(table, prefix)
        for database in found_jdbc:
            writer.write_jdbc(database, prefix)
        writer.remove_missing(found_s3)
        write("BENCHMARK", "Finished writing to Catalog")
        crawl.summary = writer.summary()
        for key in self.tables:
            self.tables[key] += writer.count[key]


DYNAMODB_READERS = 3

_DEFAULT_POLICY = {
    "UpdateBehavior": "UPDATE_IN_DATABASE",
    "DeleteBehavior": "DEPRECATE_IN_DATABASE",
}


def writer_policy(definition: JsonDict, settings: JsonDict, *, first_crawl: bool) -> WriterPolicy:
    """What a crawl may change, from SchemaChangePolicy, RecrawlPolicy and Configuration."""
    change = {**_DEFAULT_POLICY, **(definition.get("SchemaChangePolicy") or {})}
    recrawl = (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
    new_folders_only = recrawl == "CRAWL_NEW_FOLDERS_ONLY"
    output = settings.get("CrawlerOutput", {})
    return WriterPolicy(
        update="LOG" if new_folders_only else change["UpdateBehavior"],
        delete="LOG" if new_folders_only else change["DeleteBehavior"],
        new_tables=first_crawl or not new_folders_only,
        merge_new_columns=output.get("Tables", {}).get("AddOrUpdateBehavior") == "MergeNewColumns",
        inherit_from_table=(
            output.get("Partitions", {}).get("AddOrUpdateBehavior") == "InheritFromTable"
        ),
    )
