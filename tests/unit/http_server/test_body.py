"""A body that the disk has no space for is read to its end, and whoever reads it is told."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from lakestack.services.http_server import body
from lakestack.services.http_server.body import MEMORY_BYTES, Incoming
from tests.support import files_of_at_most

SENT = b"x" * (2 * MEMORY_BYTES)
NEXT = b"GET / HTTP/1.1\r\n"


class Client:
    """A connection on which these bytes come, in pieces."""

    def __init__(self, sent: bytes) -> None:
        self._pieces = self._cut(sent)

    @staticmethod
    def _cut(sent: bytes) -> Iterator[bytes]:
        yield from (sent[at : at + 50_000] for at in range(0, len(sent), 50_000))

    def recv(self, _size: int) -> bytes:
        return next(self._pieces, b"")


@pytest.mark.parametrize("chunked", [False, True], ids=["of a length", "in chunks"])
@pytest.mark.parametrize("room", [1000, MEMORY_BYTES + 1, len(SENT) - 1])
def test_a_full_disk_is_told_to_whoever_reads_the_body(chunked: bool, room: int) -> None:
    length = None if chunked else len(SENT)
    wire = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SENT), SENT) if chunked else SENT
    incoming = Incoming(Client(wire + NEXT))

    with files_of_at_most(room):
        found = body.read(incoming, length)

    with found, pytest.raises(OSError, match="File too large") as refused:
        found.read(10)
    assert refused.value.errno == errno.EFBIG
    while len(incoming.buffer) < len(NEXT):
        incoming.more()
    assert incoming.buffer == NEXT


def test_with_room_the_body_is_there() -> None:
    with body.read(Incoming(Client(SENT)), len(SENT)) as found:
        assert found.read() == SENT
