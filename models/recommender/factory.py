"""Settings to a model. A new algorithm is a `Model` and one entry here."""

from __future__ import annotations

from recommender.als import AlternatingLeastSquares
from recommender.base import Model
from recommender.errors import SettingsError
from recommender.popularity import Popularity
from recommender.settings import ALGORITHMS, Settings, solver_threads


def create(settings: Settings) -> Model:
    """An unfitted model of `settings.algorithm`; SettingsError when there is none."""
    if settings.algorithm == AlternatingLeastSquares.name:
        return AlternatingLeastSquares(
            settings.factors,
            settings.iterations,
            settings.regularization,
            settings.seed,
            solver_threads(settings),
        )
    if settings.algorithm == Popularity.name:
        return Popularity()
    raise SettingsError(
        f"algorithm={settings.algorithm!r} is unknown; valid: {', '.join(ALGORITHMS)}"
    )
