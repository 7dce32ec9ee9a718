"""The model files: written to be checked, read only after every check.

    manifest.json     format, algorithm, hyper-parameters, weighting, metrics, sizes, files
    model.npz         the model's arrays (`Model.layout`)
    catalogue.npz     user_ids, movie_ids, and each user's rated movies as CSR indptr and indices
    titles.json       [[movie id, title], …] in the order of movie_ids

No pickle anywhere. The same training run with the same seed and threads gives the same bytes:
no times, no paths, sorted keys. Other files in the folder (SageMaker puts `code/` there) are
left alone.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.base import Arrays, Layout, Model, check_arrays
from recommender.confidence import Weighting
from recommender.errors import ArtifactError, SettingsError
from recommender.factory import create
from recommender.hyperparameters import Hyperparameters

FORMAT = "movielens-recommender"
FORMAT_VERSION = 2
MANIFEST = "manifest.json"
FILES = ("model.npz", "catalogue.npz", "titles.json")
_KEYS = {
    "format", "format_version", "hyperparameters", "weighting", "metrics", "counts", "files",
}  # fmt: skip


@dataclass(frozen=True)
class Artifact:
    """A fitted model with all that answering needs. `seen` is users x items, ones."""

    settings: Hyperparameters
    weighting: Weighting
    metrics: dict[str, float]
    model: Model
    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    titles: list[str]
    seen: sparse.csr_matrix


def save(artifact: Artifact, folder: Path) -> None:
    """Write the model files; the manifest, which names the others' SHA-256, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    seen = artifact.seen
    catalogue = {
        "user_ids": artifact.user_ids,
        "movie_ids": artifact.movie_ids,
        "seen_indptr": seen.indptr.astype(np.int64),
        "seen_indices": seen.indices.astype(np.int32),
    }
    np.savez(folder / "model.npz", allow_pickle=False, **artifact.model.arrays())
    np.savez(folder / "catalogue.npz", allow_pickle=False, **catalogue)
    pairs = [list(p) for p in zip(artifact.movie_ids.tolist(), artifact.titles, strict=True)]
    _write_json(folder / "titles.json", pairs)
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "hyperparameters": artifact.settings.as_dict(),
        "weighting": asdict(artifact.weighting),
        "metrics": artifact.metrics,
        "counts": {
            "users": len(artifact.user_ids),
            "items": len(artifact.movie_ids),
            "ratings": int(seen.nnz),
        },
        "files": {name: _describe(folder / name) for name in FILES},
    }
    _write_json(folder / MANIFEST, manifest)


def load(folder: Path) -> Artifact:
    """Read and check the model files; raises ArtifactError naming the file and the fault."""
    manifest = _manifest(folder)
    for name in FILES:
        _check_file(folder / name, manifest["files"][name])
    try:
        settings = Hyperparameters(**manifest["hyperparameters"])
        model = create(settings)
        weighting = Weighting(**manifest["weighting"])
        counts = {name: int(manifest["counts"][name]) for name in ("users", "items", "ratings")}
        metrics = {str(name): float(value) for name, value in manifest["metrics"].items()}
        numbers = [*asdict(weighting).values(), *metrics.values()]
        if not all(np.isfinite(numbers)):
            raise ArtifactError(f"{MANIFEST} has a metric or weighting that is not a finite number")
    except (KeyError, TypeError, ValueError, AttributeError, SettingsError) as error:
        raise ArtifactError(f"{MANIFEST} is inconsistent: {error!r}") from None
    users, items, rows = counts["users"], counts["items"], counts["ratings"]
    arrays = _arrays(folder / "model.npz")
    check_arrays(arrays, model.layout(users, items, rows, settings.factors), "model.npz")
    model.restore(arrays)
    catalogue = _arrays(folder / "catalogue.npz")
    layout: Layout = {
        "user_ids": ((users,), "int64"),
        "movie_ids": ((items,), "int64"),
        "seen_indptr": ((users + 1,), "int64"),
        "seen_indices": ((rows,), "int32"),
    }
    check_arrays(catalogue, layout, "catalogue.npz")
    for name in ("user_ids", "movie_ids"):
        if (np.diff(catalogue[name]) <= 0).any():
            raise ArtifactError(f"catalogue.npz: {name} is not sorted and unique")
    return Artifact(
        settings,
        weighting,
        metrics,
        model,
        catalogue["user_ids"],
        catalogue["movie_ids"],
        _titles(folder / "titles.json", catalogue["movie_ids"]),
        _seen(catalogue, users, items),
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{folder} has no {MANIFEST}: not a model of this package") from None
    except (ValueError, OSError) as error:
        raise ArtifactError(f"{path} is not readable JSON: {error}") from None
    if not isinstance(manifest, dict) or set(manifest) != _KEYS:
        found = sorted(manifest) if isinstance(manifest, dict) else type(manifest).__name__
        raise ArtifactError(f"{path} has the keys {found}, expected exactly {sorted(_KEYS)}")
    if (manifest["format"], manifest["format_version"]) != (FORMAT, FORMAT_VERSION):
        raise ArtifactError(
            f"{path} is {manifest['format']} version {manifest['format_version']};"
            f" this code reads {FORMAT} version {FORMAT_VERSION}"
        )
    files = manifest["files"]
    if not isinstance(files, dict) or set(files) != set(FILES):
        raise ArtifactError(f"{path} does not list exactly the files {', '.join(FILES)}")
    return manifest


def _describe(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _check_file(path: Path, expected: Any) -> None:
    if not path.is_file():
        raise ArtifactError(f"{path} is missing")
    found = _describe(path)
    if found != expected:
        raise ArtifactError(
            f"{path.name} was altered or truncated: it is {found}, {MANIFEST} says {expected}"
        )


def _arrays(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{path.name} is not a readable npz file: {error}") from None


def _titles(path: Path, movie_ids: NDArray[np.int64]) -> list[str]:
    try:
        pairs = [(movie, title) for movie, title in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{path.name} is not a list of [movie id, title]: {error}") from None
    if [movie for movie, _ in pairs] != movie_ids.tolist():
        raise ArtifactError(f"{path.name} does not name the movies of catalogue.npz in their order")
    if not all(isinstance(title, str) for _, title in pairs):
        raise ArtifactError(f"{path.name} has a title that is not text")
    return [title for _, title in pairs]


def _seen(catalogue: Arrays, users: int, items: int) -> sparse.csr_matrix:
    indptr, indices = catalogue["seen_indptr"], catalogue["seen_indices"]
    rising = indptr[0] == 0 and indptr[-1] == len(indices) and (np.diff(indptr) >= 0).all()
    if not rising or (len(indices) and (indices.min() < 0 or indices.max() >= items)):
        raise ArtifactError("catalogue.npz: seen_indptr and seen_indices are not a valid matrix")
    return sparse.csr_matrix(
        (np.ones(len(indices), np.int8), indices, indptr), shape=(users, items)
    )


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
