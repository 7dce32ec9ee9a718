"""What a dynamic rule reckons of earlier values, such as ``avg(last(10)) * 0.6``.

AWS Glue Developer Guide, "DQDL rule structure" ("Dynamic rules"): ``last(k)`` is the last k values,
all where there are fewer, and 0.0 where there is none.
"""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LAST, INDEX = "last", "index"

_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_OF_MANY: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": statistics.fmean,
    "median": statistics.median,
    "max": max,
    "min": min,
    "sum": sum,
    "std": statistics.pstdev,  # of all values, as StandardDeviation: our guess
    "abs": lambda values: abs(_one(values)),
}
FUNCTIONS = (LAST, INDEX, *_OF_MANY)
_ARGUMENTS = {LAST: (0, 1), INDEX: (2, 2)}


@dataclass(frozen=True)
class Formula:
    """A function or an operator of earlier values.

    Attributes:
        name: of `FUNCTIONS`, or an operator
        parts: what it is applied to
    """

    name: str
    parts: tuple[float | Formula, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether it is several values, which compare with none."""
        return self.name == LAST and bool(self.parts) and self.parts[0] != 1

    def problem(self) -> str:
        """What is to stand where something wrong does; "" when nothing is."""
        if self.name in _OPERATORS:
            lists = [each for each in self.parts if isinstance(each, Formula) and each.is_list]
            return _AGGREGATED if lists else ""
        if self.name not in FUNCTIONS:
            return f"one of {', '.join(FUNCTIONS)}"
        least, most = _ARGUMENTS.get(self.name, (1, 1))
        if not least <= len(self.parts) <= most:
            return f"{self.name} with {most} arguments"
        return self._wrong_parts()

    def _wrong_parts(self) -> str:
        if self.name == LAST:
            good = all(isinstance(k, float) and k >= 1 and k.is_integer() for k in self.parts)
            return "" if good else "a natural number"
        first = self.parts[0]
        if self.name == INDEX:
            at, known = self.parts[1], 0.0
            if isinstance(first, Formula) and first.name == LAST:
                known = _plain(first.parts[0]) if first.parts else 1.0
            inside = isinstance(at, float) and 0 <= at < known
            return "" if inside else "index(last(k), i) with i below k"
        if self.name == "abs" and isinstance(first, Formula) and first.is_list:
            return _AGGREGATED
        return ""

    def of(self, past: Sequence[float]) -> float:
        """The value.

        Args:
            past: earlier values, newest first

        Raises:
            ValueError: there are too few, or it divides by 0
        """
        return _one(self._values(past))

    def _values(self, past: Sequence[float]) -> Sequence[float]:
        if self.name == LAST:
            count = int(_plain(self.parts[0])) if self.parts else 1
            return list(past[:count]) or [0.0]
        parts = [p._values(past) if isinstance(p, Formula) else [p] for p in self.parts]
        if self.name == INDEX:
            at = int(parts[1][0])
            if at >= len(parts[0]):
                raise ValueError(f"there are {len(parts[0])} earlier values, none with index {at}")
            return [parts[0][at]]
        if self.name in _OPERATORS:
            try:
                return [_OPERATORS[self.name](_one(parts[0]), _one(parts[1]))]
            except ZeroDivisionError:
                raise ValueError("a dynamic rule divides by 0") from None
        return [float(_OF_MANY[self.name](parts[0]))]


_AGGREGATED = "avg, median, max, min, sum, std or index of last(k)"


def _one(values: Sequence[float]) -> float:
    return float(values[0])


def _plain(part: float | Formula) -> float:
    if isinstance(part, Formula):
        raise ValueError(f"{part.name} is no number")
    return part
