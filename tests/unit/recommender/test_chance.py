"""Few ratings, or short histories: the penalty that suits MovieLens leaves taste there, too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import train
from recommender.artifact import load
from recommender.chance import HIGHEST_SHARE, chance_level, suited
from recommender.confidence import confidence_matrix, weighting
from recommender.evaluation import fit, measure, measure_with_baseline
from recommender.hyperparameters import Hyperparameters
from recommender.protocols import split
from recommender.ratings import Ratings
from recommender.statistics import compare
from tests.bench.quality.made import SHAPES, tastes
from tests.unit.recommender.cases import Row, ratings_of, write_channel

DEFAULTS = Hyperparameters(threads=1)


@pytest.mark.parametrize("shape", ["made, few users", "made, few movies", "made, short"])
@pytest.mark.parametrize("protocol", ["stratified_item", "leave_last_one_out"])
def test_the_defaults_learn_more_than_popularity(shape: str, protocol: str) -> None:
    held_out = split(tastes(*SHAPES[shape], seed=11), protocol, 0.25)
    fitted = fit(held_out.train, DEFAULTS)
    assert fitted.settings.regularization < DEFAULTS.regularization
    model, popularity = measure_with_baseline(fitted, held_out, 10)
    assert compare(model.per_user["ndcg"], popularity.per_user["ndcg"]).better
    assert model.result()["ndcg_at_10"] > 1.1 * popularity.result()["ndcg_at_10"]


def rows_of(users: int, movies: int, history: int, seed: int) -> list[Row]:
    made = tastes(users, movies, history, seed)
    pairs = zip(made.user.tolist(), made.movie_ids[made.item].tolist(), strict=True)
    return [(user, movie, 4.0, 7) for user, movie in pairs]


def matrix_of(ratings: Ratings) -> sparse.csr_matrix:
    return confidence_matrix(ratings, weighting(ratings, DEFAULTS))


def test_the_chance_level_is_the_largest_singular_value_of_noise() -> None:
    """Against the decomposition itself, on cells without structure."""
    rng = np.random.default_rng(3)
    dense = (rng.random((300, 200)) < 0.1) * 5.0
    centred = dense - np.outer(dense.sum(1), dense.sum(0)) / dense.sum()
    exact = float(np.linalg.svd(centred, compute_uv=False)[0])
    assert chance_level(sparse.csr_matrix(dense)) == pytest.approx(exact, rel=0.1)


def test_more_data_keeps_the_penalty_and_a_low_one_is_kept() -> None:
    small, large = (matrix_of(tastes(n, 200, 15, seed=1)) for n in (150, 3000))
    assert suited(DEFAULTS, large) == DEFAULTS
    told = Hyperparameters(regularization=2.0)
    assert suited(told, small) == told
    highest = HIGHEST_SHARE * chance_level(small)
    assert suited(DEFAULTS, small).regularization == pytest.approx(highest, rel=0.01)


def test_the_order_of_rows_does_not_matter() -> None:
    rows = rows_of(100, 100, 10, seed=2)
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    first, second = (suited(DEFAULTS, matrix_of(ratings_of(r))) for r in (rows, shuffled))
    assert first == second


def test_the_artifact_folds_in_with_the_penalty_of_its_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_of(100, 100, 10, seed=5)
    channel = write_channel(tmp_path / "channel", rows, {r[1]: f"Movie {r[1]}" for r in rows})
    monkeypatch.setenv("SM_CHANNEL_TRAIN", str(channel))
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "model"))
    monkeypatch.setenv("SM_OUTPUT_DATA_DIR", str(tmp_path / "data"))
    assert train.main(["--threads", "1", "--protocol", "stratified_item"]) == 0
    used = fit(ratings_of(rows), DEFAULTS).settings.regularization
    assert f"data regularization=40 is lowered to {used:g}" in capsys.readouterr().out
    report = json.loads((tmp_path / "data" / "metrics.json").read_text())
    assert report["hyperparameters"]["regularization"] == used
    artifact = load(tmp_path / "model")
    assert artifact.settings.regularization == used
    matrix = matrix_of(ratings_of(rows))
    known = artifact.model.scores(np.arange(20))
    assert np.abs(artifact.model.fold_in(matrix[:20]) - known).max() < 0.02
    # The fit ends with the movies, so users differ a little; with another penalty they do much.
    artifact.model.__dict__.update(regularization=DEFAULTS.regularization, _gram=None)
    assert np.abs(artifact.model.fold_in(matrix[:20]) - known).max() > 0.05


def test_a_search_is_measured_with_what_it_will_use() -> None:
    """The penalty of a draw is lowered as that of the defaults is."""
    held_out = split(tastes(150, 200, 15, seed=4), "stratified_item", 0.25)
    scores = []
    for penalty in (40.0, 100.0):
        fitted = fit(held_out.train, Hyperparameters(threads=1, regularization=penalty))
        found = measure(fitted.model, fitted.confidence, held_out.test, 10)
        scores.append(found.result()["ndcg_at_10"])
    assert scores[0] == scores[1]


def test_another_order_of_movie_ids_gives_about_the_same_penalty() -> None:
    matrix = matrix_of(tastes(150, 200, 15, seed=6))
    order = np.random.default_rng(1).permutation(matrix.shape[1])
    first, second = suited(DEFAULTS, matrix), suited(DEFAULTS, matrix[:, order].tocsr())
    assert second.regularization == pytest.approx(first.regularization, rel=0.1)
