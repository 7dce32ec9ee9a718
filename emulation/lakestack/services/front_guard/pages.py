"""Whether a web page is behind a request, and whether it may.

Browsers mark what pages ask for: Fetch Metadata (``Sec-Fetch-Site``, W3C "Fetch Metadata Request
Headers"), ``Origin`` (Fetch Standard, "Origin header") and ``Referer``. A page can leave out the
last, no script can forge any of them, and the SDKs and the aws CLI send none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from lakestack.origins import DEFAULT_PORTS, VARIABLE, origin_of

OWN_SITES = ("none", "same-origin")
"""``none``: no page asked; everything else comes from some other place's page."""


class Page(Enum):
    """Who is behind a request."""

    NONE = "none"
    """No browser, or a page of the same origin."""

    ALLOWED = "allowed"
    """A page of an origin in LAKE_ALLOWED_ORIGINS."""

    UNTOLD = "untold"
    """A browser that does not say. Over plain HTTP it marks only requests to loopback addresses and
    localhost, and a page can withhold the rest in a GET or HEAD. And ``none`` means that no page
    asked: but the user may have opened a link of a mail, or typed the name of a site that
    redirects here."""

    FOREIGN = "foreign"
    """A page of somewhere else."""


@dataclass(frozen=True)
class Marks:
    """The headers that tell, as received; None for those that are absent."""

    origin: str | None = None
    referer: str | None = None
    site: str | None = None
    agent: str | None = None


def page_behind(marks: Marks, own_origin: str, allowed: Collection[str]) -> Page:
    """Say who asks.

    Args:
        own_origin: of the request's own scheme and Host, as `origin_of` spells it; empty where not
            even a page of that origin may ask
        allowed: origins, as `origin_of` spells them
    """
    told = set() if marks.origin is None else {origin_of(marks.origin)}
    if marks.referer:
        told.add(origin_of(marks.referer))
    if others := told - {own_origin}:
        return Page.ALLOWED if others <= set(allowed) else Page.FOREIGN
    sites = OWN_SITES if own_origin else ("none",)
    if marks.site is not None and marks.site not in sites:
        return Page.FOREIGN
    untold = marks.site == "none" or (marks.site is None and is_browser(marks.agent))
    return Page.UNTOLD if untold and not told else Page.NONE


def is_browser(agent: str | None) -> bool:
    """Whether a User-Agent is a browser's: every browser's begins so."""
    return agent is not None and agent.startswith("Mozilla/")


def refusal(marks: Marks) -> str:
    """Explain to the person who reads the answer why a page was refused."""
    asked = marks.origin if marks.origin is not None else marks.referer or "another site"
    if marks.referer and origin_of(marks.referer) != origin_of(asked):
        asked = f"{asked}, by way of {marks.referer}"
    origin = origin_of(asked)
    allow = (
        f"To allow it, start the emulator with {VARIABLE}={_shortened(origin)}."
        if origin
        else f"{VARIABLE} names the origins that may, such as http://localhost:3000."
    )
    return f"A web page ({asked[:200]!a}) may not use this emulator. {allow}"


def _shortened(origin: str) -> str:
    """An origin as browsers spell it: without its scheme's own port."""
    scheme = origin.partition(":")[0]
    return origin.removesuffix(f":{DEFAULT_PORTS[scheme]}")
