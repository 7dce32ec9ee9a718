"""Lab 3: crawlers read the delivered objects and the DynamoDB tables into the Glue catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from pipeline.cloudformation import template_text
from pipeline.errors import StageError
from pipeline.lake import Lake, error_code, is_missing
from pipeline.log_tail import newest_line
from pipeline.polling import Position
from pipeline.run_state import Record
from pipeline.stages.base import Result, Stage, Work

if TYPE_CHECKING:
    from pipeline.data import Dataset

__all__ = ["Catalog", "catalog_columns"]

LOG_GROUP: Final = "/aws-glue/crawlers"
EXPECTED = (
    {"userid", "movieid", "rating", "timestamp"},
    {"userid", "movieid", "rating", "timestamp"},
    {"movieid", "title", "genres"},
    {"movieid", "imdbid"},
)
"""Columns that the job needs, in the order of `Settings.catalog_tables` (`tmdbid` may be absent
from every item)."""


class Catalog(Stage):
    """Run both crawlers at the same time and look at the tables they made."""

    name = "catalog"
    needs = ("full_load", "stream")
    stacks = ("catalog",)

    def own_inputs(self, lake: Lake, dataset: Dataset) -> list[str]:  # noqa: ARG002
        return [template_text("catalog")]

    def missing(self, lake: Lake, record: Record) -> str | None:  # noqa: ARG002
        for table in lake.settings.catalog_tables:
            if catalog_columns(lake, table) is None:
                return f"catalog table {table}"
        return None

    def run(self, work: Work) -> Result:
        lake = work.lake
        names = (lake.settings.stream_crawler, lake.settings.tables_crawler)
        former = {name: self._start(lake, name) for name in names}
        work.wait(
            lambda: self._ended(work, former),
            lake.target.waits.crawler,
            f"the crawlers {' and '.join(names)}",
            position=lambda: self._position(lake, names),
        )
        counts: dict[str, int] = {}
        for table, expected in zip(lake.settings.catalog_tables, EXPECTED, strict=True):
            columns = catalog_columns(lake, table)
            absent = expected - set(columns or ())
            if columns is None or absent:
                raise StageError(
                    f"The crawlers left catalog table {table} "
                    + ("unmade." if columns is None else f"without {', '.join(sorted(absent))}."),
                    "Crawl again with: lake run --only catalog --force",
                )
            counts[table] = len(columns)
        return Result(f"{len(counts)} catalog tables", counts)

    @staticmethod
    def _start(lake: Lake, name: str) -> Any:
        """Start a crawler; returns its former LastCrawl, to tell the new one from it."""
        glue = lake.client("glue")
        crawler = glue.get_crawler(Name=name)["Crawler"]
        try:
            glue.start_crawler(Name=name)
        except ClientError as error:
            if error_code(error) != "CrawlerRunningException":
                raise
        return crawler.get("LastCrawl")

    @staticmethod
    def _position(lake: Lake, names: tuple[str, ...]) -> Position:
        """States, and what each has said last: how long a crawl takes grows with what it reads."""
        glue = lake.client("glue")
        at: dict[str, object] = {}
        for name in names:
            at[name] = glue.get_crawler(Name=name)["Crawler"]["State"]
            at[f"log of {name}"] = newest_line(lake, (LOG_GROUP,), name)
        return at

    @staticmethod
    def _ended(work: Work, former: dict[str, Any]) -> bool | None:
        glue = work.lake.client("glue")
        ready = 0
        for name, last in former.items():
            crawler = glue.get_crawler(Name=name)["Crawler"]
            crawl = crawler.get("LastCrawl")
            if crawler["State"] != "READY" or crawl is None or crawl == last:
                continue
            if crawl["Status"] != "SUCCEEDED":
                raise StageError(
                    f"Crawler {name} {crawl['Status'].lower()}: "
                    f"{crawl.get('ErrorMessage', 'no message')}",
                    "Fix the cause, then: lake run",
                )
            ready += 1
        work.progress("crawlers at work", ready, len(former))
        return True if ready == len(former) else None


def catalog_columns(lake: Lake, table: str) -> list[str] | None:
    """Column names of a catalog table, None when there is no such table."""
    try:
        found = lake.client("glue").get_table(DatabaseName=lake.settings.database, Name=table)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return [c["Name"] for c in found["Table"].get("StorageDescriptor", {}).get("Columns", [])]
