"""Plain data: dicts with string keys, lists, str, numbers, booleans, bytes, datetimes and None."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lakestack.errors import SnapshotError

_PLAIN = (str, int, float, bool, bytes, datetime, type(None))


def plain(value: Any, where: str) -> Any:
    """A copy of plain data; a tuple becomes a list.

    Args:
        value: the data
        where: its place in a larger whole, for the error

    Raises:
        SnapshotError: something in it is not plain
    """
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise SnapshotError(f"A key of {where or 'the state'} is no text: {key!r}")
        return {k: plain(v, f"{where}.{k}" if where else k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if not isinstance(value, _PLAIN):
        raise SnapshotError(f"{where or 'The state'} is a {type(value).__name__}, which is no data")
    return value
