"""Why a crawl ends early.

CrawlStopError
├── CrawlError       the crawl failed; the text becomes LastCrawl.ErrorMessage
└── CrawlCancelledError   StopCrawler was called
"""

from __future__ import annotations


class CrawlStopError(Exception):
    """Base of both."""


class CrawlError(CrawlStopError):
    """A target or the catalog cannot be used."""


class CrawlCancelledError(CrawlStopError):
    """The crawl was stopped on request."""
