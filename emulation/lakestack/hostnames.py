"""Names of this emulator beside its usual ones: what ``LAKE_HOSTNAMES`` may say.

Such as the one by which other containers of its network find it.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from pathlib import Path

import psutil

from lakestack import commands
from lakestack.errors import SettingError

VARIABLE = "LAKE_HOSTNAMES"
EXAMPLE = "emulator"
LONGEST = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def hostnames(value: str) -> frozenset[str]:
    """Read ``LAKE_HOSTNAMES``: names or IPv4 addresses with commas between, without ports.

    Raises:
        SettingError: one is no name; ``*`` is refused
    """
    found = set()
    for given in filter(None, (part.strip() for part in value.split(","))):
        name = given.lower().removesuffix(".")
        if len(name) > LONGEST or not _NAME.fullmatch(name):  # RFC 1123, and underscores
            raise SettingError(
                f"{VARIABLE}: received {given[:200]!r}, valid are names such as {EXAMPLE}, without "
                "a port, with commas between",
                commands.start_with(f"{VARIABLE}={EXAMPLE}"),
            )
        found.add(name)
    return frozenset(found)


def own_addresses(routes: Path = Path("/proc/net/route")) -> frozenset[str]:
    """The IPv4 addresses by which a container is reached: its own, and its network's gateway.

    Args:
        routes: the kernel's table (proc_net_route(5)), with addresses as hexadecimal numbers in
            this machine's order of bytes
    """
    listed = psutil.net_if_addrs().values()
    found = {a.address for each in listed for a in each if a.family == socket.AF_INET}
    with contextlib.suppress(OSError):
        for line in routes.read_text().splitlines()[1:]:
            _, destination, gateway = line.split()[:3]
            if destination == "00000000":
                found.add(socket.inet_ntoa(struct.pack("=I", int(gateway, 16))))
    return frozenset(found)
