"""Settings to a model. A new algorithm is a `Model` and one entry here."""

from __future__ import annotations

from collections.abc import Callable

from recommender.als import AlternatingLeastSquares
from recommender.base import Model
from recommender.blend import Blend
from recommender.errors import SettingsError
from recommender.item_models import Bm25, Ease
from recommender.popularity import Popularity
from recommender.settings import Settings, solver_threads


def create(settings: Settings) -> Model:
    """An unfitted model of `settings.algorithm`; SettingsError when there is none."""
    makers: dict[str, Callable[[], Model]] = {
        AlternatingLeastSquares.name: lambda: _als(settings),
        Ease.name: lambda: Ease(settings.ease_penalty),
        Bm25.name: Bm25,
        Blend.name: lambda: Blend(_als(settings), Ease(settings.ease_penalty)),
        Popularity.name: Popularity,
    }
    if settings.algorithm not in makers:
        raise SettingsError(
            f"algorithm={settings.algorithm!r} is no model; valid: {', '.join(makers)}"
        )
    return makers[settings.algorithm]()


def _als(settings: Settings) -> AlternatingLeastSquares:
    return AlternatingLeastSquares(
        settings.factors,
        settings.iterations,
        settings.regularization,
        settings.seed,
        solver_threads(settings),
    )
