"""Why a crawl ends early.

CrawlStop
├── CrawlError       the crawl failed; the text becomes LastCrawl.ErrorMessage
└── CrawlCancelled   StopCrawler was called
"""

from __future__ import annotations


class CrawlStop(Exception):
    """Base of both."""


class CrawlError(CrawlStop):
    """A target or the catalog cannot be used."""


class CrawlCancelled(CrawlStop):
    """The crawl was stopped on request."""
