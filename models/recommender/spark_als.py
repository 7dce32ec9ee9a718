"""The same factorisation by Spark: `pyspark.ml.recommendation.ALS` with implicit preferences.

Spark minimises, over rated cells, (1 + a·r)(1 - x·y)² and, over all others, (x·y)², with a penalty
λ·n on each vector, n being its row's number of ratings (Spark, "Collaborative Filtering", "Scaling
of the regularization parameter"). This package's objective has the confidence c and one penalty for
all vectors, so

    a·r = c - 1, at least `LEAST`     a confidence below 1, which Spark cannot express, counts as 1
    λ   = regularization / mean n     the mean over ratings of their user's n

What Spark gives is films' vectors; the users' come from them by the exact user step of
`als`, which is also that of fold-in. So the artifact is that of the other trainer in every respect,
and somebody folded in with their own history gets what they get as a known user.

Spark runs in a process of its own (`spark_job`), which ends with the fit and gives its memory back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.als import AlternatingLeastSquares
from recommender.errors import TrainerError

LEAST = 1e-6
"""Least a·r of a rated cell: at 0 Spark would take it for an unrated one."""
CELLS_AT_ONCE = 1_000_000
CELLS_PER_BLOCK = 500_000
BLOCKS = (2, 64)
LOG_LINES = 15
RATINGS, FACTORS, PLAN = "ratings", "item_factors", "plan.json"


class SparkAlternatingLeastSquares(AlternatingLeastSquares):
    """`AlternatingLeastSquares` whose fit is Spark's."""

    def fit(self, confidence: sparse.csr_matrix) -> None:
        with tempfile.TemporaryDirectory(prefix="spark-als-") as name:
            folder = Path(name)
            write_cells(confidence, folder / RATINGS)
            plan = {
                "rank": self.factors,
                "iterations": self.iterations,
                "penalty": spark_penalty(confidence, self.regularization),
                "seed": self.seed,
                "threads": self.threads,
                "blocks": int(np.clip(confidence.nnz // CELLS_PER_BLOCK, *BLOCKS)),
            }
            (folder / PLAN).write_text(json.dumps(plan), encoding="utf-8")
            _run(folder)
            items = read_factors(folder / FACTORS, confidence.shape[1], self.factors)
        self.restore({"user_factors": self._user_step(confidence, items), "item_factors": items})

    def _user_step(
        self, confidence: sparse.csr_matrix, items: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        from implicit.cpu.als import AlternatingLeastSquares as Solver
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"):
            solver = Solver(
                factors=self.factors,
                regularization=self.regularization,
                alpha=1.0,  # the matrix already holds confidences
                dtype=np.float32,
                num_threads=self.threads,
            )
            solver.item_factors = items
            found: NDArray[np.float32] = solver.recalculate_user(
                np.arange(confidence.shape[0]), confidence
            )
        return found


def spark_penalty(confidence: sparse.csr_matrix, regularization: float) -> float:
    """Spark's λ, at which the mean penalty of a rating's user is `regularization`."""
    counts = np.diff(confidence.indptr).astype(np.float64)
    return float(regularization * counts.sum() / (counts**2).sum())


def write_cells(confidence: sparse.csr_matrix, folder: Path) -> None:
    """The matrix as Parquet files of user, item and a·r, some rows of users at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir()
    users = confidence.shape[0]
    start = 0
    while start < users:
        limit = confidence.indptr[start] + CELLS_AT_ONCE
        end = max(start + 1, int(np.searchsorted(confidence.indptr, limit, side="right")) - 1)
        cells = slice(confidence.indptr[start], confidence.indptr[end])
        counts = np.diff(confidence.indptr[start : end + 1])
        table = pa.table(
            {
                "user": np.repeat(np.arange(start, end, dtype=np.int32), counts),
                "item": confidence.indices[cells].astype(np.int32),
                "rating": np.maximum(confidence.data[cells] - 1.0, LEAST).astype(np.float32),
            }
        )
        parquet.write_table(table, folder / f"part-{start:010d}.parquet")
        start = end


def read_factors(folder: Path, rows: int, rank: int) -> NDArray[np.float32]:
    """(rows, rank) from Parquet files of id and features; rows without ratings are zero.

    Raises:
        TrainerError: what Spark has written is no such thing
    """
    from pyarrow import parquet

    found = np.zeros((rows, rank), np.float32)
    for file in sorted(folder.glob("*.parquet")):
        table = parquet.read_table(file)
        ids = table["id"].to_numpy()
        features = table["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        if features.size != len(ids) * rank or (
            len(ids) and not 0 <= ids.min() <= ids.max() < rows
        ):
            raise TrainerError(f"Spark wrote {features.size} numbers for {len(ids)} films")
        found[ids] = features.reshape(len(ids), rank)
    if not np.isfinite(found).all():
        raise TrainerError(
            "Spark's factors are not finite numbers; valid: a regularization above 0"
        )
    return found


def _run(folder: Path) -> None:
    """Run `spark_job` on the folder; what it says of its progress is passed on.

    Raises:
        TrainerError: it fails; with the last lines of its log
    """
    package = Path(__file__).resolve().parent.parent
    path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH", "")]))
    log = folder / "spark.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "recommender.spark_job", str(folder)],
            stdin=subprocess.PIPE,  # whose end tells it that nobody waits any more
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        ) as process,
    ):
        _pass_on(process.stdout)
        code = process.wait()
    if code:
        said = log.read_text(encoding="utf-8", errors="replace")
        sys.stderr.write(said)  # the job's log gets all of it
        lines = [line for line in said.splitlines() if line.strip()]
        raise TrainerError(
            f"Spark's fit ended with exit status {code}; a smaller job: --trainer local,"
            " more memory for Spark: SPARK_DRIVER_MEMORY=8g. Its last lines:\n"
            + "\n".join(lines[-LOG_LINES:])
        )


def _pass_on(lines: IO[str] | None) -> None:
    for line in lines or ():
        sys.stdout.write(line)
        sys.stdout.flush()
