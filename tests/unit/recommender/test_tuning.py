"""The search: its protocol, and what it promises against the defaults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender import tuning
from recommender.evaluation import fit, measure
from recommender.hyperparameters import Hyperparameters
from recommender.protocols import split
from recommender.ratings import Ratings
from recommender.tuning import RECENCY, draw, search
from tests.unit.recommender.cases import checkerboard_rows, ratings_of

START = Hyperparameters(factors=2, tune_trials=3, threads=1, k=3)


def test_every_trial_is_reported_and_the_defaults_are_among_them() -> None:
    lines: list[str] = []
    found = search(ratings_of(checkerboard_rows(20)), START, lines.append)
    assert [line.split()[1] for line in lines] == [f"trial={i}" for i in range(5)]
    assert f"factors={Hyperparameters().factors} " in lines[1]
    assert found.settings.seed == START.seed


@pytest.mark.parametrize("protocol", ["stratified_item", "leave_last_one_out"])
def test_the_search_never_loses_to_the_defaults_under_its_protocol(protocol: str) -> None:
    settings = replace(START, protocol=protocol)
    train = ratings_of(checkerboard_rows(30))
    found = search(train, settings, lambda _: None)
    held_out = split(train, protocol, settings.test_fraction, settings.seed)

    def score(candidate: Hyperparameters) -> float:
        fitted = fit(held_out.train, candidate)
        measured = measure(fitted.model, fitted.confidence, held_out.test, 3)
        return measured.result()["ndcg_at_3"]

    assert found.score == pytest.approx(score(found.settings))
    assert found.score >= score(replace(Hyperparameters(), threads=1)) - 1e-9


def test_the_search_splits_under_the_protocol_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def spy(ratings: Ratings, protocol: str, fraction: float, seed: int) -> object:
        told.append(protocol)
        return split(ratings, protocol, fraction, seed)

    monkeypatch.setattr(tuning, "split", spy)
    search(
        ratings_of(checkerboard_rows(20)),
        replace(START, protocol="leave_last_one_out", tune_trials=1),
        lambda _: None,
    )
    assert told == ["leave_last_one_out"]


def test_luck_on_the_choosing_users_is_not_taken_for_a_gain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Trials that differ by noise alone: the settings given stay."""
    rng = np.random.default_rng(6)

    def noisy(*arguments: object) -> object:
        found = measure(*arguments)  # type: ignore[arg-type]
        return replace(found, per_user={"ndcg": rng.uniform(0, 1, len(found.users))})

    monkeypatch.setattr(tuning, "measure", noisy)
    train = ratings_of(checkerboard_rows(40))
    kept = [
        search(train, replace(START, seed=seed, tune_trials=8, iterations=1), lambda _: None).kept
        for seed in range(12)
    ]
    assert sum(kept) >= 10


def test_recency_is_not_drawn_above_what_travels() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw(Hyperparameters(), rng).recency for _ in range(500)]
    assert min(drawn) >= RECENCY[0]
    assert max(drawn) <= RECENCY[1] <= 1.0
