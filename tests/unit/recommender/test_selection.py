"""`--algorithm auto`: what it picks, and what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender import item_models, selection
from recommender.evaluation import Measured, measure
from recommender.factory import MODELS
from recommender.hyperparameters import Hyperparameters
from recommender.popularity import Popularity
from recommender.selection import pick
from tests.unit.recommender.cases import checkerboard_rows, ratings_of

SMALL = Hyperparameters(
    algorithm="auto", factors=4, iterations=3, regularization=1.0, threads=1, k=3
)


def test_every_model_is_measured_and_said() -> None:
    lines: list[str] = []
    found = pick(ratings_of(checkerboard_rows(24)), SMALL, lines.append)
    assert list(found.scores) == list(MODELS)
    assert [line.split()[1] for line in lines] == [f"model={name}" for name in MODELS]
    assert found.algorithm in MODELS


def test_a_model_that_is_better_beyond_noise_is_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    def favour_popularity(*arguments: object) -> Measured:
        found = measure(*arguments)  # type: ignore[arg-type]
        value = 0.9 if isinstance(arguments[0], Popularity) else 0.2
        return replace(found, per_user={"ndcg": np.full(len(found.users), value)})

    monkeypatch.setattr(selection, "measure", favour_popularity)
    found = pick(ratings_of(checkerboard_rows(24)), SMALL, lambda _: None)
    assert found.algorithm == "popularity"
    assert found.gain is not None
    assert found.gain.difference.mean == pytest.approx(0.7)


def test_als_stays_when_nothing_is_better_beyond_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)

    def alike(*arguments: object) -> Measured:
        found = measure(*arguments)  # type: ignore[arg-type]
        return replace(found, per_user={"ndcg": rng.uniform(0, 1, len(found.users))})

    monkeypatch.setattr(selection, "measure", alike)
    picked = [
        pick(ratings_of(checkerboard_rows(24)), SMALL, lambda _: None).algorithm for _ in range(8)
    ]
    assert picked.count("als") >= 6


def test_a_model_that_refuses_the_data_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_models, "EASE_MAX_ITEMS", 10)
    found = pick(ratings_of(checkerboard_rows(24)), SMALL, lambda _: None)
    assert set(found.refused) == {"ease", "blend"}
    assert set(found.scores) == {"als", "bm25", "popularity"}
