"""The records of a shard, packed: what is put together lies together and is given back together.

A Python object for each record, its sequence number, data and key takes about 450 bytes, spread
over pages that other objects share: they stay with the process after the records are gone. Here a
thousand records share a few buffers, and `Record` objects exist for as long as a reader wants them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

SEGMENT_RECORDS = 1024
SEGMENT_BYTES = 1024 * 1024


class Record(NamedTuple):
    """A record as stored.

    Args:
        sequence: sequence number
        arrival: Unix seconds, never before the shard's previous record
        stored: the same instant on the steady clock, from which its age is counted
    """

    sequence: int
    arrival: float
    stored: float
    data: bytes
    partition_key: str


class _Segment:
    """Some records in a row.

    Attributes:
        ends: for each record where its key ends, then where its data ends, within `body`
    """

    __slots__ = ("arrivals", "body", "ends", "stored")

    def __init__(self) -> None:
        self.arrivals, self.stored = array("d"), array("d")
        self.ends = array("Q")
        self.body = bytearray()

    @property
    def full(self) -> bool:
        return len(self.arrivals) >= SEGMENT_RECORDS or len(self.body) >= SEGMENT_BYTES


class RecordLog:
    """Records by their number in the shard, from 1 on. Not for several threads.

    Args:
        sequence: sequence number of a record, by its number and arrival

    Attributes:
        first: number of the first record that is kept
        end: number of the next record
    """

    def __init__(self, sequence: Callable[[int, float], int]) -> None:
        self._sequence = sequence
        self._segments: list[_Segment] = []
        self._starts: list[int] = []
        self.first = self.end = 1

    def __len__(self) -> int:
        return self.end - self.first

    def append(self, data: bytes, partition_key: str, arrival: float, stored: float) -> int:
        """Keep a record; return its sequence number."""
        if not self._segments or self._segments[-1].full:
            self._segments.append(_Segment())
            self._starts.append(self.end)
        segment = self._segments[-1]
        segment.body += partition_key.encode()
        segment.ends.append(len(segment.body))
        segment.body += data
        segment.ends.append(len(segment.body))
        segment.arrivals.append(arrival)
        segment.stored.append(stored)
        self.end += 1
        return self._sequence(self.end - 1, arrival)

    def sequence(self, number: int) -> int:
        """Sequence number of a kept record."""
        return self._sequence(number, self.arrival(number))

    def arrival(self, number: int) -> float:
        segment, index = self._find(number)
        return segment.arrivals[index]

    def stored(self, number: int) -> float:
        segment, index = self._find(number)
        return segment.stored[index]

    def after(self, position: int, guess: int) -> int:
        """Number of the first record whose sequence number is larger than `position`.

        Args:
            guess: the number it probably is
        """
        guess = min(max(guess, self.first), self.end)
        if (guess == self.first or self.sequence(guess - 1) <= position) and (
            guess == self.end or self.sequence(guess) > position
        ):
            return guess
        return self._bisect(bisect_right, position, self.sequence)

    def arrived(self, arrival: float) -> int:
        """Number of the first record that arrived at this Unix second or later."""
        return self._bisect(bisect_left, arrival, self.arrival)

    def stored_since(self, stored: float) -> int:
        """Number of the first record that was stored at this steady second or later."""
        if self.first == self.end or self.stored(self.first) >= stored:
            return self.first
        return self._bisect(bisect_left, stored, self.stored)

    def read(self, start: int, limit: int, max_bytes: int) -> list[Record]:
        """Return records from number `start` on: at most `limit`, and `max_bytes` of data.

        The first one is returned however large it is.
        """
        records: list[Record] = []
        size, number, stop = 0, start, min(self.end, start + limit)
        while number < stop:
            segment, index = self._find(number)
            view, ends = segment.body, segment.ends
            for i in range(index, min(len(segment.arrivals), index + stop - number)):
                begin = ends[2 * i - 1] if i else 0
                middle, end = ends[2 * i], ends[2 * i + 1]
                size += end - middle
                if size > max_bytes and records:
                    return records
                arrival = segment.arrivals[i]
                records.append(
                    Record(
                        self._sequence(number, arrival),
                        arrival,
                        segment.stored[i],
                        bytes(view[middle:end]),
                        view[begin:middle].decode(),
                    )
                )
                number += 1
        return records

    def drop_before(self, number: int) -> None:
        """Forget the records before this number."""
        self.first = max(self.first, min(number, self.end))
        gone = max(0, bisect_right(self._starts, self.first) - 1)
        if self.first == self.end:
            gone = len(self._segments)
        del self._segments[:gone], self._starts[:gone]

    def snapshot(self) -> dict[str, Any]:
        """All records as plain data, without the steady clock's times."""
        return {
            "first": self.first,
            "end": self.end,
            "starts": list(self._starts),
            "segments": [
                [s.arrivals.tobytes(), s.ends.tobytes(), bytes(s.body)] for s in self._segments
            ],
        }

    def restore(self, saved: dict[str, Any], offset: float) -> None:
        """Take over what `snapshot` gave.

        Args:
            offset: the steady clock's reading at the wall clock's zero
        """
        self.first, self.end = saved["first"], saved["end"]
        self._starts = list(saved["starts"])
        for arrivals, ends, body in saved["segments"]:
            segment = _Segment()
            segment.arrivals.frombytes(arrivals)
            segment.stored.extend(arrival + offset for arrival in segment.arrivals)
            segment.ends.frombytes(ends)
            segment.body += body
            self._segments.append(segment)

    def _find(self, number: int) -> tuple[_Segment, int]:
        at = bisect_right(self._starts, number) - 1
        return self._segments[at], number - self._starts[at]

    def _bisect(self, search: Callable[..., int], value: float, key: Callable[[int], float]) -> int:
        return self.first + search(range(self.first, self.end), value, key=key)
