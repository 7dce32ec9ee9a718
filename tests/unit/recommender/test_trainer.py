"""`--trainer`: which one fits, how ours maps to Spark's, and what is refused by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import train
from recommender import spark_als
from recommender.confidence import confidence_matrix, weighting
from recommender.errors import SettingsError, TrainerError
from recommender.factory import create
from recommender.hyperparameters import Hyperparameters
from recommender.memory import physical_bytes
from recommender.spark_als import LEAST, read_factors, spark_penalty, write_cells
from recommender.trainer import choose, local_bytes
from tests.unit.recommender.cases import MODELS, checkerboard_rows, ratings_of, write_channel

SHAPE = (162_000, 60_000)


def all_there() -> list[str]:
    return []


def nothing_there() -> list[str]:
    return ["pyspark", "java"]


def memory(gigabytes: float) -> Callable[[], int]:
    return lambda: int(gigabytes * 1e9)


def test_auto_stays_in_process_where_memory_suffices() -> None:
    found = choose(Hyperparameters(), 25_000_000, SHAPE, lacking=all_there, memory=memory(16))
    assert found.name == "local"
    assert "of 16.0 GB" in found.reason


def test_auto_takes_spark_for_what_does_not_fit() -> None:
    found = choose(Hyperparameters(), 250_000_000, SHAPE, lacking=all_there, memory=memory(16))
    assert found.name == "spark"


def test_auto_says_that_spark_is_missing_where_it_would_be_taken() -> None:
    found = choose(Hyperparameters(), 250_000_000, SHAPE, lacking=nothing_there, memory=memory(16))
    assert found.name == "local"
    assert "lacks pyspark, java" in found.reason


def test_the_choice_turns_where_the_memory_does() -> None:
    ratings = 10_000_000
    needed = local_bytes(ratings, SHAPE, 96)
    for have, name in ((needed / 0.79, "local"), (needed / 0.81, "spark")):
        at = memory(have / 1e9)
        found = choose(Hyperparameters(), ratings, SHAPE, lacking=all_there, memory=at)
        assert found.name == name


def test_spark_that_is_missing_is_refused_by_name_with_the_way_out() -> None:
    with pytest.raises(SettingsError, match=r"lacks pyspark, java\. Valid here: trainer=local"):
        choose(Hyperparameters(trainer="spark"), 100, (10, 10), lacking=nothing_there)


def test_spark_refuses_an_algorithm_that_it_does_not_fit() -> None:
    with pytest.raises(SettingsError, match="cannot fit algorithm='ease'; it fits als, blend"):
        choose(Hyperparameters(trainer="spark", algorithm="ease"), 100, (10, 10), lacking=all_there)
    found = choose(Hyperparameters(algorithm="ease"), 10**9, SHAPE, lacking=all_there)
    assert found.name == "local"


def test_an_unknown_trainer_is_named_with_the_valid_ones() -> None:
    with pytest.raises(SettingsError, match=r"trainer='flink' is unknown; valid: auto, local"):
        Hyperparameters(trainer="flink")


def test_a_job_without_spark_fails_with_the_reason_in_its_failure_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = {1000 + movie: f"Movie {movie}" for movie in range(16)}
    channel = write_channel(tmp_path / "channel", checkerboard_rows(16), titles)
    (tmp_path / "output").mkdir()
    for variable, folder in {
        "SM_CHANNEL_TRAIN": channel,
        "SM_MODEL_DIR": tmp_path / "model",
        "SM_OUTPUT_DATA_DIR": tmp_path / "output" / "data",
        "SM_OUTPUT_DIR": tmp_path / "output",
        "PATH": tmp_path,
        "JAVA_HOME": tmp_path,
    }.items():
        monkeypatch.setenv(variable, str(folder))
    assert train.main(["--trainer", "spark"]) == 1
    assert "lacks java" in (tmp_path / "output" / "failure").read_text()


@pytest.mark.parametrize("installed", [True, False])
def test_nothing_of_spark_is_imported_before_it_is_chosen(installed: bool) -> None:
    names = ("pyspark", "py4j")  # pandas itself imports pyarrow where there is one
    code = (
        "import sys\n"
        + ("" if installed else f"sys.modules.update(dict.fromkeys({names}))\n")  # import fails
        + "import train, inference\n"
        + f"print([name for name in {names} if sys.modules.get(name)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=MODELS, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_cells_are_the_confidence_above_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet

    monkeypatch.setattr(spark_als, "CELLS_AT_ONCE", 5)  # so that there are several files
    rng = np.random.default_rng(3)
    dense = rng.uniform(0.2, 9.0, (7, 6)) * (rng.random((7, 6)) < 0.6)
    dense[2] = 0  # a user without ratings
    dense[4] = 3.0  # one with more than a file's
    confidence = sparse.csr_matrix(dense.astype(np.float32))
    write_cells(confidence, tmp_path / "cells")
    assert len(list((tmp_path / "cells").iterdir())) > 2
    table = parquet.read_table(tmp_path / "cells").to_pandas()
    assert len(table) == confidence.nnz
    for user, item, rating in table.itertuples(index=False):
        expected = max(float(confidence[user, item]) - 1.0, LEAST)
        assert rating == pytest.approx(expected, rel=1e-5)


def test_the_weighting_survives_the_mapping() -> None:
    """1 + a·r is c = scale·(stars/5)^power·exp(-recency·age) wherever that is above 1."""
    ratings = ratings_of(checkerboard_rows(12))
    settings = Hyperparameters(alpha=20.0)
    confidence = confidence_matrix(ratings, weighting(ratings, settings))
    assert confidence.data.min() > 1
    assert confidence.data.mean() == pytest.approx(20.0, rel=1e-4)


def test_sparks_penalty_is_ours_on_the_mean_rating() -> None:
    counts = [1, 4, 10]
    rows = np.repeat(range(3), counts)
    columns = np.concatenate([np.arange(count) for count in counts])
    confidence = sparse.csr_matrix((np.ones(15, np.float32), (rows, columns)))
    penalty = spark_penalty(confidence, 40.0)
    assert np.average(np.array(counts) * penalty, weights=counts) == pytest.approx(40.0)


def test_factors_come_back_by_id_and_odd_ones_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    def written(name: str, ids: list[int], features: list[list[float]]) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        columns = {
            "id": pa.array(ids, pa.int32()),
            "features": pa.array(features, pa.list_(pa.float32())),
        }
        parquet.write_table(pa.table(columns), folder / "part-0.parquet")
        return folder

    found = read_factors(written("good", [3, 0], [[1, 2], [3, 4]]), 5, 2)
    assert found.tolist() == [[3, 4], [0, 0], [0, 0], [1, 2], [0, 0]]
    with pytest.raises(TrainerError, match="3 numbers for 1 films"):
        read_factors(written("wide", [0], [[1, 2, 3]]), 5, 2)
    with pytest.raises(TrainerError, match="not finite"):
        read_factors(written("nan", [0], [[1, float("nan")]]), 5, 2)


def test_a_spark_process_that_fails_says_why(tmp_path: Path) -> None:
    """Without a plan the process ends at once, before it starts Java."""
    with pytest.raises(TrainerError, match=r"exit status 1; .*--trainer local(.|\n)*plan\.json"):
        spark_als._run(tmp_path)


def test_a_model_of_either_trainer_has_the_same_layout() -> None:
    settings = Hyperparameters(factors=8)
    layouts = [
        create(replace(settings, trainer=name)).layout(9, 7, 20, 8) for name in ("local", "spark")
    ]
    assert layouts[0] == layouts[1]
    assert create(replace(settings, trainer="spark")).name == "als"


@pytest.mark.parametrize(("text", "expected"), [("1073741824\n", 1 << 30), ("max\n", None)])
def test_a_containers_limit_counts(tmp_path: Path, text: str, expected: int | None) -> None:
    (tmp_path / "memory.max").write_text(text)
    found = physical_bytes((tmp_path / "memory.max", tmp_path / "missing"))
    assert found == (expected or physical_bytes(()))
