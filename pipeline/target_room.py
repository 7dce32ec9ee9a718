"""Whether a target has the space for a data set, asked before the lake is filled with it.

A plug-in names a callable in the entry-point group ``lake.room.<target>``; it is given the bytes of
the source files and the number of ratings, and returns objects with `ok`, `detail` and `fix`, as
those of ``lake doctor``. AWS needs none.
"""

from __future__ import annotations

from pipeline.data import Dataset
from pipeline.errors import DataError
from pipeline.plugins import entry_points

__all__ = ["require_target_room"]

_RATINGS = ("ratings", "ratings-partial-load")


def require_target_room(target: str, dataset: Dataset) -> None:
    """See that a target can hold a data set.

    Args:
        target: its name
        dataset: what is to be landed

    Raises:
        DataError: it cannot; with what lowers the need
    """
    size = sum(file.path.stat().st_size for file in dataset.files.values())
    ratings = sum(dataset.files[name].rows for name in _RATINGS)
    for point in sorted(entry_points(f"lake.room.{target}"), key=lambda p: p.name):
        for check in point.load()(size, ratings):
            if not check.ok:
                fix = check.fix[:1].upper() + check.fix[1:]
                raise DataError(f"{check.detail}.", f"{fix}: lake generate --ratings 1m")
