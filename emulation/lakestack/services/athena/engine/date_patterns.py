"""Patterns of dates: Joda's and MySQL's, as C's strftime has them.

Trino documentation, "Date and time functions and operators", "MySQL date functions" and "Java date
functions".
"""

from __future__ import annotations

import re

from lakestack.services.athena.engine.errors import not_supported

_JODA = re.compile(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']")
_FIELDS = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "y": "%Y",
    "xxxx": "%G",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "a": "%p",
    "E": "%a",
    "EE": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "e": "%u",
    "w": "%V",
    "ww": "%V",
    "D": "%-j",
    "DDD": "%j",
}
"""Joda's fields, which are the same letter several times."""
_ZONES = ("Z", "ZZ", "ZZZ", "z", "zzzz")
_OF_UTC = {
    "Z": "+0000",
    "ZZ": "+00:00",
    "ZZZ": "UTC",
    "z": "UTC",
    "zzzz": "Coordinated Universal Time",
}
_MYSQL = {"%v": "%V", "%x": "%G", "%r": "%I:%M:%S %p"}
"""Fields that sqlglot leaves as they are."""


def of_joda(pattern: str, what: str, *, reading: bool) -> str:
    """Joda's pattern for strftime or strptime.

    Args:
        what: the function, for a message
        reading: a zone is read; otherwise it is UTC's, in which all times are shown

    Raises:
        QueryError: a field is not emulated
    """
    found = []
    for part in (found_part[0] for found_part in _JODA.finditer(pattern)):
        if part[0] == "'":
            found.append(part[1:-1].replace("%", "%%") or "'")
        elif part in _ZONES:
            found.append("%z" if reading and part in ("Z", "ZZ") else _zone(part, what, reading))
        elif part[0].isalpha():
            if part not in _FIELDS:
                raise not_supported(f"{what}() with '{part}' in its pattern")
            found.append(_FIELDS[part])
        else:
            found.append(part.replace("%", "%%"))
    return "".join(found)


def _zone(part: str, what: str, reading: bool) -> str:
    if reading:
        raise not_supported(f"{what}() with '{part}' in its pattern")
    return _OF_UTC[part]


def of_mysql(pattern: str) -> str:
    """MySQL's pattern, most of whose fields sqlglot has turned already."""
    for mysql, c in _MYSQL.items():
        pattern = pattern.replace(mysql, c)
    return pattern
