"""Where user code's connections go: ``*.amazonaws.com`` to the emulator, loopback, nowhere else.

For Lambda functions, Glue jobs, SageMaker training jobs and endpoints; `guard` beside this uses it
for the emulator itself. No name is resolved: those that may be reached have their answer here.

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
OWN_DOMAIN = "localhost.localstack.cloud"
"""Below it are LocalStack's own names; public DNS would answer for them."""

LOOPBACK, LOOPBACK_6 = "127.0.0.1", "::1"
ANYWHERE = {"": LOOPBACK, "0.0.0.0": LOOPBACK, "::": LOOPBACK_6}  # noqa: S104
HTTP_PORTS = (80, 443)


DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens on the discard port."""

PROXIED = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
INTERNET = (socket.AF_INET, socket.AF_INET6)
GATEWAY = "LAKE_GATEWAY"
SUBJECT = "LAKE_CONFINED"
"""What a refusal calls the process."""

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
    return _is_below(_plain(host), AWS_DOMAIN)


def is_loopback(host: str) -> bool:
    """Whether a name or numeric address is this machine's loopback ("" listens anywhere)."""
    name = _plain(host)
    if name in ANYWHERE or name == _plain(socket.gethostname()):
        return True
    if _is_below(name, "localhost") or _is_below(name, OWN_DOMAIN):
        return True
    address = _address(name)
    return address is not None and (getattr(address, "ipv4_mapped", None) or address).is_loopback


def pinned(host: str, family: int = socket.AF_UNSPEC) -> str:
    """Return the numeric address of a loopback name; a numeric address and "" stay as they are.

    Raises:
        PermissionError: it is the name or address of another machine
    """
    if not is_loopback(host):
        raise refusal(host)
    if not host or _address(host) is not None:
        return host
    return LOOPBACK_6 if family == socket.AF_INET6 else LOOPBACK


def refusal(host: str) -> PermissionError:
    """Build the error of a connection that leaves the emulated AWS; it names the host."""
    return PermissionError(
        errno.EACCES,
        f"connection to {host} refused: {_subject} reaches only "
        f"*.{AWS_DOMAIN} (answered by the emulator) and loopback",
    )


_subject = "a function in the emulator"


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _is_below(name: str, domain: str) -> bool:
    return name == domain or name.endswith("." + domain)


def _address(host: str) -> Any:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def text_of(host: Any) -> str:
    """A host as Python's socket functions take it, as text."""
    return host.decode("idna", "replace") if isinstance(host, bytes) else str(host or "")


