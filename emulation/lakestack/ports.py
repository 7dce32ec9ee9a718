"""The gateway's port as people give it."""

from __future__ import annotations

import os
import socket

from lakestack.errors import PortError

DEFAULT_PORT = 4566
LARGEST_PORT = 65_535


def parse(given: str | int) -> int:
    """The port number, of ``--port`` or LAKE_PORT.

    Raises:
        PortError: it is none
    """
    text = str(given).strip()
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= LARGEST_PORT:
        return int(text)
    raise PortError(
        f"the port (--port or LAKE_PORT) is {text!r}; valid are 1 to {LARGEST_PORT}",
        f"export LAKE_PORT={DEFAULT_PORT}",
    )


def from_environment() -> int:
    """LAKE_PORT, or the usual port.

    Raises:
        PortError: it is none
    """
    return parse(os.environ.get("LAKE_PORT") or DEFAULT_PORT)


def free_port() -> int:
    """A TCP port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
