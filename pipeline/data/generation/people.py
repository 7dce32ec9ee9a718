"""The people: how many films each rates, what they like, how mild they are, when they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.data.generation.draws import Draws, Ints
from pipeline.data.generation.films import GROUPS
from pipeline.data.generation.size import MINIMUM, Size

__all__ = ["People"]

_WHERE: Final = 2
_HISTORIES: Final = (
    # share of people in 65,536ths, ratings: quartiles as in ml-latest-small (35, 70, 168)
    (0, 20), (6_554, 23), (16_384, 35), (32_768, 70), (42_598, 110), (49_152, 168), (55_706, 270),
    (58_982, 400), (62_259, 590), (64_881, 1_200), (65_470, 2_200), (65_530, 4_500),
    (65_536, 9_000),
)  # fmt: skip
_FAVOURITES: Final = (30, 20, 12)
_EACH: Final = 2
"""How likely the favourite taste groups are, and each of all groups beside."""


@dataclass(frozen=True)
class People:
    """The people of one data set.

    Attributes:
        counts: ratings of each; `MINIMUM` or more, their sum is the size's
        favourites: taste groups that each likes best; shape (people, 3)
        mildness: how much more each gives than others, in sixths of half a star
        whole: who gives whole stars only
    """

    counts: Ints
    favourites: Ints
    mildness: Ints
    whole: np.typing.NDArray[np.bool_]

    @classmethod
    def of(cls, size: Size, seed: int) -> People:
        """The people of a size and seed."""
        draws, count = Draws(seed, _WHERE, 0), size.users
        counts = _histories(draws, size)
        first = draws.below(GROUPS, count)
        second = (first + 1 + draws.below(GROUPS - 1, count)) % GROUPS
        third = (second + 1 + draws.below(GROUPS - 1, count)) % GROUPS
        return cls(
            counts=counts,
            favourites=np.stack([first, second, third], axis=1),
            mildness=draws.bell(3, count),
            whole=draws.below(5, count) == 0,
        )

    def groups(self, draws: Draws, who: Ints) -> Ints:
        """A taste group for each of `who`: mostly one of the three favourites."""
        a, b, c = _FAVOURITES
        drawn = draws.below(a + b + c + _EACH * GROUPS, len(who))
        slot = (drawn >= a).astype(np.int64) + (drawn >= a + b)
        favourite = self.favourites[who, slot]
        return np.where(drawn < a + b + c, favourite, (drawn - (a + b + c)) // _EACH)


def _histories(draws: Draws, size: Size) -> Ints:
    """Ratings of each person, a long tail from `MINIMUM` on, summing up exactly."""
    share = draws.below(65_536, size.users)
    knots, values = np.array(_HISTORIES, dtype=np.int64).T
    above = np.searchsorted(knots, share, side="right")
    low, high = knots[above - 1], knots[above]
    bottom, top = values[above - 1], values[above]
    wanted = bottom + (top - bottom) * (share - low) // (high - low) - MINIMUM
    spare = size.ratings - MINIMUM * size.users
    counts = MINIMUM + wanted * spare // max(int(wanted.sum()), 1)
    counts = np.minimum(counts, size.most_per_user)
    while left := size.ratings - int(counts.sum()):
        free = np.flatnonzero(counts < size.most_per_user)
        each = max(1, left // len(free))
        counts[free[:left]] += np.minimum(each, size.most_per_user - counts[free[:left]])
    return np.asarray(counts)
