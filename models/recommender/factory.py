"""Hyper-parameters to a model. A new algorithm is a `Model` and one entry here."""

from __future__ import annotations

from collections.abc import Callable

from recommender.als import AlternatingLeastSquares
from recommender.base import Model
from recommender.blend import Blend
from recommender.errors import SettingsError
from recommender.hyperparameters import SPARK, Hyperparameters, solver_threads
from recommender.item_models import Bm25, Ease
from recommender.popularity import Popularity
from recommender.spark_als import SparkAlternatingLeastSquares


def create(settings: Hyperparameters) -> Model:
    """An unfitted model of `settings.algorithm`; SettingsError when there is none."""
    if settings.algorithm not in _MAKERS:
        raise SettingsError(
            f"algorithm={settings.algorithm!r} is no model; valid: {', '.join(MODELS)}"
        )
    return _MAKERS[settings.algorithm](settings)


def _als(settings: Hyperparameters) -> AlternatingLeastSquares:
    kind = SparkAlternatingLeastSquares if settings.trainer == SPARK else AlternatingLeastSquares
    return kind(
        settings.factors,
        settings.iterations,
        settings.regularization,
        settings.seed,
        solver_threads(settings),
    )


def _ease(settings: Hyperparameters) -> Ease:
    return Ease(settings.ease_penalty)


_MAKERS: dict[str, Callable[[Hyperparameters], Model]] = {
    AlternatingLeastSquares.name: _als,
    Ease.name: _ease,
    Bm25.name: lambda _: Bm25(),
    Blend.name: lambda settings: Blend(_als(settings), _ease(settings)),
    Popularity.name: lambda _: Popularity(),
}

MODELS = tuple(_MAKERS)
"""The names of all algorithms, in the order in which `auto` tries them."""
