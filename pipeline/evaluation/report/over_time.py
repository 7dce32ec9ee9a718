"""The part of the page that shows how the champion ages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.evaluation.report.markup import element, safe
from pipeline.evaluation.report.plots import Point, Series, lines
from pipeline.retraining.stability import LARGE, SMALL

__all__ = ["drift_section"]


def drift_section(drift: Mapping[str, Any] | None) -> str:
    """Plots of the slices; "" when drift was not asked for."""
    if drift is None:
        return ""
    title = element("h2", "Over time")
    if drift.get("refused"):
        return title + element("p", f"Not measured: {safe(drift['refused'])}.", class_="note")
    slices = drift["slices"]
    ticks = [(i, _day(part["from"])) for i, part in enumerate(slices)]
    quality = [
        Series(
            name,
            style,
            [
                _point(i, part[name], f"from {_day(part['from'])}, {part['users']} users")
                for i, part in enumerate(slices)
                if name in part
            ],
        )
        for name, style in (("champion", "s0"), ("popularity", "s5"))
    ]
    indices = [
        Series(
            words,
            style,
            [Point(i, part[name], note=_day(part["from"])) for i, part in enumerate(slices)],
        )
        for name, words, style in (
            ("ratings_index", "stars", "s2"),
            ("popularity_index", "popularity of movies", "s3"),
        )
    ]
    unknown = [
        Series(
            words,
            style,
            [
                Point(i, part[name] / max(part["rows"], 1), note=_day(part["from"]))
                for i, part in enumerate(slices)
            ],
        )
        for name, words, style in (
            ("rows_of_unknown_users", "users that are new", "s1"),
            ("rows_of_unknown_movies", "movies that are new", "s4"),
        )
    ]
    marks = [(SMALL, "notable"), (LARGE, "large")]
    note = (
        f"The champion's settings, fitted on the oldest {drift['trained_on']:,} ratings (until"
        f" {_day(drift['trained_until'], whole=True)}), measured on the newer ones, part after part"
        " of equally many. Users that it does not know are counted, not measured."
    )
    plots = [
        lines("nDCG of a model that stays as it is", quality, ticks, "first day of the part"),
        lines("Population stability index", indices, ticks, "first day of the part", marks=marks),
        lines("Share of ratings it cannot know of", unknown, ticks, "first day of the part"),
    ]
    keys = [
        element("li", element("b"), element("span", safe(one.name)), class_=one.style)
        for one in (*quality, *indices, *unknown)
    ]
    return "".join(
        [
            title,
            element("p", note, class_="note"),
            element("ul", *keys, class_="key"),
            element("div", *plots, class_="plots"),
        ]
    )


def _point(place: int, ends: Sequence[float], note: str) -> Point:
    value, low, high = ends
    return Point(place, value, low, high, note)


def _day(seconds: int, *, whole: bool = False) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # a time that is no date: data of another unit
        return str(seconds)
    return moment.strftime("%Y-%m-%d" if whole else "%Y-%m")
