"""Behaviour that every model has, and what each one is right about."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recommender.als import AlternatingLeastSquares
from recommender.base import Model, check_arrays, check_matrix
from recommender.blend import fuse
from recommender.errors import ArtifactError, DataError
from recommender.factory import MODELS, create
from recommender.hyperparameters import Hyperparameters
from recommender.item_models import EASE_MAX_ITEMS, Bm25, Ease
from recommender.popularity import Popularity
from recommender.ranking import exclude, top_k
from tests.unit.recommender.cases import checkerboard

SIZE = 40


def fitted(algorithm: str, seed: int = 7) -> Model:
    model = create(
        Hyperparameters(algorithm=algorithm, factors=4, regularization=1.0, threads=1, seed=seed)
    )
    model.fit(checkerboard(SIZE))
    return model


class ModelBehaviour:
    """Inherited by one test class per algorithm."""

    algorithm: str

    def test_scores_have_one_row_per_user_and_are_finite(self) -> None:
        scores = fitted(self.algorithm).scores(np.array([3, 0, 3]))
        assert scores.shape == (3, SIZE)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
        assert np.array_equal(scores[0], scores[2])

    def test_a_batch_scores_as_its_users_do_alone(self) -> None:
        model = fitted(self.algorithm)
        together = model.scores(np.arange(SIZE))
        alone = np.vstack([model.scores(np.array([user])) for user in range(SIZE)])
        assert np.allclose(together, alone, atol=1e-6)

    def test_seen_items_never_come_back(self) -> None:
        model, seen = fitted(self.algorithm), checkerboard(SIZE)
        for user, scores in enumerate(model.scores(np.arange(SIZE))):
            exclude(scores, seen, user)
            listed = top_k(scores, SIZE)
            assert len(listed) == SIZE - seen[user].nnz
            assert not set(listed.tolist()) & set(seen[user].indices.tolist())

    def test_equal_seed_gives_equal_bytes(self) -> None:
        first, second = fitted(self.algorithm).arrays(), fitted(self.algorithm).arrays()
        assert {n: a.tobytes() for n, a in first.items()} == {
            n: a.tobytes() for n, a in second.items()
        }

    def test_arrays_follow_the_layout_and_restore_the_model(self) -> None:
        model = fitted(self.algorithm)
        check_arrays(model.arrays(), model.layout(SIZE, SIZE, checkerboard(SIZE).nnz, 4), "test")
        copy = create(Hyperparameters(algorithm=self.algorithm, factors=4, regularization=1.0))
        copy.restore(model.arrays())
        users = np.arange(SIZE)
        assert np.array_equal(copy.scores(users), model.scores(users))
        matrix = checkerboard(SIZE)[:3]
        assert np.array_equal(copy.fold_in(matrix), model.fold_in(matrix))

    def test_fold_in_scores_new_users(self) -> None:
        scores = fitted(self.algorithm).fold_in(checkerboard(SIZE)[:5])
        assert scores.shape == (5, SIZE)
        assert np.isfinite(scores).all()

    def test_refitting_forgets_the_first_data(self) -> None:
        model = fitted(self.algorithm)
        model.fold_in(checkerboard(SIZE)[:1])  # anything cached from the first fit must go
        model.fit(checkerboard(SIZE // 2))
        assert model.scores(np.array([0])).shape == (1, SIZE // 2)
        assert model.fold_in(checkerboard(SIZE // 2)[:1]).shape == (1, SIZE // 2)


class TestAlternatingLeastSquares(ModelBehaviour):
    algorithm = "als"

    def test_it_finds_the_one_right_answer(self) -> None:
        model, seen = fitted("als"), checkerboard(SIZE)
        for user, scores in enumerate(model.scores(np.arange(SIZE))):
            exclude(scores, seen, user)
            assert top_k(scores, 1).tolist() == [user]

    def test_fold_in_finds_the_taste(self) -> None:
        model, taste = fitted("als"), checkerboard(SIZE)[0]
        taste.data[4:] = 0.0
        taste.eliminate_zeros()
        (scores,) = model.fold_in(taste)
        exclude(scores, taste, 0)
        assert all(item % 2 == 0 for item in top_k(scores, 10).tolist())

    def test_fold_in_is_the_librarys_own_user_step(self) -> None:
        from implicit.cpu.als import AlternatingLeastSquares as Library

        matrix = checkerboard(SIZE)
        library = Library(factors=4, regularization=1.0, num_threads=1, random_state=7)
        library.fit(matrix, show_progress=False)
        expected = library.recalculate_user(np.arange(SIZE), matrix) @ library.item_factors.T
        assert np.allclose(fitted("als").fold_in(matrix), expected, atol=1e-4)

    def test_fewer_items_than_factors_without_penalty_still_folds_in(self) -> None:
        model = AlternatingLeastSquares(16, 5, 0.0, 1, 1)
        model.restore(
            {
                "user_factors": np.zeros((2, 16), np.float32),
                "item_factors": np.eye(6, 16, dtype=np.float32),
            }
        )
        assert np.isfinite(model.fold_in(checkerboard(6)[:2])).all()


class PairBehaviour(ModelBehaviour):
    """Inherited by the models that score by the pairs a user has."""

    def test_a_known_user_folds_in_to_its_own_scores(self) -> None:
        model = fitted(self.algorithm)
        folded = model.fold_in(checkerboard(SIZE))
        assert np.allclose(folded, model.scores(np.arange(SIZE)), atol=1e-6)

    def test_it_finds_the_one_right_answer(self) -> None:
        model, seen = fitted(self.algorithm), checkerboard(SIZE)
        for user, scores in enumerate(model.scores(np.arange(SIZE))):
            exclude(scores, seen, user)
            assert top_k(scores, 1).tolist() == [user]

    def test_an_altered_pair_is_refused(self) -> None:
        model = fitted(self.algorithm)
        arrays = dict(model.arrays())
        arrays["pair_indices"] = arrays["pair_indices"] + SIZE
        with pytest.raises(ArtifactError, match="not a valid matrix"):
            create(Hyperparameters(algorithm=self.algorithm)).restore(arrays)


class TestEase(PairBehaviour):
    algorithm = "ease"

    def test_weights_are_those_of_the_closed_form(self) -> None:
        pairs = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0]], np.float32)
        model = Ease(2.0)
        model.fit(sparse.csr_matrix(pairs))
        inverse = np.linalg.inv(pairs.T @ pairs + 2.0 * np.eye(3))
        expected = np.where(np.eye(3) == 1, 0.0, -inverse / np.diag(inverse))
        assert np.allclose(model.weights, expected, atol=1e-6)

    def test_too_many_movies_are_refused_with_a_way_out(self) -> None:
        wide = sparse.csr_matrix(([1.0], ([0], [0])), shape=(1, EASE_MAX_ITEMS + 1))
        with pytest.raises(DataError, match="or algorithm=als"):
            Ease(1.0).fit(wide)


class TestBm25(PairBehaviour):
    algorithm = "bm25"

    def test_a_user_who_rates_everything_weighs_less(self) -> None:
        pairs = np.zeros((4, 6), np.float32)
        pairs[0, [0, 1]] = 1  # a choosy user: items 0 and 1 belong together
        pairs[1, :] = 1  # says nothing
        pairs[2, [2, 3]] = pairs[3, [4, 5]] = 1
        model = Bm25()
        model.fit(sparse.csr_matrix(pairs))
        (scores,) = model.fold_in(sparse.csr_matrix(([1.0], ([0], [0])), shape=(1, 6)))
        assert scores[0] == 0.0  # an item is no neighbour of itself
        assert scores[1] > 2 * scores[2:].max() > 0


class TestBlend(ModelBehaviour):
    algorithm = "blend"

    def test_a_batch_scores_as_its_users_do_alone(self) -> None:
        """Ranks jump where scores are equal but for the last bit, so the answers are compared."""
        model, seen = fitted("blend"), checkerboard(SIZE)
        for user, together in enumerate(model.scores(np.arange(SIZE))):
            (alone,) = model.scores(np.array([user]))
            for scores in (together, alone):
                exclude(scores, seen, user)
                assert top_k(scores, 1).tolist() == [user]

    def test_it_finds_the_one_right_answer(self) -> None:
        model, seen = fitted("blend"), checkerboard(SIZE)
        for user, scores in enumerate(model.scores(np.arange(SIZE))):
            exclude(scores, seen, user)
            assert top_k(scores, 1).tolist() == [user]

    def test_ranks_count_and_not_scales(self) -> None:
        first = np.array([[3.0, 2.0, 1.0]], np.float32)
        second = np.array([[0.1, 0.3, 0.2]], np.float32)
        (fused,) = fuse(first, second)
        assert fused.tolist() == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62])
        assert np.array_equal(fuse(first * 1000, second), fuse(first, second))


class TestPopularity(ModelBehaviour):
    algorithm = "popularity"

    def test_scores_are_the_number_of_raters(self) -> None:
        matrix = checkerboard(4)[[0, 2]]  # item 2 rated by user 0, item 0 by user 2
        model = Popularity()
        model.fit(matrix)
        assert model.scores(np.array([0])).tolist() == [[1.0, 0.0, 1.0, 0.0]]


def test_every_algorithm_has_a_behaviour_test() -> None:
    classes = [*ModelBehaviour.__subclasses__(), *PairBehaviour.__subclasses__()]
    tested = {cls.algorithm for cls in classes if hasattr(cls, "algorithm")}
    assert tested == set(MODELS)


def test_a_transposed_matrix_is_noticed() -> None:
    with pytest.raises(DataError, match="transposed"):
        check_matrix(checkerboard(6)[:4].T.tocsr(), (4, 6))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_unusable_confidences_are_refused(bad: float) -> None:
    matrix = checkerboard(6)
    matrix.data[3] = bad
    with pytest.raises(DataError, match="not positive"):
        check_matrix(matrix, (6, 6))


def test_an_array_of_another_type_is_refused() -> None:
    arrays = {"counts": np.zeros(3, np.float64)}
    with pytest.raises(ArtifactError, match=r"counts is float64\(3,\), expected float32"):
        check_arrays(arrays, Popularity.layout(1, 3, 1, 1), "model.npz")
