"""Whether a target has the space for a data set, asked before the lake is filled with it.

A plug-in names a callable in the entry-point group ``lake.room.<target>``; it is given the bytes of
the source files and the number of ratings, and returns objects with `ok`, `detail` and `fix`, as
those of ``lake doctor``. AWS needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pipeline.data import Dataset
from pipeline.errors import DataError
from pipeline.plugins import entry_points

__all__ = ["require_target_room"]

_RATINGS = ("ratings", "ratings-partial-load")
_FEWEST = 10_000
"""Of less there is no use."""


def require_target_room(target: str, dataset: Dataset) -> None:
    """See that a target can hold a data set.

    Args:
        target: its name
        dataset: what is to be landed

    Raises:
        DataError: it cannot; with what lowers the need, and how many ratings it can hold
    """
    size = sum(file.path.stat().st_size for file in dataset.files.values())
    ratings = sum(dataset.files[name].rows for name in _RATINGS)
    for point in sorted(entry_points(f"lake.room.{target}"), key=lambda p: p.name):
        look = point.load()
        for check in look(size, ratings):
            if not check.ok:
                fix = check.fix[:1].upper() + check.fix[1:]
                if fewer := _that_fit(look, size, ratings):
                    fix += f"; or take fewer ratings: lake generate --ratings {fewer}"
                raise DataError(f"{check.detail}.", fix)


def _that_fit(look: Callable[[int, int], Iterable[Any]], size: int, ratings: int) -> int:
    """The largest power of ten below `ratings` for which there is space; 0 when there is none."""
    fewer: int = 10 ** (len(str(max(ratings - 1, 1))) - 1)
    while fewer >= _FEWEST:
        if all(check.ok for check in look(size * fewer // ratings, fewer)):
            return fewer
        fewer //= 10
    return 0
