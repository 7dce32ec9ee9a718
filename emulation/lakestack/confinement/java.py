"""What keeps a Java on this machine: its names come from a file, its sockets leave by no door."""

from __future__ import annotations

import socket
from pathlib import Path

from lakestack.confinement.network import LOOPBACK, OWN_DOMAIN

DISCARD_PORT = 9
"""Nothing listens there."""


def network_flags(folder: Path) -> list[str]:
    """Return flags of a JVM that resolves no name outside and connects to loopback only.

    With `jdk.net.hosts.file` Java (`java.net.InetAddress`) looks names up in that file and nowhere
    else. Connections of `java.net.Socket` that are not to loopback go to a SOCKS proxy that is not
    there (Java Networking and Proxies). Channels of `java.nio` heed no proxy: they reach numeric
    addresses.

    Args:
        folder: where the file is written
    """
    own = dict.fromkeys(("localhost", socket.gethostname(), OWN_DOMAIN, f"s3.{OWN_DOMAIN}"))
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{LOOPBACK} {name}\n" for name in own if name))
    return [
        f"-Djdk.net.hosts.file={hosts}",
        f"-DsocksProxyHost={LOOPBACK}",
        f"-DsocksProxyPort={DISCARD_PORT}",
        "-DsocksNonProxyHosts=localhost|127.*|[::1]",
    ]
