"""Small plots as inline SVG: lines and points with intervals, and dots with whiskers.

Sizes are in units of the view box, which is as wide as a narrow screen, so that text stays legible
there; the page lets a plot grow to half as much again. Colours come from the page's classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.evaluation.report.markup import element, safe

__all__ = ["Point", "Series", "dots", "lines"]

WIDTH = 360
HEIGHT = 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 12, 14, 40
_ROW = 26
_MOST_TICKS = 5


@dataclass(frozen=True)
class Point:
    """A value with the ends of its interval, where it has one, at a place on the x axis."""

    x: float
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Series:
    """Points of one name; `style` is a class of the page's."""

    name: str
    style: str
    points: Sequence[Point]


def steps(low: float, high: float) -> list[float]:
    """About five round values that cover low to high: the last is not below high."""
    span = max(high - low, 1e-9)
    raw = span / (_MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw - 1e-12)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [i * step for i in range(first, last + 1)]


def lines(
    title: str,
    series: Sequence[Series],
    ticks: Sequence[tuple[float, str]],
    x_label: str,
    *,
    scale: Callable[[float], float] = float,
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """A plot of lines with whiskers.

    Args:
        ticks: places on the x axis and their names
        scale: brings places to where they are drawn
        marks: values of horizontal lines, and their names
    """
    shown = [p for one in series for p in one.points]
    if not shown:
        return element("p", "Nothing to plot.", class_="note")
    values = [v for p in shown for v in (p.value, p.low, p.high) if v is not None]
    values += [value for value, _ in marks]
    grid = steps(min(0.0, *values), max(*values, 1e-6))
    places = [scale(x) for x, _ in ticks] + [scale(p.x) for p in shown]
    left, right = min(places), max(places)
    pad = 0.04 * (right - left or 1.0)

    def across(x: float) -> float:
        share = (scale(x) - left + pad) / (right - left + 2 * pad)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def up(value: float) -> float:
        share = (value - grid[0]) / (grid[-1] - grid[0])
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)

    parts = [_grid(grid, up)]
    parts += [_tick(across(x), name) for x, name in ticks]
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    parts.append(
        element("text", safe(x_label), x=middle, y=HEIGHT - 6, class_="label", text_anchor="middle")
    )
    for value, name in marks:
        y = up(value)
        parts.append(element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="mark"))
        parts.append(
            element("text", safe(name), x=WIDTH - _RIGHT, y=y - 3, class_="tick", text_anchor="end")
        )
    parts += [_line(one, across, up) for one in series]
    return _figure(title, "".join(parts), HEIGHT)


def dots(title: str, rows: Sequence[tuple[str, str, Point]], x_label: str) -> str:
    """A row for each (name, style, point): a dot with whiskers, and the value in words.

    The axis begins at zero, so that distances are those of the values.
    """
    if not rows:
        return element("p", "Nothing to plot.", class_="note")
    label, value_room = 118, 46
    height = _TOP + _ROW * len(rows) + _BOTTOM
    highest = max(p.high if p.high is not None else p.value for _, _, p in rows)
    grid = steps(0.0, max(highest, 1e-6))
    if len(grid) > _MOST_TICKS:
        grid = grid[::2] if (len(grid) - 1) % 2 == 0 else grid

    def across(value: float) -> float:
        return label + value / grid[-1] * (WIDTH - label - value_room)

    bottom = height - _BOTTOM
    parts = []
    for value in grid:
        x = across(value)
        parts.append(element("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid"))
        parts.append(_text(_plain(value), x, bottom + 14, "tick", "middle"))
    for row, (name, style, point) in enumerate(rows):
        y = _TOP + _ROW * (row + 0.5)
        drawn = [_text(name, label - 8, y + 4, "label", "end")]
        if point.low is not None and point.high is not None:
            ends = {"x1": across(point.low), "x2": across(point.high)}
            drawn.append(element("line", **ends, y1=y, y2=y, class_="whisker"))
        drawn.append(element("circle", cx=across(point.value), cy=y, r=4.5, class_="dot"))
        drawn.append(_text(f"{point.value:.3f}", WIDTH - 4, y + 4, "label", "end"))
        drawn.append(element("title", safe(f"{name}: {_with_ends(point)}")))
        parts.append(element("g", *drawn, class_=style))
    middle = (label + WIDTH - value_room) / 2
    parts.append(_text(x_label, middle, height - 6, "label", "middle"))
    return _figure(title, "".join(parts), height)


def _grid(values: Sequence[float], up: Callable[[float], float]) -> str:
    parts = []
    for value in values:
        y = up(value)
        style = "axis" if value == values[0] else "grid"
        parts.append(element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_=style))
        parts.append(_text(_plain(value), _LEFT - 6, y + 4, "tick", "end"))
    return "".join(parts)


def _tick(x: float, name: str) -> str:
    bottom = HEIGHT - _BOTTOM
    mark = element("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="axis")
    return mark + _text(name, x, bottom + 15, "tick", "middle")


def _line(series: Series, across: Callable[[float], float], up: Callable[[float], float]) -> str:
    parts = []
    path = " ".join(
        f"{'L' if i else 'M'}{across(p.x):.1f} {up(p.value):.1f}"
        for i, p in enumerate(series.points)
    )
    parts.append(element("path", d=path, class_="line"))
    for point in series.points:
        x, inner = across(point.x), []
        if point.low is not None and point.high is not None:
            whisker = {"y1": up(point.low), "y2": up(point.high)}
            inner.append(element("line", x1=x, x2=x, **whisker, class_="whisker"))
        inner.append(element("circle", cx=x, cy=up(point.value), r=3.0, class_="dot"))
        about = f"{series.name}, {point.note}: {_with_ends(point)}"
        inner.append(element("title", safe(about)))
        parts.append(element("g", *inner))
    return element("g", *parts, class_=series.style)


def _figure(title: str, content: str, height: float) -> str:
    drawing = element(
        "svg", content, viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_label=title
    )
    return element("figure", element("figcaption", safe(title)), drawing)


def _text(text: str, x: float, y: float, style: str, anchor: str) -> str:
    return element("text", safe(text), x=x, y=y, class_=style, text_anchor=anchor)


def _plain(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if value else "0"


def _with_ends(point: Point) -> str:
    if point.low is None or point.high is None:
        return f"{point.value:.3f}"
    return f"{point.value:.3f} ({point.low:.3f} to {point.high:.3f})"
