"""How time grows with size: the exponent of a power law between two sizes."""

from __future__ import annotations

import math

from tests.bench.scale.measuring import Measured

GOAL = 1.1
LIMIT = 1.25
LEAST_SECONDS = 8.0
"""A stage that is quicker at the larger size has no exponent: what is measured there is noise."""
WHOLE = "all stages"


def exponent(small: float, large: float, factor: float) -> float:
    """1.0 when `factor` times as many rows take `factor` times as long."""
    return math.log(large / small) / math.log(factor)


def exponents(small: Measured, large: Measured) -> dict[str, float]:
    """Of the whole run and of each stage that takes long enough to be measured."""
    factor = large.ratings / small.ratings
    found = {WHOLE: exponent(small.total, large.total, factor)}
    for stage, seconds in large.seconds.items():
        before = small.seconds.get(stage, 0.0)
        if seconds >= LEAST_SECONDS and before > 0:
            found[stage] = exponent(before, seconds, factor)
    return found


def too_steep(small: Measured, large: Measured, limit: float = LIMIT) -> dict[str, float]:
    """What grows faster than `limit`."""
    return {name: value for name, value in exponents(small, large).items() if value > limit}
