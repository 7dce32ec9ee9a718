"""HTTP requests of services to their users' endpoints, which have to be on this machine.

Loopback, and names of AWS, which lead to the emulator (an API, a function URL).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from lakestack.confinement import network
from lakestack.services.processes import gateway_url


class UnreachableError(Exception):
    """An endpoint that has not answered.

    Args:
        late: whether it was reached, and took too long
    """

    def __init__(self, message: str, *, late: bool) -> None:
        super().__init__(message)
        self.late = late


@dataclass(frozen=True)
class Answer:
    """What an endpoint has answered.

    Attributes:
        headers: names in lower case
        body: unpacked
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def fault_of(url: str) -> str | None:
    """What is wrong with an endpoint's URL, to be read after its name; None: it may be asked."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        host, port_is_valid, parts = "", False, urlsplit("")
    if not host or not port_is_valid or parts.username or parts.password:
        return "is not valid; valid: https://<host>/…"
    local = network.is_loopback(host)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        return "must begin with https://"
    if not local and not network.is_aws(host):
        return (
            f"is not emulated: {host} is on another machine, and nothing leaves this one; valid "
            "here: https:// or http:// to 127.0.0.1 or localhost, or an API of this emulator by "
            "its name"
        )
    return None


def ask(
    method: str, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, most: int
) -> Answer:
    """Make a request; redirects are not followed.

    Args:
        seconds: that the endpoint has to answer
        most: bytes of the answer that are read; there is one more where it is longer

    Raises:
        UnreachableError: no answer in time, no connection, or an endpoint that is elsewhere
    """
    if fault := fault_of(url):
        raise UnreachableError(f"{url[:200]} {fault}", late=False)
    given, target = dict(headers), urlsplit(url)
    if network.is_aws(target.hostname or ""):
        # Such a name is one of the emulator's: the gateway knows it by its Host header.
        given["Host"] = target.netloc
        url = gateway_url() + url.partition(target.netloc)[2]
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.request(
                method,
                url,
                data=body,
                headers=given,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
                verify=False,
            ) as answer:
                found = answer.raw.read(most + 1, decode_content=True)
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status_code, names, found)
    except requests.Timeout as e:
        raise UnreachableError(f"The request timed out: {e}", late=True) from e
    except (requests.RequestException, OSError) as e:
        raise UnreachableError(f"The endpoint cannot be reached: {e}", late=False) from e
