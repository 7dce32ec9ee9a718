"""The decision about one request, from its head alone. No LocalStack in here.

What needs a look at the operation (who asks is settled, but there is no signature) is left to
`unsigned`, which is asked for few requests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit

from lakestack.origins import origin_of
from lakestack.services.front_guard import pages
from lakestack.services.front_guard.hosts import Host, Reach, parse_host
from lakestack.services.front_guard.pages import Marks, Page
from lakestack.services.front_guard.signatures import Signed, signed

READING = ("GET", "HEAD", "OPTIONS")

_INTERNAL = re.compile(
    r"/(?:_lakestack|_localstack|_localstack_lambda|_aws|_cfn_response)/"
    r"|/restapis/[^/]+/[^/]+/_user_request_(?:/|$)"
)
"""Routes of the emulator itself, which nobody signs; among them the addresses that CloudFormation
gives to custom resources, each good for one answer, and APIs by their path."""


class Way(Enum):
    """Where a request goes on."""

    REFUSED = "refused"
    APPLICATION = "application"
    INTERNAL = "internal"
    SERVICE = "service"
    LOOK = "look"
    """To a service, if `unsigned` finds that the service takes it so."""


@dataclass(frozen=True)
class Head:
    """What the decision looks at.

    Args:
        method: WEBSOCKET for an upgrade
        target: the request target as received
        path: decoded, without query
        query: names of its parameters
        hosts: every Host header
        port: that the request came in by
    """

    method: str
    target: str
    path: str
    query: Collection[str]
    hosts: Sequence[str]
    scheme: str
    port: int
    marks: Marks = field(default_factory=Marks)
    authorization: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What becomes of a request.

    Args:
        reason: of a refusal
        page: who is behind it
    """

    way: Way
    reason: str = ""
    host: Host | None = None
    page: Page = Page.NONE
    signed: Signed = Signed.NO

    @property
    def is_signed_for_a_service(self) -> bool:
        """Whether it goes to a service's own address, and by its header is from a program."""
        return self.way is Way.SERVICE and self.signed is Signed.BY_HEADER


def decide(
    head: Head, allowed: Collection[str], more_names: frozenset[str] = frozenset()
) -> Verdict:
    """Decide by host, page and signature, in this order.

    Args:
        allowed: origins of pages that may ask, as `origin_of` spells them
        more_names: names of this emulator beside its usual ones
    """
    host = parse_host(head.hosts[0], more_names) if len(head.hosts) == 1 else None
    if host is None or not _same_target(head, host, more_names):
        return Verdict(Way.REFUSED, _host_refusal(head))
    if host.reach is Reach.APPLICATION:
        return Verdict(Way.APPLICATION, host=host)
    # Whoever answers for a name's address can serve its pages, AWS's names included.
    own = None if host.resolved else _own_origin(head.scheme, host.header)
    page = pages.page_behind(head.marks, own or "", allowed)
    if page is Page.FOREIGN:
        return Verdict(Way.REFUSED, pages.refusal(head.marks), host, page)
    how = signed(head.authorization, head.query)
    return Verdict(_way(head, page, how), "", host, page, how)


@lru_cache(maxsize=64)
def _own_origin(scheme: str, header: str) -> str | None:
    """The origin of this emulator's own pages, by the name that it was asked for."""
    return origin_of(f"{scheme}://{header}")


def _way(head: Head, page: Page, how: Signed) -> Way:
    if how is Signed.BY_HEADER or head.method == "OPTIONS":
        return Way.SERVICE
    if _INTERNAL.match(head.path):
        return Way.INTERNAL
    if how is Signed.BY_QUERY and page is not Page.UNTOLD:
        return Way.SERVICE
    return Way.LOOK


def _same_target(head: Head, host: Host, more_names: frozenset[str]) -> bool:
    """A target with a host of its own (RFC 9112, "absolute-form") must not name another one."""
    if head.target.startswith("/") or head.target == "*":
        return True
    try:
        authority = urlsplit(head.target).netloc
    except ValueError:
        return False
    named = parse_host(authority, more_names)
    return named is not None and named.name == host.name


def _host_refusal(head: Head) -> str:
    if len(head.hosts) != 1:
        return f"A request needs one Host header, received {len(head.hosts)}."
    return (
        f"Host {head.hosts[0][:200]!a} is none of this emulator's names; valid are "
        f"127.0.0.1:{head.port}, localhost:{head.port}, names below "
        f"localhost.localstack.cloud:{head.port}, AWS's own, and those of LAKE_HOSTNAMES."
    )
