"""Hyper-parameters: their names, defaults and ranges.

`arguments` reads them from where SageMaker puts them; `factory` knows the algorithms.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from recommender.errors import SettingsError
from recommender.protocols import PROTOCOLS

AUTO_TRAINER, LOCAL, SPARK = "auto", "local", "spark"
TRAINERS = (AUTO_TRAINER, LOCAL, SPARK)


@dataclass(frozen=True)
class Hyperparameters:
    """All hyper-parameters of a training run.

    The defaults have the best mean rank of the candidates over four data sets and up to three
    protocols each, on validation rows inside the training rows (docs/recommender.md, by
    `make bench-quality`); test rows took no part.
    """

    algorithm: str = "als"
    """Which model to train: als, ease, bm25, blend (of als and ease), popularity; auto picks one
    on validation rows held out under `protocol`."""
    factors: int = 96
    """Length of a user's and of a movie's vector."""
    iterations: int = 15
    """Alternations; quality is flat from about ten."""
    regularization: float = 40.0
    """L2 penalty. implicit does not scale it by counts, so it belongs with the sum of a user's
    confidences: tens, not hundredths. Lowered where it would leave nothing but popularity of few or
    short histories (`chance`)."""
    ease_penalty: float = 600.0
    """Penalty on EASE's item weights, in users."""
    alpha: float = 5.0
    """Mean confidence of a rating; a movie that was not rated has confidence 1."""
    rating_power: float = 1.0
    """Confidence grows with rating ** rating_power; 0 ignores how many stars were given."""
    recency: float = 1.0
    """A user's oldest rating weighs exp(-recency) of the newest; 0 ignores time."""
    seed: int = 42
    """Start values of the vectors, and the draws of `tune`."""
    threads: int = 0
    """Threads of the solver; 0 takes the machine's count. Equal seed and threads give equal
    model files."""
    k: int = 10
    """Length of the lists that are measured."""
    protocol: str = "newest_per_user"
    """Which rows are held out for the metrics, and inside the training rows for `tune`."""
    test_fraction: float = 0.2
    """Share of the ratings that is held out for the metrics."""
    tune: bool = False
    """Search `factors`, `regularization`, `alpha`, `rating_power` and `recency` first, on
    validation rows held out under `protocol`."""
    tune_trials: int = 40
    """Settings tried by `tune`."""
    trainer: str = AUTO_TRAINER
    """What fits ALS: local (in this process), spark, or auto, which picks by size and memory. The
    artifact is the same."""

    def __post_init__(self) -> None:
        # Spelt as its owner did: newest-per-user is newest_per_user.
        object.__setattr__(self, "protocol", self.protocol.lower().replace("-", "_"))
        if self.protocol not in PROTOCOLS:
            raise SettingsError(
                f"protocol={self.protocol!r} is unknown; valid: {', '.join(PROTOCOLS)}"
            )
        if self.trainer not in TRAINERS:
            raise SettingsError(
                f"trainer={self.trainer!r} is unknown; valid: {', '.join(TRAINERS)}"
            )
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:  # also catches NaN
                raise SettingsError(f"{name}={value} is out of range; valid: {low} to {high}")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in declaration order."""
        return asdict(self)


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("factors", 1, 1024),
    ("iterations", 1, 1000),
    ("regularization", 0.0, 1e6),
    ("ease_penalty", 1e-3, 1e6),
    ("alpha", 1e-6, 1e6),
    ("rating_power", 0.0, 10.0),
    ("recency", 0.0, 50.0),
    ("seed", 0, 2**31 - 1),
    ("threads", 0, 1024),
    ("k", 1, 1000),
    ("test_fraction", 0.01, 0.9),
    ("tune_trials", 1, 10_000),
)


def solver_threads(settings: Hyperparameters) -> int:
    """The thread count a run really uses: SM_NUM_CPUS or the machine's when `threads` is 0."""
    if settings.threads:
        return settings.threads
    given = os.environ.get("SM_NUM_CPUS", "")
    return int(given) if given.isdigit() and int(given) > 0 else os.cpu_count() or 1
