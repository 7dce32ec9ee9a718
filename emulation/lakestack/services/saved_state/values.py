"""Values without parts that a snapshot may hold: how JSON spells each, and back.

A table: tag, type, to JSON, from JSON. Nothing but these constructors is ever called.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import PosixPath
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Atom:
    """A type of values without parts.

    Attributes:
        tag: what stands before it
        write: to JSON scalars and lists
        read: back; raises ValueError, TypeError or ArithmeticError for what it has not written
    """

    tag: str
    type: type
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _zone(zone: tzinfo | None, moment: datetime | time) -> Any:
    """None, a name, or seconds: a zone of another library keeps its offset."""
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    offset = moment.utcoffset()
    return None if offset is None else offset.total_seconds()


def _as_zone(given: Any) -> tzinfo | None:
    if given is None:
        return None
    if isinstance(given, str):
        return ZoneInfo(given)
    return UTC if given == 0 else timezone(timedelta(seconds=given))


def _write_moment(moment: datetime | time) -> list[Any]:
    return [
        moment.replace(tzinfo=None).isoformat(),
        _zone(moment.tzinfo, moment),
        moment.fold,
    ]


def _read_datetime(given: Any) -> datetime:
    text, zone, fold = given
    return datetime.fromisoformat(text).replace(tzinfo=_as_zone(zone), fold=fold)


def _read_time(given: Any) -> time:
    text, zone, fold = given
    return time.fromisoformat(text).replace(tzinfo=_as_zone(zone), fold=fold)


def _write_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _read_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _read_pattern(given: Any) -> re.Pattern[Any]:
    text, flags = given
    return re.compile(text, flags)


def _write_pattern(pattern: re.Pattern[Any]) -> list[Any]:
    if not isinstance(pattern.pattern, str):
        raise TypeError("a pattern of bytes")
    return [pattern.pattern, pattern.flags]


ATOMS = (
    Atom("bytes", bytes, _write_bytes, _read_bytes),
    Atom("float", float, repr, float),  # those that JSON has not: inf and nan
    Atom("datetime", datetime, _write_moment, _read_datetime),
    Atom("time", time, _write_moment, _read_time),
    Atom("date", date, date.isoformat, date.fromisoformat),
    Atom(
        "timedelta",
        timedelta,
        lambda d: [d.days, d.seconds, d.microseconds],
        lambda v: timedelta(*v),
    ),
    Atom("timezone", timezone, lambda z: z.utcoffset(None).total_seconds(), _as_zone),
    Atom("zone", ZoneInfo, lambda z: z.key, ZoneInfo),
    Atom("decimal", Decimal, str, Decimal),
    Atom("uuid", uuid.UUID, str, uuid.UUID),
    Atom("path", PosixPath, str, PosixPath),
    Atom("pattern", re.Pattern, _write_pattern, _read_pattern),
    Atom("range", range, lambda r: [r.start, r.stop, r.step], lambda v: range(*v)),
    Atom("complex", complex, lambda c: [c.real, c.imag], lambda v: complex(*v)),
    Atom("ipv4", ipaddress.IPv4Address, str, ipaddress.IPv4Address),
    Atom("ipv6", ipaddress.IPv6Address, str, ipaddress.IPv6Address),
    Atom("ipv4-network", ipaddress.IPv4Network, str, ipaddress.IPv4Network),
    Atom("ipv6-network", ipaddress.IPv6Network, str, ipaddress.IPv6Network),
)
BY_TYPE = {atom.type: atom for atom in ATOMS}
BY_TAG = {atom.tag: atom for atom in ATOMS}
