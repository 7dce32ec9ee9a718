"""Which names the emulator answers to, and what each of them reaches.

A name that is not its own is how a web page gets past a browser's same-origin policy (DNS
rebinding): the page's name resolves to 127.0.0.1, and only the Host header tells.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

EMULATOR_DOMAIN = "localhost.localstack.cloud"
"""LocalStack's name for this machine: it and every name below it resolve to 127.0.0.1."""

AWS_DOMAINS = (
    *("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "on.aws", "on.amazonwebservices.com.cn"),
    *("api.aws", "api.amazonwebservices.com.cn", "api.amazonwebservices.eu"),
)
"""AWS's own, which functions and old clients name; botocore's partitions.json, and for ``on.aws``
the Lambda Developer Guide, "Lambda function URLs"."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PORT = re.compile(r"[0-9]{1,5}")


class Reach(Enum):
    """What a host name reaches."""

    SERVICES = "services"
    """AWS's APIs and the emulator's own routes."""

    APPLICATION = "application"
    """One API, one function URL or one website, and nothing else."""


@dataclass(frozen=True)
class Host:
    """A Host header that the emulator answers to.

    Args:
        name: in lower case, without port and final dot
        port: None where the header has none
    """

    name: str
    port: int | None
    reach: Reach

    @cached_property
    def resolved(self) -> bool:
        """Whether a resolver may have said where it is: then a page of it can be anybody's."""
        return self.name != "localhost" and not _is_loopback_address(self.name)

    @cached_property
    def header(self) -> str:
        """The header in one spelling, by which LocalStack routes."""
        return self.name if self.port is None else f"{self.name}:{self.port}"


@lru_cache(maxsize=1024)
def parse_host(header: str, more_names: frozenset[str] = frozenset()) -> Host | None:
    """Return what a Host header names, None when it is none of the emulator's names.

    Its port is not compared: behind a container's mapping, a tunnel or a proxy it is another one,
    and it is the name that tells a page that was led here.

    Args:
        header: as received; RFC 9110, "Host and :authority"
        more_names: further names of this emulator, in lower case
    """
    name, given = _split(header.lower())
    if _is_loopback_address(name):
        return Host(name, given, Reach.SERVICES)
    name = name[:-1] if name.endswith(".") else name
    if len(name) > 253 or not _NAME.fullmatch(name):  # ASCII only
        return None
    if below(name, AWS_DOMAINS):
        return Host(name, given, _reach(name))
    if name == "localhost" or name in more_names:
        return Host(name, given, Reach.SERVICES)
    return Host(name, given, _reach(name)) if below(name, (EMULATOR_DOMAIN,)) else None


def _split(header: str) -> tuple[str, int | None]:
    """Name and port; the name is empty for what is no ``host[:port]``."""
    if header.startswith("["):
        name, closed, rest = header.partition("]")
        name += closed
    else:
        name, colon, rest = header.partition(":")
        rest = colon + rest
    if not rest:
        return name, None
    if not rest.startswith(":") or not _PORT.fullmatch(rest[1:]) or int(rest[1:]) > 65535:
        return "", None
    return name, int(rest[1:])


def _is_loopback_address(name: str) -> bool:
    try:
        if name.startswith("["):
            return name.endswith("]") and ipaddress.IPv6Address(name[1:-1]) == _LOOPBACK_6
        # Dotted decimal only: no 0x7f.1, no 2130706433.
        return ipaddress.IPv4Address(name).is_loopback
    except ValueError:
        return False


_LOOPBACK_6 = ipaddress.IPv6Address("::1")


def below(name: str, domains: tuple[str, ...]) -> bool:
    """Whether a name is one of these domains or in one of them."""
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def _reach(name: str) -> Reach:
    """The label nearest to the domain decides: a bucket's name may contain the others."""
    for label in reversed(name.split(".")[1:]):
        if label in ("execute-api", "lambda-url", "s3-website") or label.startswith("s3-website-"):
            return Reach.APPLICATION
        if label == "s3" or label.startswith("s3-"):
            return Reach.SERVICES
    return Reach.SERVICES
