"""What generated films have: titles in MovieLens' manner, lists of genres; and their files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pipeline.data.tables import FILES
from pipeline.data.words import GENRES, NO_GENRES

__all__ = ["genre_list", "table_csv", "title"]


def title(adjective: str, noun: str, form: int, sequel: str = "") -> str:
    """A title such as "River, The", without its year.

    Args:
        form: 0 to 99; below 40 one of the rarer forms
        sequel: what follows the noun
    """
    if form < 20:
        return f"{adjective} {noun}{sequel}, The"
    if form < 23:
        return f"{noun}{sequel}, {adjective} {noun}"
    if form == 23:
        return f'"{adjective}" {noun}{sequel}'
    if form < 40:
        return f"Return of the {adjective} {noun}{sequel}"
    return f"{adjective} {noun}{sequel}"


def genre_list(index: int, group: int, others: Iterable[int]) -> str:
    """Genres as movies.csv lists them; a taste group shares its first one.

    Args:
        index: which film it is: every 500th has none, as rare as in MovieLens
        group: taste group
        others: numbers of further genres
    """
    genres = {GENRES[group % len(GENRES)], *(GENRES[other] for other in others)}
    return NO_GENRES if index % 500 == 499 else "|".join(sorted(genres))


def table_csv(name: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    """A source file, header first.

    Args:
        name: of one of `FILES`
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FILES[name].columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
