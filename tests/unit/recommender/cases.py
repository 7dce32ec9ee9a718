"""What the recommender's tests share: small data with a known answer, and its files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse

from recommender.artifact import Artifact, save
from recommender.channel import number
from recommender.confidence import weighting
from recommender.evaluation import fit
from recommender.hyperparameters import Hyperparameters
from recommender.ratings import Ratings
from tests.support import PROJECT

MODELS = PROJECT / "models"
Row = tuple[int, int, float, int]


def checkerboard(size: int, confidence: float = 10.0) -> sparse.csr_matrix:
    """Users like the items of their own parity, all but the item of their own number.

    The one right answer for user i is item i.
    """
    users, items = np.indices((size, size))
    likes = ((users + items) % 2 == 0) & (users != items)
    return sparse.csr_matrix(likes.astype(np.float32) * confidence)


def checkerboard_rows(size: int) -> list[Row]:
    """The same taste as rating rows: user 100 + u, movie 1000 + m, one rating a second."""
    matrix = checkerboard(size)
    return [
        (100 + int(user), 1000 + int(item), 4.5, 1_000_000 + int(user) * 1000 + int(item))
        for user, item in zip(*matrix.nonzero(), strict=True)
    ]


def ratings_of(rows: list[Row]) -> Ratings:
    """Numbered ratings of these rows."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=["userid", "movieid", "rating", "timestamp"])
    return number(frame)[0]


def write_channel(folder: Path, rows: list[Row], titles: dict[int, str]) -> Path:
    """A training channel as the Glue job writes it."""
    tables: dict[str, list[tuple[object, ...]]] = {
        "rating": [("userid", "movieid", "rating", "timestamp"), *rows],
        "movies": [
            ("movieid", "title", "genres"),
            *((movie, title, "Drama") for movie, title in titles.items()),
        ],
    }
    for name, lines in tables.items():
        (folder / name).mkdir(parents=True)
        with (folder / name / "part-00000.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    return folder


def write_artifact(
    folder: Path,
    ratings: Ratings,
    settings: Hyperparameters,
    title: Callable[[int], str],
    metrics: dict[str, float],
) -> None:
    """Fit, and write the model's files; ``title`` gives the title of a movie id."""
    fitted = fit(ratings, settings)
    save(
        Artifact(
            settings,
            weighting(ratings, settings),
            metrics,
            fitted.model,
            ratings.user_ids,
            ratings.movie_ids,
            [title(movie) for movie in ratings.movie_ids.tolist()],
            fitted.confidence,
        ),
        folder,
    )
