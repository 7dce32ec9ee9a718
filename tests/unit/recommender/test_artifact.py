"""The model files: equal bytes for equal runs, and every alteration noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.artifact import FILES, load
from recommender.errors import ArtifactError
from recommender.factory import MODELS
from recommender.hyperparameters import Hyperparameters
from tests.unit.recommender.cases import checkerboard_rows, ratings_of, write_artifact

Change = Callable[[Path], None]


def saved(folder: Path, algorithm: str = "als") -> Path:
    ratings = ratings_of(checkerboard_rows(12))
    settings = Hyperparameters(algorithm=algorithm, factors=3, threads=1)
    write_artifact(folder, ratings, settings, "Amélie {}".format, {"ndcg_at_10": 0.5})
    return folder


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def sign(folder: Path) -> None:
    """Make the manifest agree with the files again, as a careful forger would."""

    def describe(manifest: dict[str, Any]) -> None:
        for name in FILES:
            content = (folder / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            manifest["files"][name] = {"bytes": len(content), "sha256": digest}

    rewrite_manifest(folder, describe)


def rewrite_arrays(name: str, change: Callable[[dict[str, Any]], object]) -> Change:
    def apply(folder: Path) -> None:
        with np.load(folder / name) as archive:
            arrays: dict[str, Any] = dict(archive)
        change(arrays)
        np.savez(folder / name, **arrays)
        sign(folder)

    return apply


def rewrite_titles(change: Callable[[list[Any]], object]) -> Change:
    def apply(folder: Path) -> None:
        pairs = json.loads((folder / "titles.json").read_text(encoding="utf-8"))
        change(pairs)
        (folder / "titles.json").write_text(json.dumps(pairs), encoding="utf-8")
        sign(folder)

    return apply


def rewrite_movies(change: Callable[[dict[str, Any]], object]) -> Change:
    def apply(folder: Path) -> None:
        movies = json.loads((folder / "movies.json").read_text(encoding="utf-8"))
        change(movies)
        (folder / "movies.json").write_text(json.dumps(movies), encoding="utf-8")
        sign(folder)

    return apply


def put(name: str, index: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(arrays: dict[str, Any]) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name][index] = value

    return change


def cut(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])


def no_zip(folder: Path) -> None:
    (folder / "model.npz").write_bytes(b"x")
    sign(folder)


@pytest.mark.parametrize("algorithm", MODELS)
def test_what_was_saved_is_loaded(tmp_path: Path, algorithm: str) -> None:
    artifact = load(saved(tmp_path, algorithm))
    assert artifact.settings.algorithm == algorithm
    assert artifact.titles[0] == "Amélie 1000"
    assert artifact.user_ids.tolist() == list(range(100, 112))
    assert artifact.seen.nnz == len(checkerboard_rows(12))
    assert artifact.metrics == {"ndcg_at_10": 0.5}
    assert np.isfinite(artifact.model.scores(np.arange(12))).all()


def test_equal_runs_give_equal_bytes(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a"), saved(tmp_path / "b")
    for name in (*FILES, "manifest.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_sagemakers_code_folder_is_left_alone(tmp_path: Path) -> None:
    (saved(tmp_path) / "code").mkdir()
    load(tmp_path)


FAULTS: dict[str, tuple[Change, str]] = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), "has no manifest.json"),
    "half a manifest": (lambda f: cut(f, "manifest.json"), "not readable JSON"),
    "extra manifest key": (
        lambda f: rewrite_manifest(f, lambda m: m.update(evil=1)),
        "expected exactly",
    ),
    "another version": (
        lambda f: rewrite_manifest(f, lambda m: m.update(format_version=2)),
        "version 2; this code reads movielens-recommender version 3: train the model again",
    ),
    "no model": (
        lambda f: rewrite_manifest(f, lambda m: m["hyperparameters"].update(algorithm="auto")),
        "inconsistent",
    ),
    "unknown setting": (
        lambda f: rewrite_manifest(f, lambda m: m["hyperparameters"].update(evil=1)),
        "inconsistent",
    ),
    "settings out of range": (
        lambda f: rewrite_manifest(f, lambda m: m["hyperparameters"].update(factors=0)),
        "inconsistent",
    ),
    "NaN weighting": (
        lambda f: rewrite_manifest(f, lambda m: m["weighting"].update(scale=float("nan"))),
        "not a finite number",
    ),
    "missing file": (lambda f: (f / "model.npz").unlink(), "model.npz is missing"),
    "truncated file": (lambda f: cut(f, "model.npz"), "altered or truncated"),
    "no zip": (no_zip, "not a readable npz"),
    "extra array": (
        rewrite_arrays("model.npz", lambda a: a.update(alpha=np.ones(1))),
        "expected exactly",
    ),
    "lost array": (
        rewrite_arrays("model.npz", lambda a: a.pop("user_factors")),
        "expected exactly",
    ),
    "pickled array": (
        rewrite_arrays("model.npz", lambda a: a.update(user_factors=np.array([{}], object))),
        "not a readable npz",
    ),
    "another shape": (
        rewrite_arrays("model.npz", lambda a: a.update(item_factors=a["item_factors"].T)),
        r"item_factors is float32\(3, 12\), expected float32\(12, 3\)",
    ),
    "another dtype": (
        rewrite_arrays("model.npz", lambda a: a.update(user_factors=a["user_factors"] * 1.0j)),
        "expected float32",
    ),
    "NaN factor": (
        rewrite_arrays("model.npz", put("user_factors", (0, 0), np.nan)),
        "not finite",
    ),
    "user twice": (
        rewrite_arrays("catalogue.npz", put("user_ids", 1, 100)),
        "user_ids is not sorted and unique",
    ),
    "item beyond the catalogue": (
        rewrite_arrays("catalogue.npz", put("seen_indices", 0, 12)),
        "not a valid matrix",
    ),
    "falling indptr": (
        rewrite_arrays("catalogue.npz", put("seen_indptr", 1, 50)),
        "not a valid matrix",
    ),
    "another movie's title": (
        rewrite_titles(lambda p: p.__setitem__(0, [7, "x"])),
        "does not name the movies",
    ),
    "a title too few": (rewrite_titles(lambda p: p.pop()), "does not name the movies"),
    "a title that is a number": (rewrite_titles(lambda p: p[0].__setitem__(1, 5)), "not text"),
    "stars beyond five": (
        rewrite_arrays("catalogue.npz", put("seen_half_stars", 0, 11)),
        "seen_half_stars is not within 0 to 10",
    ),
    "a genre too few": (
        rewrite_movies(lambda m: m["genres"].pop()),
        "genres of 11 movies, catalogue.npz has 12",
    ),
    "genres of another form": (rewrite_movies(lambda m: m.pop("genres")), "form of genres"),
    "an unrated movie with ratings": (
        rewrite_movies(lambda m: m["unrated"].append([1003, "x", "Drama"])),
        "calls movie 1003 unrated",
    ),
    "an altered model card": (
        lambda f: cut(f, "MODEL_CARD.md"),
        "MODEL_CARD.md was altered",
    ),
    "NaN interval": (
        lambda f: rewrite_manifest(f, lambda m: m["intervals"].update(x=[float("nan"), 1.0])),
        "not a finite number",
    ),
    "half an interval": (
        lambda f: rewrite_manifest(f, lambda m: m["intervals"].update(x=[0.5])),
        "inconsistent",
    ),
    "titles of another form": (rewrite_titles(lambda p: p.append(3)), "not a list of"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(tmp_path: Path, fault: str) -> None:
    change, named = FAULTS[fault]
    change(saved(tmp_path))
    with pytest.raises(ArtifactError, match=named):
        load(tmp_path)
