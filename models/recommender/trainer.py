"""Which trainer fits ALS: the in-process solver or Spark (`--trainer auto|local|spark`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from recommender.errors import SettingsError
from recommender.hyperparameters import LOCAL, SPARK, Hyperparameters
from recommender.memory import physical_bytes

WITH_ALS = ("als", "blend", "auto")
"""Algorithms that fit ALS: Spark has no others of them."""
PACKAGES = ("pyspark", "pyarrow")
BYTES_PER_RATING = 100
"""Peak of the in-process trainer above the interpreter's own memory, for each rating; measured
(docs/recommender.md, "Two trainers")."""
BYTES_PER_NUMBER = 12
"""The same for each number of the vectors: float32, twice while the archive is written."""
BASE_BYTES = 200_000_000
SHARE = 0.8
"""Of the memory, what the in-process trainer may be expected to need."""


@dataclass(frozen=True)
class Trainer:
    """The trainer to use, and why, for the log."""

    name: str
    reason: str


def missing() -> list[str]:
    """What Spark needs and this machine lacks, by name."""
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    home = os.environ.get("JAVA_HOME", "")
    if not (shutil.which("java") or (home and (Path(home) / "bin" / "java").is_file())):
        lacking.append("java")
    return lacking


def local_bytes(ratings: int, shape: tuple[int, int], factors: int) -> int:
    """What the in-process trainer is expected to need at its peak."""
    return BASE_BYTES + BYTES_PER_RATING * ratings + BYTES_PER_NUMBER * sum(shape) * factors


def choose(
    settings: Hyperparameters,
    ratings: int,
    shape: tuple[int, int],
    *,
    lacking: Callable[[], list[str]] = missing,
    memory: Callable[[], int] = physical_bytes,
) -> Trainer:
    """The trainer for this many ratings of so many users and movies.

    `auto` takes Spark only for what the in-process trainer would not have the memory for, by an
    estimate (`memory`).

    Raises:
        SettingsError: trainer=spark for an algorithm that Spark does not fit, or where Spark is
            not installed
    """
    if settings.trainer == LOCAL or settings.algorithm not in WITH_ALS:
        if settings.trainer == SPARK:
            raise SettingsError(
                f"trainer=spark cannot fit algorithm={settings.algorithm!r}; it fits"
                f" {', '.join(WITH_ALS)}. Valid for this algorithm: trainer=local or trainer=auto"
            )
        return Trainer(LOCAL, "as asked" if settings.trainer == LOCAL else "the algorithm's only")
    if settings.trainer == SPARK:
        if lacks := lacking():
            raise SettingsError(_refusal(lacks))
        return Trainer(SPARK, "as asked")
    needed, have = local_bytes(ratings, shape, settings.factors), memory()
    sizes = f"needs about {_gigabytes(needed)} of {_gigabytes(have)}"
    if needed <= SHARE * have:
        return Trainer(LOCAL, sizes)
    if lacks := lacking():
        return Trainer(LOCAL, f"{sizes}, and for Spark this image lacks {', '.join(lacks)}")
    return Trainer(SPARK, f"in process it {sizes}")


def _refusal(lacks: list[str]) -> str:
    return (
        f"trainer=spark needs {', '.join(PACKAGES)} and Java 17; this image lacks"
        f" {', '.join(lacks)}. Valid here: trainer=local, or trainer=auto, which then takes it."
        " For Spark: an image with Java 17, and pyspark and pyarrow in requirements.txt"
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
