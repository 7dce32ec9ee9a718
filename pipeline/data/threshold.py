"""How many rows of a file may be bad."""

from __future__ import annotations

from typing import Final

from pipeline.data.dataset import DataFile, RejectedRow
from pipeline.errors import DataError

__all__ = ["NOT_UTF8", "check_threshold", "first_reasons"]

NOT_UTF8: Final = "is not UTF-8"
"""Ends the reason of a row that another encoding explains."""


def check_threshold(name: str, file: DataFile, max_rejected_percent: float) -> None:
    """Raise DataError when more of a file's rows are bad than ``max_rejected_percent``.

    A file of which no row is valid is refused whatever the threshold.
    """
    bad, total = len(file.rejected), file.rows + len(file.rejected)
    if file.rows and bad * 100 <= max_rejected_percent * total:
        return
    hint = "Correct these rows and run the command again."
    foreign = sum(row.reason.endswith(NOT_UTF8) for row in file.rejected)
    if foreign * 2 > bad:  # not one damaged row among others that are bad in other ways
        hint = f"The file looks like Latin-1; convert it: iconv -f LATIN1 -t UTF-8 {name} > new.csv"
    raise DataError(
        f"{name}: {bad:,} of {total:,} rows are bad ({bad * 100 / total:.2f} %, allowed are "
        f"{max_rejected_percent:g} %): {first_reasons(file.rejected)}.",
        hint,
    )


def first_reasons(rejected: list[RejectedRow], count: int = 3) -> str:
    """Line and reason of the first rejected rows."""
    shown = [f"line {row.line}: {row.reason}" for row in rejected[:count]]
    return "; ".join(shown) + ("; …" if len(rejected) > count else "")
