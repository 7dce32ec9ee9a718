"""The curve of a drift as an SVG picture that needs nothing to be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

__all__ = ["Point", "bars", "draw"]

WIDTH, HEIGHT = 820, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 48, 64
_COLOURS: Final = ("#1f5fa8", "#b4530a")
_CHARACTERS: Final = 30


@dataclass(frozen=True)
class Point:
    """A model on a part of the ratings.

    Attributes:
        model: for people
        shifted: whether the ratings are of the new tastes
        mean: nDCG
        low: of its interval
        high: the same
        users: who gave them
        rows: how many they are
    """

    model: str
    shifted: bool
    mean: float
    low: float
    high: float
    users: int
    rows: int

    @classmethod
    def of(cls, part: Mapping[str, Any], model: str, *, shifted: bool) -> Point:
        """From the monitoring job's report."""
        mean, low, high = (float(part[name]) for name in ("mean", "low", "high"))
        return cls(model, shifted, mean, low, high, int(part["users"]), int(part["rows"]))


def draw(points: Sequence[Point], title: str) -> str:
    """An SVG document: a dot with its interval for each point, lines at shift and swap.

    Args:
        points: in the order of time
        title: above it
    """
    top = max([p.high for p in points] + [0.05]) * 1.1
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(points))

    def x(number: float) -> float:
        return _LEFT + (number + 0.5) * step

    def y(value: float) -> float:
        return HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-size="15">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="38" fill="#555555">nDCG with 95 % interval over users, on each part '
        "of the new ratings in the order of time</text>",
    ]
    for tick in range(6):
        value = top * tick / 5
        parts += [
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
            'stroke="#dddddd"/>',
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2f}</text>',
        ]
    for number, word in _changes(points):
        at = x(number - 0.5)
        parts += [
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}" '
            'stroke="#777777" stroke-dasharray="4 4"/>',
            f'<text x="{at + 4:.1f}" y="{_TOP + 12}" fill="#555555">{escape(word)}</text>',
        ]
    models = list(dict.fromkeys(p.model for p in points))
    for index, model in enumerate(models):
        colour = _COLOURS[index % len(_COLOURS)]
        own = [(number, p) for number, p in enumerate(points) if p.model == model]
        line = " ".join(f"{x(number):.1f},{y(p.mean):.1f}" for number, p in own)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for number, p in own:
            parts += [
                f'<line x1="{x(number):.1f}" x2="{x(number):.1f}" y1="{y(p.low):.1f}" '
                f'y2="{y(p.high):.1f}" stroke="{colour}"/>',
                f'<circle cx="{x(number):.1f}" cy="{y(p.mean):.1f}" r="4" fill="{colour}">'
                f"<title>{p.mean:.4f}, {p.rows} ratings of {p.users} users</title></circle>",
            ]
        parts += [
            f'<circle cx="{_LEFT + 170 * index}" cy="{HEIGHT - 20}" r="4" fill="{colour}"/>',
            f'<text x="{_LEFT + 10 + 170 * index}" y="{HEIGHT - 16}">{escape(model)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def bars(points: Sequence[Point]) -> list[tuple[str, str, str]]:
    """The same for a terminal: model and tastes, nDCG, and a bar."""
    top = max([p.mean for p in points] + [1e-9])
    return [
        (
            f"{p.model}, {'new' if p.shifted else 'old'} tastes",
            f"{p.mean:.3f}",
            "█" * round(p.mean / top * _CHARACTERS),
        )
        for p in points
    ]


def _changes(points: Sequence[Point]) -> list[tuple[int, str]]:
    """Before which point the tastes shift and the model changes."""
    found = []
    for number in range(1, len(points)):
        before, after = points[number - 1], points[number]
        if after.shifted and not before.shifted:
            found.append((number, "tastes shift"))
        if after.model != before.model:
            found.append((number, "another model serves" if "new" in after.model else "refused"))
    return found
