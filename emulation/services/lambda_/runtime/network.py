"""Where a function's connections go: ``*.amazonaws.com`` to the emulator, loopback, nowhere else.

Works below every HTTP library: names are resolved, sockets connected and TLS begun through the
standard library, so ``urllib``, ``http.client``, ``urllib3`` and ``requests`` all pass here. A
connection to AWS becomes plain TCP to the gateway; the request keeps its Host header, by which the
gateway tells buckets and services apart. So do the streams of asyncio, whose TLS needs no socket.

Programs that the process starts are not reached by this. They are given a proxy that is not there,
and those in Python load this module before their own code (children/sitecustomize.py).
"""

from __future__ import annotations

import errno
import functools
import ipaddress
import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

AWS_DOMAIN = "amazonaws.com"
HTTP_PORTS = (80, 443)


DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""

PROXIED = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
GATEWAY = "LAKE_GATEWAY"
MARKS = ("LAKE_EMULATOR", "LAKE_PROCESS")
"""By these the emulator finds what it started; user code does not see them, as on AWS."""


class Plain:
    """What a connection to the gateway answers to the questions TLS is asked."""

    server_name = ""

    def getpeercert(self, binary_form: bool = False) -> Any:
        """A certificate for the name that was asked for: urllib3 compares the two."""
        kind = "IP Address" if is_loopback(self.server_name) else "DNS"
        return b"" if binary_form else {"subjectAltName": ((kind, self.server_name),)}

    def version(self) -> str:
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        return ("NULL", "TLSv1.3", 0)

    def shared_ciphers(self) -> None:
        return None

    def compression(self) -> None:
        return None

    def selected_alpn_protocol(self) -> str | None:
        return None

    def selected_npn_protocol(self) -> str | None:
        return None

    def pending(self) -> int:
        return 0

    def do_handshake(self, block: bool = False) -> None:
        """Nothing to negotiate."""

    def unwrap(self) -> Any:
        return self


class GatewaySocket(Plain, socket.socket):
    """In the place of an `ssl.SSLSocket`."""


class GatewayObject(Plain):
    """In the place of an `ssl.SSLObject`: between two buffers, from which others move the bytes."""

    server_side = False
    session = None
    session_reused = False

    def __init__(
        self,
        context: ssl.SSLContext,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_name: str,
    ) -> None:
        self.context, self._incoming, self._outgoing = context, incoming, outgoing
        self.server_name = self.server_hostname = server_name

    def read(self, size: int = 1024, buffer: Any = None) -> Any:
        data = self._incoming.read(size)
        if not data and not self._incoming.eof:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "nothing has arrived")
        if buffer is None:
            return data
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return self._outgoing.write(data)

    def pending(self) -> int:
        return self._incoming.pending


def is_aws(host: str) -> bool:
    """Whether a host name belongs to AWS."""
    name = host.lower().rstrip(".")
    return name == AWS_DOMAIN or name.endswith("." + AWS_DOMAIN)


def is_loopback(host: str) -> bool:
    """Whether a name or numeric address is this machine's loopback ("" listens anywhere)."""
    if host in ("", "localhost", "0.0.0.0") or host.endswith(".localhost"):  # noqa: S104
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refusal(host: str) -> PermissionError:
    """Build the error of a connection that leaves the emulated AWS; it names the host."""
    return PermissionError(
        errno.EACCES,
        f"connection to {host} refused: a function in the emulator reaches only "
        f"*.{AWS_DOMAIN} (answered by the emulator) and loopback",
    )


