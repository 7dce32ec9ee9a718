"""Fitting the recommender, confidences included, beside bare implicit on the same matrix."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from tests.bench.measure import seconds, side_by_side
from tests.bench.report import Figure
from tests.support import PROJECT, movielens_folder

ROUNDS = 7


def run() -> Iterator[Figure]:
    """Yield the time of our fit over that of implicit's own."""
    sys.path.insert(0, str(PROJECT / "models"))  # the source directory, as on SageMaker
    import recommender  # noqa: F401 - pins OpenBLAS to one thread before numpy is imported
    from recommender.confidence import confidence_matrix, weighting
    from recommender.evaluation import fit
    from recommender.hyperparameters import Hyperparameters

    ratings = _ratings()
    settings = Hyperparameters(threads=os.cpu_count() or 1)
    matrix = confidence_matrix(ratings, weighting(ratings, settings))
    ours, theirs = side_by_side(
        lambda: seconds(lambda: fit(ratings, settings)),
        lambda: seconds(lambda: _bare(matrix, settings)),
        ROUNDS,
    )
    detail = f"{len(ratings):,} ratings: ours {ours:.2f} s, implicit {theirs:.2f} s"
    yield Figure("training", ours / theirs, "x", 1.1, True, detail)


def _bare(matrix: Any, settings: Any) -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    solver = AlternatingLeastSquares(
        factors=settings.factors,
        iterations=settings.iterations,
        regularization=settings.regularization,
        alpha=1.0,
        num_threads=settings.threads,
        random_state=settings.seed,
    )
    with threadpool_limits(1, "blas"):  # as implicit asks for, and as ours does
        solver.fit(matrix, show_progress=False)


def _ratings() -> Any:
    """All ratings of the real files, else of the synthetic ones, as the job leaves them."""
    from pipeline.data import load_dataset
    from recommender.channel import read_channel

    os.environ["LAKE_OFFLINE"] = "1"
    source = movielens_folder()
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as folder:
        work = Path(folder)
        dataset = load_dataset(str(source) if source else None, work / "cache", lambda _: None)
        channel = work / "train"
        for name in ("rating", "movies"):
            (channel / name).mkdir(parents=True)
        parts = [dataset.files[n].path.read_text() for n in ("ratings", "ratings-partial-load")]
        rows = [line for part in parts for line in part.splitlines()[1:]]
        (channel / "rating" / "part-00000.csv").write_text(
            "\n".join(["userid,movieid,rating,timestamp", *rows]) + "\n"
        )
        _, _, movies = dataset.files["movies"].path.read_text().partition("\n")
        (channel / "movies" / "part-00000.csv").write_text("movieid,title,genres\n" + movies)
        return read_channel(channel).ratings
