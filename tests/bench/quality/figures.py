"""The chosen defaults on test rows, beside popularity and implicit as it comes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares as Library
from numpy.typing import NDArray

from recommender.als import AlternatingLeastSquares
from recommender.evaluation import fit, measure
from recommender.hyperparameters import Hyperparameters
from recommender.popularity import Popularity
from recommender.selection import pick
from recommender.statistics import bootstrap, compare
from tests.bench.quality.choose import K, Task

SEEDS = (42, 43, 44, 45, 46)


@dataclass(frozen=True)
class Line:
    """nDCG of three models on the same test rows.

    Args:
        seeds: (seeds,) of the defaults
        high: bootstrap interval over users, of the first seed
        gain_high: ends of the paired interval of the defaults over the better of the two others
    """

    task: Task
    seeds: NDArray[np.float64]
    low: float
    high: float
    popularity: float
    untuned: float
    gain_low: float
    gain_high: float


def lines(todo: Sequence[Task], settings: Hyperparameters) -> Iterator[Line]:
    """Measure the settings on each task's test rows, over five seeds."""
    for task in todo:
        train, test = task.test.train, task.test.test
        by_seed = []
        for seed in SEEDS:
            fitted = fit(train, replace(settings, seed=seed, threads=1))
            by_seed.append(measure(fitted.model, fitted.confidence, test, K).per_user["ndcg"])
        seen = fitted.confidence
        popularity = Popularity()
        popularity.fit(seen)
        others = [
            measure(model, seen, test, K).per_user["ndcg"]
            for model in (popularity, _untuned(train.shape, seen))
        ]
        interval = bootstrap(by_seed[0])
        floor = max(others, key=lambda values: float(values.mean()))
        gain = compare(by_seed[0], floor).difference
        yield Line(
            task,
            np.array([values.mean() for values in by_seed]),
            interval.low,
            interval.high,
            float(others[0].mean()),
            float(others[1].mean()),
            gain.low,
            gain.high,
        )


def auto(task: Task, settings: Hyperparameters) -> tuple[str, float]:
    """The model that `--algorithm auto` picks on the task's training rows, and its test nDCG."""
    train, test = task.test.train, task.test.test
    told = replace(settings, algorithm="auto", protocol=task.protocol, threads=1)
    picked = replace(told, algorithm=pick(train, told, lambda _: None).algorithm)
    fitted = fit(train, picked)
    return picked.algorithm, measure(fitted.model, fitted.confidence, test, K).result()[
        f"ndcg_at_{K}"
    ]


def _untuned(shape: tuple[int, int], seen: object) -> AlternatingLeastSquares:
    """Implicit with its own defaults on pairs (confidence 1), as its tutorial fits it."""
    pairs = seen.copy()  # type: ignore[attr-defined]
    pairs.data[:] = 1.0
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    library = Library(num_threads=1, random_state=42)
    library.fit(pairs, show_progress=False)
    model = AlternatingLeastSquares(library.factors, 15, library.regularization, 42, 1)
    model.restore({"user_factors": library.user_factors, "item_factors": library.item_factors})
    return model
