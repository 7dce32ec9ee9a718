"""Rank the candidates on validation rows, leaving one data set out at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from recommender.evaluation import fit, measure
from recommender.hyperparameters import Hyperparameters
from recommender.protocols import Split, split
from recommender.ratings import Ratings
from tests.bench.quality.candidates import label
from tests.support import PROJECT

CACHE = PROJECT / "build" / "bench-quality-scores.json"
TIMED = ("stratified_item", "newest_per_user", "global_time")
UNTIMED = ("stratified_item", "leave_last_one_out")
FRACTIONS = {"stratified_item": 0.25}
K = 10
SCORED_BY = (
    "als.py", "chance.py", "channel.py", "confidence.py", "evaluation.py", "metrics.py",
    "protocols.py", "ranking.py", "ratings.py",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One data set under one protocol: rows to choose on, and rows to report on."""

    data: str
    protocol: str
    validation: Split
    test: Split


@dataclass(frozen=True)
class Choice:
    """A candidate's standing: `scores` (tasks,), mean rank by data set, worst relative score."""

    settings: Hyperparameters
    scores: NDArray[np.float64]
    mean_rank: float
    worst: float


def tasks(name: str, ratings: Ratings) -> list[Task]:
    """The tasks of a data set; validation rows are held out of the training rows alone."""
    found = []
    for protocol in TIMED if ratings.timed else UNTIMED:
        fraction = FRACTIONS.get(protocol, 0.2)
        outer = split(ratings, protocol, fraction, seed=42)
        inner = split(outer.train, protocol, fraction, seed=7)
        found.append(Task(name, protocol, inner, outer))
    return found


def validate(
    candidates: Sequence[Hyperparameters], todo: Sequence[Task], say: Callable[[str], None]
) -> NDArray[np.float64]:
    """(candidates, tasks): validation nDCG. Measured ones are kept, so that a run can go on."""
    code = _code()
    cache = json.loads(CACHE.read_text()) if CACHE.is_file() else {}
    known: dict[str, float] = cache.get(code, {})
    found = np.zeros((len(candidates), len(todo)))
    for row, candidate in enumerate(candidates):
        for column, task in enumerate(todo):
            key = f"{task.data}/{task.protocol}/{label(candidate)}"
            if key not in known:
                fitted = fit(task.validation.train, replace(candidate, threads=1))
                measured = measure(fitted.model, fitted.confidence, task.validation.test, K)
                known[key] = measured.result()[f"ndcg_at_{K}"]
                CACHE.parent.mkdir(parents=True, exist_ok=True)
                CACHE.write_text(json.dumps({code: known}, indent=1))
            found[row, column] = known[key]
        say(f"{label(candidate)}: {' '.join(f'{score:.4f}' for score in found[row])}")
    return found


def standings(
    candidates: Sequence[Hyperparameters], scores: NDArray[np.float64], sets: Sequence[str]
) -> list[Choice]:
    """Best first, by mean rank; each data set counts once, however many protocols it has.

    Args:
        scores: (candidates, tasks)
        sets: each task's data set
    """
    ranks = np.column_stack([rankdata(-column) for column in scores.T])
    relative = scores / scores.max(axis=0)
    names = list(dict.fromkeys(sets))
    of = np.array([names.index(name) for name in sets])
    by_set = np.column_stack([ranks[:, of == i].mean(axis=1) for i in range(len(names))])
    found = [
        Choice(candidate, scores[row], float(by_set[row].mean()), float(relative[row].min()))
        for row, candidate in enumerate(candidates)
    ]
    return sorted(found, key=lambda choice: (choice.mean_rank, -choice.worst))


def leave_one_out(
    candidates: Sequence[Hyperparameters], scores: NDArray[np.float64], sets: Sequence[str]
) -> dict[str, tuple[Hyperparameters, float]]:
    """Data set → the winner of all others, and its mean score there relative to the best."""
    names = np.array(sets)
    found = {}
    for left_out in dict.fromkeys(sets):
        others = names != left_out
        best = standings(candidates, scores[:, others], names[others].tolist())[0].settings
        there = scores[:, ~others] / scores[:, ~others].max(axis=0)
        found[left_out] = (best, float(there[list(candidates).index(best)].mean()))
    return found


def _code() -> str:
    """Changes when any code that a score depends on does."""
    folder = Path(PROJECT / "models" / "recommender")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in SCORED_BY)).hexdigest()
