"""What a split lets the model know of the rows it is measured on.

Ji et al.: "A Critical Study on Data Leakage in Recommender System Offline Evaluation" (2023).
Only a global cut in time has none; the other protocols have the future of other users in their
training rows by design, which is counted here and has to be said beside the figure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from recommender.errors import DataError
from recommender.protocols import Split
from recommender.ratings import Ratings

_IN_ORDER = ("newest_per_user", "leave_last_one_out", "global_time")


@dataclass(frozen=True)
class Leakage:
    """Counts of held-out rows."""

    shared: int
    """Also a training row: the same user and movie. Always a fault."""
    own_future: int
    """Older than a training row of the same user. A fault under the protocols by time."""
    others_future: int
    """Older than some training row. A fault under `global_time` alone."""

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def leakage(split: Split) -> Leakage:
    """Count the leaks of a split; times decide, so equal times leak nothing."""
    train, test = split.train, split.test
    newest = np.full(train.shape[0], np.iinfo(np.int64).min)
    np.maximum.at(newest, train.user, train.time)
    shared = np.isin(_cells(test), _cells(train))
    last = train.time.max() if len(train) else np.iinfo(np.int64).min
    return Leakage(
        int(shared.sum()),
        int((test.time < newest[test.user]).sum()),
        int((test.time < last).sum()),
    )


def check(split: Split, protocol: str) -> Leakage:
    """Count the leaks; raises DataError naming those that the protocol rules out."""
    found = leakage(split)
    faults = {
        "shared": found.shared > 0,
        "own_future": found.own_future > 0 and protocol in _IN_ORDER,
        "others_future": found.others_future > 0 and protocol == "global_time",
    }
    named = [f"{name}={getattr(found, name)}" for name, fault in faults.items() if fault]
    if named:
        raise DataError(f"the split leaks under protocol={protocol}: {', '.join(named)} rows")
    return found


def _cells(ratings: Ratings) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    cells: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        ratings.user.astype(np.int64) * ratings.shape[1] + ratings.item
    )
    return cells
