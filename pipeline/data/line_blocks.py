"""A text file in blocks of whole lines, spelled alike whatever system wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

__all__ = ["LineBlocks"]

BLOCK: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"


@dataclass
class LineBlocks:
    """The lines of a file, each with LF at its end, without a BOM.

    Of a line longer than two blocks its beginning and end are kept, so that memory is bounded.

    Attributes:
        file: at its beginning
        seen: told how many bytes have been read, after each block
        unended: whether the last line had no line end; known after the last block
    """

    file: BinaryIO
    seen: Callable[[int], None] | None = None
    unended: bool = False

    def __iter__(self) -> Iterator[bytes]:
        done, rest, first = 0, b"", True
        while chunk := self.file.read(BLOCK):
            done += len(chunk)
            if first:
                chunk, first = chunk.removeprefix(_BOM), False
            cut = chunk.rfind(b"\n") + 1
            if cut:
                yield _with_lf(rest + chunk[:cut])
                rest = chunk[cut:]
            elif len(rest) <= BLOCK:
                rest += chunk
            if self.seen:
                self.seen(done)
        if rest:
            self.unended = True
            yield rest + b"\n"


def _with_lf(block: bytes) -> bytes:
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block
