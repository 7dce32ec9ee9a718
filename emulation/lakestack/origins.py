"""Origins of web pages: what ``LAKE_ALLOWED_ORIGINS`` may name, and how two are compared.

HTML Standard, "Origin"; RFC 6454, "The Web Origin Concept".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lakestack import commands
from lakestack.errors import SettingError

VARIABLE = "LAKE_ALLOWED_ORIGINS"
EXAMPLE = "http://localhost:3000"
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


def origin_of(url: str) -> str | None:
    """Origin of a URL in one spelling, ``scheme://host:port``; None for what has none.

    ``null``, ``file://`` and every other opaque origin have none.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), parts.netloc.lower().rpartition("@")[2]
    host = host[: host.rindex("]") + 1] if "]" in host else host.partition(":")[0]
    if scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host):
        return None
    return f"{scheme}://{host}:{DEFAULT_PORTS[scheme] if port is None else port}"


def allowed_origins(value: str) -> frozenset[str]:
    """Read ``LAKE_ALLOWED_ORIGINS``: origins with commas between; empty allows none.

    Raises:
        SettingError: one is not ``http(s)://host[:port]``; ``*`` and ``null`` are refused
    """
    found = set()
    for given in filter(None, (part.strip() for part in value.split(","))):
        parts = urlsplit(given)
        origin = origin_of(given)
        if origin is None or parts.scheme.lower() not in ("http", "https") or "@" in given:
            raise _wrong(given)
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise _wrong(given)
        found.add(origin)
    return frozenset(found)


def _wrong(given: str) -> SettingError:
    return SettingError(
        f"{VARIABLE}: received {given[:200]!r}, valid are origins such as {EXAMPLE}, "
        "with commas between",
        commands.start_with(f"{VARIABLE}={EXAMPLE}"),
    )
