"""Partitions that a table's properties describe, instead of the catalog.

Amazon Athena User Guide, "Use partition projection with Amazon Athena" and "Supported types for
partition projection".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lakestack.services.athena.engine.catalog import Document, descriptor, keys
from lakestack.services.athena.engine.errors import QueryError, not_supported

MAX_PARTITIONS = 100_000
"""Our guess of where a mistake begins."""

_NOW = re.compile(r"NOW(?:\s*([+-])\s*(\d+)\s*([A-Z]+?)S?)?$")
_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_UNITS = {
    "SECOND": timedelta(seconds=1),
    "MINUTE": timedelta(minutes=1),
    "HOUR": timedelta(hours=1),
    "DAY": timedelta(days=1),
    "WEEK": timedelta(weeks=1),
}


def is_on(table: Document) -> bool:
    """Whether the table's partitions are described by its properties."""
    return str((table.get("Parameters") or {}).get("projection.enabled", "")).lower() == "true"


def injected(table: Document) -> set[str]:
    """The partition keys, in lower case, whose values a query has to state."""
    if not is_on(table):
        return set()
    settings = table.get("Parameters") or {}
    names = [key["Name"] for key in keys(table)]
    return {name.lower() for name in names if _kind(settings, name) == "injected"}


def partitions(
    table: Document, now: Callable[[], datetime], stated: Mapping[str, Sequence[str]]
) -> Iterator[tuple[list[str], str]]:
    """Values and location of every partition that the properties describe.

    Args:
        now: the present time
        stated: the values of the keys that are `injected`

    Raises:
        QueryError: a property is missing or wrong
    """
    settings = table.get("Parameters") or {}
    names = [key["Name"] for key in keys(table)]
    values = [stated.get(name.lower()) or _values(settings, name, now) for name in names]
    total = 1
    for each in values:
        total *= len(each)
    if total > MAX_PARTITIONS:
        raise not_supported(f"A projection of {total} partitions (at most {MAX_PARTITIONS})")
    location = str(descriptor(table).get("Location") or "")
    hive = location.rstrip("/") + "/" + "".join(f"{name}=${{{name}}}/" for name in names)
    template = settings.get("storage.location.template") or hive
    for chosen in itertools.product(*values):
        place = template
        for name, value in zip(names, chosen, strict=True):
            place = place.replace(f"${{{name}}}", value)
        yield list(chosen), place


def _values(settings: Document, name: str, now: Callable[[], datetime]) -> list[str]:
    kind = _kind(settings, name)
    if kind == "enum":
        return [each.strip() for each in _needed(settings, name, "values").split(",")]
    if kind == "integer":
        low, _, high = _needed(settings, name, "range").partition(",")
        step = int(settings.get(f"projection.{name}.interval", 1))
        digits = int(settings.get(f"projection.{name}.digits", 0))
        return [f"{each:0{digits}d}" for each in range(int(low), int(high) + 1, step)]
    if kind == "date":
        return _dates(settings, name, now)
    if kind == "injected":
        return []  # the conditions of the query exclude each other
    raise QueryError(
        "INVALID_TABLE_PROPERTY", f"Partition projection: no type of column '{name}' is given"
    )


def _kind(settings: Document, name: str) -> str:
    return str(settings.get(f"projection.{name}.type", "")).lower()


def _needed(settings: Document, name: str, what: str) -> str:
    value = settings.get(f"projection.{name}.{what}")
    if not value:
        raise QueryError(
            "INVALID_TABLE_PROPERTY",
            f"Partition projection: property projection.{name}.{what} is missing",
        )
    return str(value)


def _dates(settings: Document, name: str, now: Callable[[], datetime]) -> list[str]:
    form = _python_form(_needed(settings, name, "format"))
    low, _, high = _needed(settings, name, "range").partition(",")
    current = now().astimezone(UTC).replace(tzinfo=None)
    first, last = _moment(low.strip(), form, current), _moment(high.strip(), form, current)
    unit = (
        str(settings.get(f"projection.{name}.interval.unit") or _finest(form)).upper().rstrip("S")
    )
    count = int(settings.get(f"projection.{name}.interval", 1))
    if unit not in _UNITS and unit not in ("MONTH", "YEAR"):
        raise QueryError("INVALID_TABLE_PROPERTY", f"Partition projection: unit {unit}")
    found: list[str] = []
    at = first
    while at <= last and len(found) <= MAX_PARTITIONS:
        found.append(at.strftime(form))
        at = _later(at, unit, count)
    return list(dict.fromkeys(found))


def _later(at: datetime, unit: str, count: int) -> datetime:
    if unit in _UNITS:
        return at + _UNITS[unit] * count
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "YEAR" else 1)
    return at.replace(year=months // 12, month=months % 12 + 1)


def _moment(text: str, form: str, now: datetime) -> datetime:
    found = _NOW.match(text.upper())
    if found is None:
        try:
            return datetime.strptime(text, form)
        except ValueError as e:
            raise QueryError("INVALID_TABLE_PROPERTY", f"Partition projection: {e}") from e
    if not found[1]:
        return now
    count = int(found[2]) * (1 if found[1] == "+" else -1)
    moved = _later(now, found[3], count)
    # As precise as the names of partitions are.
    return datetime.strptime(moved.strftime(form), form)


def _finest(form: str) -> str:
    units = (("%S", "SECOND"), ("%M", "MINUTE"), ("%H", "HOUR"), ("%d", "DAY"), ("%m", "MONTH"))
    return next((unit for code, unit in units if code in form), "YEAR")


def _python_form(text: str) -> str:
    plain = re.sub(r"'([^']*)'", r"\1", text)
    for java, python in _JAVA.items():
        plain = plain.replace(java, python)
    return plain
