"""Ranges of hyperparameters, and what the Random and Grid strategies take of them.

Amazon SageMaker Developer Guide, "Define Hyperparameter Ranges" and "Understand the
hyperparameter tuning strategies available in Amazon SageMaker AI". Values are text, as training
jobs get them. ``Auto`` is Linear here: AWS does not publish what it chooses.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Values = dict[str, str]
LINEAR, LOGARITHMIC, REVERSE = "Linear", "Logarithmic", "ReverseLogarithmic"
TRIES = 200
"""Draws until one is new, before what is left is counted out."""


class RangeError(Exception):
    """A range that AWS refuses."""


@dataclass(frozen=True)
class Range:
    """The values of one hyperparameter.

    Attributes:
        draw: one of them at random
        values: all of them; None: they are not countable
        size: how many there are
        place: where a value is, from 0 to 1 on the range's scale; of categories, 1 for its own
    """

    name: str
    draw: Callable[[random.Random], str]
    values: Callable[[], Iterator[str]] | None
    size: float
    place: Callable[[str], list[float]]


def ranges_of(given: dict[str, Any]) -> list[Range]:
    """The ranges of ParameterRanges, by name.

    Raises:
        RangeError: a bound is no number, above the other, or not of the scale
    """
    found = [
        *(_integer(each) for each in given.get("IntegerParameterRanges") or []),
        *(_continuous(each) for each in given.get("ContinuousParameterRanges") or []),
        *(_categorical(each) for each in given.get("CategoricalParameterRanges") or []),
    ]
    names = [each.name for each in found]
    if len(set(names)) != len(names):
        raise RangeError(f"Hyperparameter names must be unique, received {', '.join(names)}")
    return sorted(found, key=lambda each: each.name)


def combinations(ranges: list[Range]) -> float:
    """How many there are; infinite with a continuous range."""
    return math.prod(each.size for each in ranges)


def grid(ranges: list[Range]) -> Iterator[Values]:
    """Every combination once, the last name first."""
    names = [each.name for each in ranges]
    columns = [list(each.values()) if each.values else [] for each in ranges]
    return (dict(zip(names, row, strict=True)) for row in itertools.product(*columns))


def random_search(ranges: list[Range], seed: int | None) -> Iterator[Values]:
    """Combinations at random, none twice; the same ones for the same seed."""
    source = random.Random(seed)  # noqa: S311 - a search, no secret
    seen: set[tuple[str, ...]] = set()
    while len(seen) < combinations(ranges):
        for _ in range(TRIES):
            values = {each.name: each.draw(source) for each in ranges}
            if tuple(values.values()) not in seen:
                break
        else:
            values = next(v for v in grid(ranges) if tuple(v.values()) not in seen)
        seen.add(tuple(values.values()))
        yield values


def _integer(given: dict[str, str]) -> Range:
    low, high, scale = _bounds(given, int)
    if scale == REVERSE:
        raise RangeError(f"{given['Name']}: ReverseLogarithmic is for continuous ranges")

    def draw(source: random.Random) -> str:
        if scale == LINEAR:
            return str(source.randint(low, high))
        # half a step beyond both ends, so that they are as likely as others of their size
        value = math.exp(source.uniform(math.log(low - 0.5), math.log(high + 0.5)))
        return str(min(max(round(value), low), high))

    return Range(
        given["Name"],
        draw,
        lambda: (str(v) for v in range(low, high + 1)),
        high - low + 1,
        _place(low, high, scale),
    )


def _continuous(given: dict[str, str]) -> Range:
    low, high, scale = _bounds(given, float)
    if scale == REVERSE and not 0 <= low <= high < 1:
        raise RangeError(f"{given['Name']}: ReverseLogarithmic needs 0 <= MinValue, MaxValue < 1")

    def draw(source: random.Random) -> str:
        if scale == LINEAR:
            value = source.uniform(low, high)
        elif scale == LOGARITHMIC:
            value = math.exp(source.uniform(math.log(low), math.log(high)))
        else:
            value = 1 - math.exp(source.uniform(math.log1p(-high), math.log1p(-low)))
        return repr(min(max(value, low), high))

    if low == high:
        return Range(given["Name"], lambda _: repr(low), lambda: iter([repr(low)]), 1, _nowhere)
    return Range(given["Name"], draw, None, math.inf, _place(low, high, scale))


def _categorical(given: dict[str, Any]) -> Range:
    values = list(dict.fromkeys(given["Values"]))
    return Range(
        given["Name"],
        lambda source: source.choice(values),
        lambda: iter(values),
        len(values),
        lambda value: [float(value == each) for each in values],
    )


def _place(low: float, high: float, scale: str) -> Callable[[str], list[float]]:
    if low == high:
        return _nowhere

    def scaled(value: float) -> float:
        if scale == LOGARITHMIC:
            return math.log(value)
        return -math.log1p(-value) if scale == REVERSE else value

    first, last = scaled(low), scaled(high)
    return lambda text: [(scaled(float(text)) - first) / (last - first)]


def _nowhere(_: str) -> list[float]:
    return [0.0]


def _bounds(given: dict[str, str], number: Callable[[str], Any]) -> tuple[Any, Any, str]:
    name = given["Name"]
    try:
        low, high = number(given["MinValue"]), number(given["MaxValue"])
    except ValueError as e:
        raise RangeError(f"{name}: {e}") from e
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise RangeError(f"{name}: MinValue {low} must not be above MaxValue {high}")
    scale = given.get("ScalingType", "Auto")
    if scale == LOGARITHMIC and low <= 0:
        raise RangeError(f"{name}: Logarithmic scaling needs values greater than 0, not {low}")
    return low, high, LINEAR if scale == "Auto" else scale
