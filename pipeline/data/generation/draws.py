"""Chance that is the same on every machine and with every version of numpy.

numpy promises that a bit generator's stream does not change (NEP 19), and does not promise it for
the methods of `numpy.random.Generator`; so only raw bits are taken, and only whole numbers are
computed with: floating point differs by processor and library.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["AliasTable", "Draws", "Ints"]

Ints = NDArray[np.int64]
_BITS = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class Draws:
    """A stream of its own for each seed and place.

    Args:
        seed: the user's
        place: what is drawn, and for which block of it: two numbers
    """

    def __init__(self, seed: int, *place: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, *place]))

    def below(self, bound: int | Ints, count: int) -> Ints:
        """Whole numbers from 0 to `bound` - 1, which is at most 2^32; one bound, or one each."""
        raw = self._bits.random_raw((count + 1) // 2)
        both = np.empty((len(raw), 2), dtype=np.uint64)
        np.right_shift(raw, _BITS, out=both[:, 0])
        np.bitwise_and(raw, _LOW, out=both[:, 1])
        flat = both.reshape(-1)[:count]
        bounds = np.uint64(bound) if isinstance(bound, int) else bound.astype(np.uint64)
        return np.asarray((flat * bounds) >> _BITS).astype(np.int64)

    def bell(self, width: int, count: int) -> Ints:
        """Whole numbers around 0, the sum of four draws from -`width` to `width`."""
        total = self.below(2 * width + 1, count)
        for _ in range(3):
            total += self.below(2 * width + 1, count)
        return total - 4 * width

    def shuffled(self, count: int) -> Ints:
        """The numbers 0 to `count` - 1 in any order."""
        keys = self._bits.random_raw(count)
        return np.asarray(np.argsort(keys, kind="stable"))


class AliasTable:
    """Draws one of several things by its weight, with two look-ups however many there are.

    Walker's alias method in Vose's form, in whole numbers.

    Args:
        weights: positive
    """

    def __init__(self, weights: Ints) -> None:
        size, total = len(weights), int(weights.sum())
        scaled: list[int] = [int(weight) * size for weight in weights.tolist()]
        own = [total] * size
        other = list(range(size))
        small = [i for i, weight in enumerate(scaled) if weight < total]
        large = [i for i, weight in enumerate(scaled) if weight >= total]
        while small and large:
            low, high = small.pop(), large[-1]
            own[low], other[low] = scaled[low], high
            scaled[high] -= total - scaled[low]
            if scaled[high] < total:
                small.append(large.pop())
        #: Of 2^31: how likely a slot gives itself, else its alias.
        self.own: Ints = np.array([(part << 31) // total for part in own], dtype=np.int64)
        self.other: Ints = np.array(other, dtype=np.int64)

    @staticmethod
    def joined(tables: Sequence[AliasTable]) -> tuple[Ints, Ints, Ints, Ints]:
        """Several tables as one: first slot and number of slots of each, and all their slots."""
        sizes = np.array([len(table.own) for table in tables], dtype=np.int64)
        first = np.cumsum(sizes) - sizes
        own = np.concatenate([table.own for table in tables])
        other = np.concatenate(
            [table.other + start for table, start in zip(tables, first.tolist(), strict=True)]
        )
        return first, sizes, own, other
