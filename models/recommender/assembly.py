"""A fitted model and its data put together as an artifact."""

from __future__ import annotations

from typing import Any

from recommender.artifact import Artifact
from recommender.channel import TrainingData
from recommender.confidence import weighting
from recommender.evaluation import Fitted
from recommender.ratings import fingerprint, half_stars

Report = dict[str, Any]
"""What metrics.json holds."""


def artifact_of(data: TrainingData, fitted: Fitted, report: Report) -> Artifact:
    """The model with all that answering needs, and what is known of its worth.

    Args:
        report: metrics, intervals and protocol of the measurement
    """
    ratings, movies = data.ratings, data.rated_movies()
    return Artifact(
        fitted.settings,
        weighting(ratings, fitted.settings),
        report["metrics"],
        fitted.model,
        ratings.user_ids,
        ratings.movie_ids,
        [movie.title for movie in movies],
        fitted.confidence,
        half_stars(ratings),
        [movie.genres for movie in movies],
        data.unrated_movies(),
        report["intervals"],
        report["protocol"],
        {"ratings_sha256": fingerprint(ratings), "timed": ratings.timed},
    )
