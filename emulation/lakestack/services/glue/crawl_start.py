"""The start of a crawl, by a client, a trigger or a schedule."""

from __future__ import annotations

from lakestack.services.base import aws_error
from lakestack.services.glue.crawler import Crawl, Crawler
from lakestack.services.glue.csv_classifier import CsvOptions
from lakestack.services.glue.state import GlueState
from lakestack.services.glue.triggers.origin import Origin


def start_crawl(state: GlueState, crawler: Crawler, origin: Origin | None = None) -> Crawl:
    """Start a crawl; called with the state's lock held.

    Args:
        origin: what starts it, when that is no client

    Raises:
        EntityNotFoundException: one of its classifiers is no more
        CrawlerRunningException: a crawl is under way
    """
    require_classifiers(state, crawler.definition.get("Classifiers") or ())
    options = {name: CsvOptions.from_api(stored) for name, stored in state.classifiers.items()}
    crawl = crawler.start(options, origin)
    if crawl is None:
        raise aws_error(
            "CrawlerRunningException", f"Crawler with name {crawler.name} has already started"
        )
    return crawl


def require_classifiers(state: GlueState, names: list[str] | tuple[()]) -> None:
    """Check that there are these classifiers.

    Raises:
        EntityNotFoundException: one of them is not there
    """
    for name in names:
        if name not in state.classifiers:
            raise aws_error(
                "EntityNotFoundException", f"Classifier with name {name} does not exist"
            )