def install(gateway: tuple[str, int]) -> None:
    """Route this process's connections.

    :param gateway: host and port of the emulator
    """
    resolve, connect, connect_ex = (
        socket.getaddrinfo,
        socket.socket.connect,
        socket.socket.connect_ex,
    )
    send_datagram: Callable[..., int] = socket.socket.sendto
    by_name = socket.gethostbyname
    wrap, wrap_buffers = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio

    def text(host: Any) -> str:
        return host.decode("idna", "replace") if isinstance(host, bytes) else str(host or "")

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = text(host)
        if is_aws(name):
            return resolve(gateway[0], gateway[1], *args, **kwargs)
        if not is_loopback(name):
            raise refusal(name)
        return resolve(host, port, *args, **kwargs)

    def gethostbyname(host: str) -> str:
        if is_aws(host):
            return gateway[0]
        if not is_loopback(host):
            raise refusal(host)
        return by_name(host)

    def target(sock: socket.socket, address: Any) -> Any:
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return address
        name = text(address[0])
        if is_aws(name):
            return gateway
        if not is_loopback(name):
            raise refusal(name)
        # `gethostbyname` and code that drops the port of a ResponseURL end up here.
        if address[1] in HTTP_PORTS and sock.family == socket.AF_INET:
            return gateway
        return address

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, address: call(self, target(self, address))

    def guarded_sendto(self: socket.socket, data: Any, *args: Any) -> int:
        sent: int = send_datagram(self, data, *args[:-1], target(self, args[-1]))
        return sent

    def wrap_socket(self: ssl.SSLContext, sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        try:
            peer = sock.getpeername()
        except OSError:
            peer = None
        if not peer or tuple(peer[:2]) != gateway:
            return wrap(self, sock, *args, **kwargs)
        timeout = sock.gettimeout()
        plain = GatewaySocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        plain.settimeout(timeout)
        plain.server_name = kwargs.get("server_hostname") or ""
        return plain

    def wrap_bio(
        self: ssl.SSLContext,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: Any = None,
        **kwargs: Any,
    ) -> Any:
        name = text(server_hostname)
        if server_side or not is_aws(name):  # AWS's names are always resolved to the gateway
            return wrap_buffers(self, incoming, outgoing, server_side, server_hostname, **kwargs)
        return GatewayObject(self, incoming, outgoing, name)

    patches: list[tuple[Any, str, Any]] = [
        (socket, "getaddrinfo", getaddrinfo),
        (socket, "gethostbyname", gethostbyname),
        (socket.socket, "connect", guarded(connect)),
        (socket.socket, "connect_ex", guarded(connect_ex)),
        (socket.socket, "sendto", guarded_sendto),
        (ssl.SSLContext, "wrap_socket", wrap_socket),
        (ssl.SSLContext, "wrap_bio", wrap_bio),
    ]
    for owner, name, replacement in patches:
        setattr(owner, name, replacement)
    _cut_off_children(gateway)


def child_variables(gateway: tuple[str, int], given: Mapping[str, str]) -> dict[str, str]:
    """Variables that keep a program from leaving this machine.

    :param given: its environment otherwise
    """
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")  # noqa: PTH100, PTH118, PTH120
    paths = [p for p in given.get("PYTHONPATH", "").split(os.pathsep) if p and p != folder]
    values = {**dict.fromkeys(PROXIED, DEAD_PROXY), "no_proxy": "127.0.0.1,localhost,::1"}
    return {
        **values,
        **{name.upper(): value for name, value in values.items()},
        "PYTHONPATH": os.pathsep.join([folder, *paths]),
        GATEWAY: f"{gateway[0]}:{gateway[1]}",
    }


def _cut_off_children(gateway: tuple[str, int]) -> None:
    marks = {name: os.environ.pop(name) for name in MARKS if name in os.environ}

    def variables(given: Mapping[str, str]) -> dict[str, str]:
        return {**child_variables(gateway, given), **marks}

    # This process itself goes by os.environ, in which there is neither a proxy nor a mark.
    for name, value in variables(os.environ).items():
        os.putenv(name, value)
    start = subprocess.Popen.__init__

    @functools.wraps(start)
    def popen(self: Any, *args: Any, **kwargs: Any) -> None:
        if (env := kwargs.get("env")) is not None:
            kwargs["env"] = {**env, **variables(env)}
        start(self, *args, **kwargs)

    setattr(subprocess.Popen, "__init__", popen)  # noqa: B010 - mypy knows it as a method
