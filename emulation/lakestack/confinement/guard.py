"""The emulator's own process reaches loopback, and nothing else.

It needs nobody outside. This is the second lock behind clients with numeric addresses: whatever a
part of LocalStack tries, no name is asked for and nothing leaves.
"""

from __future__ import annotations

import socket
from typing import Any

from lakestack.confinement import network


def install() -> None:
    """Refuse, from now on, every connection of this process that is not to loopback.

    AWS's names lead there as well, to no port in particular.
    """
    network.pin_names(None, "the emulator")
    network.guard_sockets(_target, bind=False)


def _target(sock: socket.socket, address: Any) -> Any:
    if sock.family not in network.INTERNET:
        return address
    name = network.text_of(address[0])
    host = "localhost" if network.is_aws(name) else name
    return (network.pinned(host, sock.family), *address[1:])