def pin_names(gateway: tuple[str, int] | None, subject: str) -> None:
    """Answer every question for a name or an address here, without asking a resolver.

    Args:
        gateway: where AWS's names lead; None: to loopback, whatever the port
        subject: what this process is, for the text of a refusal
    """
    global _subject  # noqa: PLW0603 - of this process, set once
    _subject = subject
    resolve = socket.getaddrinfo

    def address(host: Any, family: int = socket.AF_UNSPEC) -> str:
        name = text_of(host)
        if is_aws(name):
            return gateway[0] if gateway else pinned("localhost", family)
        return pinned(name, family)

    def getaddrinfo(
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002 - socket's names
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        if host is None:
            return resolve(host, port, family, type, proto, flags)
        if gateway and is_aws(text_of(host)):
            return resolve(gateway[0], gateway[1], family, type, proto, flags)
        return resolve(address(host, family), port, family, type, proto, flags)

    def gethostbyname(host: Any) -> str:
        found = address(host)
        return ANYWHERE.get(found, found)

    def gethostbyname_ex(host: Any) -> tuple[str, list[str], list[str]]:
        return text_of(host), [], [gethostbyname(host)]

    def gethostbyaddr(host: Any) -> tuple[str, list[str], list[str]]:
        found = gethostbyname(host)
        name = text_of(host)
        return "localhost" if _address(name) is not None else name, [], [found]

    def getnameinfo(sockaddr: Any, flags: int) -> tuple[str, str]:
        host, port = pinned(sockaddr[0]), int(sockaddr[1])
        service = str(port)  # the names of ports stand in a file, and nobody needs them
        return host if flags & socket.NI_NUMERICHOST else "localhost", service

    for replacement in (getaddrinfo, gethostbyname, gethostbyname_ex, gethostbyaddr, getnameinfo):
        setattr(socket, replacement.__name__, replacement)


def guard_sockets(target: Callable[[socket.socket, Any], Any], *, bind: bool) -> None:
    """Let connections and datagrams go where `target` says.

    Args:
        bind: whether what listens everywhere shall listen on loopback only
    """

    def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, address: call(self, target(self, address))

    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
    sendto: Callable[..., int] = socket.socket.sendto
    sendmsg: Callable[..., int] | None = getattr(socket.socket, "sendmsg", None)
    listen_on: Callable[..., None] = socket.socket.bind

    def guarded_sendto(self: socket.socket, data: Any, *args: Any) -> int:
        return sendto(self, data, *args[:-1], target(self, args[-1]))

    def guarded_sendmsg(
        self: socket.socket,
        buffers: Any,
        ancdata: Any = (),
        flags: int = 0,
        address: Any = None,
    ) -> int:
        assert sendmsg is not None  # noqa: S101 - installed only where it is there
        if address is None:
            return sendmsg(self, buffers, ancdata, flags)
        return sendmsg(self, buffers, ancdata, flags, target(self, address))

    def guarded_bind(self: socket.socket, address: Any) -> None:
        if self.family in INTERNET:
            host = pinned(text_of(address[0]), self.family)
            if host == "" and self.family == socket.AF_INET6:
                host = "::"
            address = (ANYWHERE.get(host, host), *address[1:])
        listen_on(self, address)

    setattr(socket.socket, "sendto", guarded_sendto)  # noqa: B010 - mypy knows it as a method
    if sendmsg is not None:
        setattr(socket.socket, "sendmsg", guarded_sendmsg)  # noqa: B010
    if bind:
        setattr(socket.socket, "bind", guarded_bind)  # noqa: B010


def install(gateway: tuple[str, int], subject: str = _subject) -> None:
    """Route this process's connections, and those of the programs that it starts.

    Args:
        gateway: host and port of the emulator
        subject: what this process is, for the text of a refusal
    """
    pin_names(gateway, subject)

    def target(sock: socket.socket, address: Any) -> Any:
        if sock.family not in INTERNET:
            return address
        name = text_of(address[0])
        if is_aws(name):
            return gateway
        host = pinned(name, sock.family)
        # `gethostbyname` and code that drops the port of a ResponseURL end up here.
        if address[1] in HTTP_PORTS and sock.family == socket.AF_INET:
            return gateway
        return (host, *address[1:])

    guard_sockets(target, bind=True)
    _route_tls(gateway)
    _cut_off_children(gateway)


def _route_tls(gateway: tuple[str, int]) -> None:
    wrap, wrap_buffers = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio

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
        name = text_of(server_hostname)
        if server_side or not is_aws(name):  # AWS's names are always resolved to the gateway
            return wrap_buffers(self, incoming, outgoing, server_side, server_hostname, **kwargs)
        return GatewayObject(self, incoming, outgoing, name)

    setattr(ssl.SSLContext, "wrap_socket", wrap_socket)  # noqa: B010
    setattr(ssl.SSLContext, "wrap_bio", wrap_bio)  # noqa: B010


def child_variables(gateway: tuple[str, int], given: Mapping[str, str]) -> dict[str, str]:
    """Variables that keep a program from leaving this machine.

    Args:
        given: its environment otherwise
    """
    values = {**dict.fromkeys(PROXIED, DEAD_PROXY), "no_proxy": "127.0.0.1,localhost,::1"}
    return {
        **values,
        **{name.upper(): value for name, value in values.items()},
        **python_variables(gateway, _subject, given.get("PYTHONPATH", "")),
    }


def python_variables(gateway: tuple[str, int], subject: str, path: str) -> dict[str, str]:
    """Variables by which a Python program loads this module before its own code.

    Args:
        subject: what the program is, for the text of a refusal
        path: its PYTHONPATH otherwise
    """
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")  # noqa: PTH100, PTH118, PTH120
    paths = [p for p in path.split(os.pathsep) if p and p != folder]
    return {
        "PYTHONPATH": os.pathsep.join([folder, *paths]),
        GATEWAY: f"{gateway[0]}:{gateway[1]}",
        SUBJECT: subject,
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
