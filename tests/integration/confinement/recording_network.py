"""A network of its own in which nothing leaves unseen, and a program that runs the lake in it.

    unshare --net --mount python -m tests.integration.confinement.recording_network FOLDER

gives the process a loopback interface and nothing else. Every address of the world leads to that
interface, the resolver answers every name with such an address, and each packet that goes to no
loopback address is recorded, whatever its protocol and port. It is all gone when the process ends.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RESOLVER, ANSWER = "198.51.100.53", "198.51.100.99"  # RFC 5737: for documentation, nobody's
CONTROL = "control.example"
WEB_PORT = 80
FILES = {
    "/etc/resolv.conf": f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n",
    # A service such as systemd-resolved is asked through a socket file, past this network.
    "/etc/nsswitch.conf": "hosts: files dns\n",
    # Not even this machine's own name stands there: who asks for it, asks the resolver.
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
}
COMMANDS = (
    ["ip", "link", "set", "lo", "up"],
    ["ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo"],
)
ALL_PROTOCOLS = 3  # ETH_P_ALL of <linux/if_ether.h>
IPV4, IPV6 = 0x0800, 0x86DD
ICMP, TCP, UDP = 1, 6, 17  # IANA, "Assigned Internet Protocol Numbers"
NAMES = {ICMP: "icmp", TCP: "tcp", UDP: "udp"}
SYN, ACK = 0x02, 0x10  # RFC 9293, section 3.1
OUTGOING = 4  # PACKET_OUTGOING of <linux/if_packet.h>: on loopback each packet comes in, too
DNS_PORT = 53


def unshare() -> list[str]:
    """The command before a program that shall run in such a network."""
    return ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def why_not() -> str:
    """Why this machine cannot make such a network; "" where it can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    probe = [*unshare(), "sh", "-c", "ip link set lo up && mount --bind /etc/hosts /etc/hosts"]
    try:
        run = subprocess.run(probe, capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError as e:
        return f"{e.filename} is not installed"
    return run.stderr.strip() or "" if run.returncode == 0 else f"no namespace: {run.stderr[:200]}"


def question(query: bytes) -> str:
    """The name that a DNS query asks for (RFC 1035, section 4.1.2)."""
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode(errors="replace"))
        at += query[at] + 1
    return ".".join(labels)


def answer(query: bytes) -> bytes:
    """Say that the name's address is `ANSWER`.

    To another question than for an IPv4 address, say that there is none.
    """
    end = 12 + sum(len(label) + 1 for label in question(query).split(".")) + 1
    asked = query[12 : end + 4]
    is_a = asked[-4:-2] == b"\0\1"
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, int(is_a), 0, 0)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(ANSWER)
    return head + asked + (record if is_a else b"")


def destination(packet: bytes, kind: int) -> str | None:
    """Protocol, address and port to which a packet goes; None for loopback, and for an answer."""
    if kind == IPV4:
        start, protocol = (packet[0] & 15) * 4, packet[9]
        address = ipaddress.ip_address(packet[16:20])
    elif kind == IPV6:
        start, protocol = 40, packet[6]
        address = ipaddress.ip_address(packet[24:40])
    else:
        return None
    if address.is_loopback or (kind == IPV6 and (address.is_multicast or address.is_link_local)):
        return None  # IPv6 of the kernel's own: neighbours and routers
    source, port = struct.unpack(">HH", packet[start : start + 4])
    if protocol == TCP and packet[start + 13] & (SYN | ACK) != SYN:
        return None  # only what begins a connection
    if protocol == UDP and source == DNS_PORT and str(address) == RESOLVER:
        return None
    return f"{NAMES.get(protocol, protocol)} {address}:{port if protocol in (TCP, UDP) else 0}"


class Recorder:
    """Counts what was asked of the resolver and what was sent to any address but loopback."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self.packets: Counter[str] = Counter()
        for command in COMMANDS:
            subprocess.run(command, check=True)
        self._sniffer = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS)
        )
        self._sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((RESOLVER, DNS_PORT))
        self._start(self._sniff)
        self._start(lambda: self._resolve(udp))
        self._start(lambda: self._resolve_by_tcp(socket.create_server((RESOLVER, DNS_PORT))))
        self._start(lambda: self._refuse(socket.create_server((ANSWER, WEB_PORT))))

    def taken(self) -> dict[str, dict[str, int]]:
        """What was recorded since the last call."""
        found = {"names": dict(self.names), "packets": dict(self.packets)}
        self.names.clear()
        self.packets.clear()
        return found

    @staticmethod
    def _start(work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()

    def _sniff(self) -> None:
        while True:
            packet, (_, kind, direction, *_) = self._sniffer.recvfrom(128)
            if direction == OUTGOING and (found := destination(packet, kind)):
                self.packets[found] += 1

    def _resolve(self, server: socket.socket) -> None:
        while True:
            query, asker = server.recvfrom(2048)
            self.names[question(query)] += 1
            server.sendto(answer(query), asker)

    def _resolve_by_tcp(self, server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                query = connection.recv(2048)[2:]
                self.names[question(query)] += 1
                said = answer(query)
                connection.sendall(len(said).to_bytes(2, "big") + said)

    def _refuse(self, server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


@contextlib.contextmanager
def network(folder: Path) -> Iterator[Recorder]:
    """Set this process's network up; it must have been started by `unshare`."""
    for name, text in FILES.items():
        if Path(name).exists():
            mine = folder / Path(name).name
            mine.write_text(text)
            subprocess.run(["mount", "--bind", mine, os.path.realpath(name)], check=True)
    yield Recorder()


def ask_outside() -> None:
    """Ask for a name and a page of it, and for a page by address, as nothing of the lake may."""
    for url in (f"http://{CONTROL}/", "http://203.0.113.7:8080/"):
        with contextlib.suppress(OSError):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10)


def main() -> None:
    """Record, and print as JSON: what a control did, and what the lake's own work did."""
    from lakestack import paths
    from tests import support
    from tests.integration.confinement import outside_attempts
    from tests.integration.faults.lake_runs import Machine
    from tests.integration.pipeline import movielens_data as pipeline_data

    folder = Path(sys.argv[1])
    data = folder / "movielens"
    pipeline_data.write_folder(data)
    found: dict[str, Any] = {}
    with network(folder) as recorder:
        ask_outside()
        support.wait_until(lambda: "tcp 203.0.113.7:8080" in recorder.packets, what="the control")
        found["control"] = recorder.taken()
        with Machine(folder / "lake") as machine:
            calls = (("run", "--movielens", str(data)), ("status",), ("doctor",), ("verify",))
            cache = str(paths.cache())
            finished = {c[0]: machine.lake(*c, "--json", LAKE_CACHE=cache) for c in calls}
            found["codes"] = {name: each.code for name, each in finished.items()}
            found["stderr"] = {name: each.stderr[-2000:] for name, each in finished.items()}
            found["attempts"] = outside_attempts.made(machine)
            found["stop"] = machine.stop().code
        found["lake"] = recorder.taken()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
