"""Made data of shapes that no shipped set has: few users, few movies, short histories.

No choice is made on it: it shows whether the defaults still learn taste where there is little to
learn from.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from recommender.channel import number
from recommender.ratings import Ratings

SHAPES = {
    "made, few users": (150, 200, 15),
    "made, few movies": (400, 150, 6),
    "made, short": (800, 1000, 8),
    "made, shortest": (5000, 500, 3),
}
"""Users, movies, and the typical length of a history."""
_TASTES = 6


def tastes(users: int, movies: int, history: int, seed: int) -> Ratings:
    """Ratings without times of users of six tastes.

    A movie has one taste and a popularity with a long tail; lengths of histories are log-normal.
    """
    rng = np.random.default_rng(seed)
    popularity = -0.7 * np.log(np.arange(movies) + 5.0)
    taste = rng.integers(0, _TASTES, movies)
    rated = []
    for user in range(users):
        wish = popularity + 2.0 * (taste == user % _TASTES) + rng.gumbel(size=movies)
        length = max(2, int(rng.lognormal(np.log(history), 0.6)))
        rated.append(np.argsort(-wish)[:length])
    frame = pd.DataFrame(
        {
            "userid": np.repeat(np.arange(users), [len(listed) for listed in rated]),
            "movieid": np.concatenate(rated),
        }
    )
    return number(frame.assign(rating=4.0, timestamp=0))[0]


def made(seed: int = 11) -> Iterator[tuple[str, Ratings]]:
    """Every shape, by name."""
    for name, shape in SHAPES.items():
        yield name, tastes(*shape, seed=seed)
