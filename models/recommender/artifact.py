"""The model files: written to be checked, read only after every check.

    manifest.json     format, algorithm, hyper-parameters, weighting, metrics with intervals and
                      protocol, the data's fingerprint, library versions, sizes, files
    model.npz         the model's arrays (`Model.layout`)
    catalogue.npz     user_ids, movie_ids, each user's rated movies as CSR indptr and indices, and
                      twice the stars of each (0: not known)
    titles.json       [[movie id, title], …] in the order of movie_ids
    movies.json       {"genres": ["Action|Comedy", …] in that order, "unrated": [[movie id, title,
                      genres], …] of movies that nobody rated}
    MODEL_CARD.md     all of it for people

No pickle anywhere. The same training run with the same seed and threads gives the same bytes:
no times, no paths, sorted keys. Other files in the folder (SageMaker puts `code/` there) are
left alone.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.base import Arrays, Layout, Model, check_arrays
from recommender.card import model_card
from recommender.confidence import Weighting
from recommender.errors import ArtifactError, SettingsError
from recommender.factory import create
from recommender.hyperparameters import Hyperparameters
from recommender.libraries import library_versions
from recommender.movies import Movie, parse_genres

FORMAT = "movielens-recommender"
FORMAT_VERSION = 3
MANIFEST = "manifest.json"
CARD = "MODEL_CARD.md"
FILES = ("model.npz", "catalogue.npz", "titles.json", "movies.json", CARD)
_KEYS = {
    "format", "format_version", "hyperparameters", "weighting", "metrics", "intervals", "protocol",
    "data", "libraries", "counts", "files",
}  # fmt: skip
_MOST_HALF_STARS = 10


@dataclass(frozen=True)
class Artifact:
    """A fitted model with all that answering needs, and what is known of its worth.

    Attributes:
        titles: of `movie_ids`, in their order
        seen: users x items, a cell per rating
        stars: (cells of `seen`,) twice the stars, 0 where they are not known; None for no cell's
        genres: of `movie_ids`, in their order; empty when nothing is known of any
        unrated: movies that nobody rated
        intervals: name of a metric → ends of its interval
        protocol: how the metrics were measured
        data: what it was fitted on: the ratings' fingerprint, say
    """

    settings: Hyperparameters
    weighting: Weighting
    metrics: dict[str, float]
    model: Model
    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    titles: list[str]
    seen: sparse.csr_matrix
    stars: NDArray[np.int8] | None = None
    genres: list[tuple[str, ...]] = field(default_factory=list)
    unrated: list[Movie] = field(default_factory=list)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    protocol: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


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
        "seen_half_stars": np.zeros(seen.nnz, np.int8)
        if artifact.stars is None
        else artifact.stars.astype(np.int8),
    }
    np.savez(folder / "model.npz", allow_pickle=False, **artifact.model.arrays())
    np.savez(folder / "catalogue.npz", allow_pickle=False, **catalogue)
    pairs = [list(p) for p in zip(artifact.movie_ids.tolist(), artifact.titles, strict=True)]
    _write_json(folder / "titles.json", pairs)
    genres = artifact.genres or [()] * len(pairs)
    if len(genres) != len(pairs):
        raise ValueError(f"{len(genres)} lists of genres for {len(pairs)} movies")
    unrated = [[m.movie_id, m.title, "|".join(m.genres)] for m in artifact.unrated]
    movies = {"genres": ["|".join(listed) for listed in genres], "unrated": unrated}
    _write_json(folder / "movies.json", movies)
    libraries = library_versions()
    counts = {
        "users": len(artifact.user_ids),
        "items": len(artifact.movie_ids),
        "ratings": int(seen.nnz),
        "unrated": len(unrated),
    }
    card = model_card(artifact, counts, libraries)
    (folder / CARD).write_text(card, encoding="utf-8", newline="\n")
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "hyperparameters": artifact.settings.as_dict(),
        "weighting": asdict(artifact.weighting),
        "metrics": artifact.metrics,
        "intervals": artifact.intervals,
        "protocol": artifact.protocol,
        "data": artifact.data,
        "libraries": libraries,
        "counts": counts,
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
        intervals = {
            str(name): [float(low), float(high)]
            for name, (low, high) in manifest["intervals"].items()
        }
        protocol, data = dict(manifest["protocol"]), dict(manifest["data"])
        ends = [end for interval in intervals.values() for end in interval]
        numbers = [*asdict(weighting).values(), *metrics.values(), *ends]
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
        "seen_half_stars": ((rows,), "int8"),
    }
    check_arrays(catalogue, layout, "catalogue.npz")
    for name in ("user_ids", "movie_ids"):
        if (np.diff(catalogue[name]) <= 0).any():
            raise ArtifactError(f"catalogue.npz: {name} is not sorted and unique")
    stars = catalogue["seen_half_stars"]
    if rows and not 0 <= stars.min() <= stars.max() <= _MOST_HALF_STARS:
        raise ArtifactError(f"catalogue.npz: seen_half_stars is not within 0 to {_MOST_HALF_STARS}")
    genres, unrated = _movies(folder / "movies.json", catalogue["movie_ids"])
    return Artifact(
        settings,
        weighting,
        metrics,
        model,
        catalogue["user_ids"],
        catalogue["movie_ids"],
        _titles(folder / "titles.json", catalogue["movie_ids"]),
        _seen(catalogue, users, items),
        stars,
        genres,
        unrated,
        intervals,
        protocol,
        data,
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{folder} has no {MANIFEST}: not a model of this package") from None
    except (ValueError, OSError) as error:
        raise ArtifactError(f"{path} is not readable JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise ArtifactError(f"{path} is a {type(manifest).__name__}, expected a JSON object")
    of = (manifest.get("format"), manifest.get("format_version"))
    if of != (FORMAT, FORMAT_VERSION):  # before the keys: another version has others
        raise ArtifactError(
            f"{path} is {of[0]} version {of[1]}; this code reads {FORMAT} version"
            f" {FORMAT_VERSION}: train the model again, or serve it with the code in its own code/"
        )
    if set(manifest) != _KEYS:
        found = sorted(manifest)
        raise ArtifactError(f"{path} has the keys {found}, expected exactly {sorted(_KEYS)}")
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


def _movies(path: Path, movie_ids: NDArray[np.int64]) -> tuple[list[tuple[str, ...]], list[Movie]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        genres = [parse_genres(text) for text in found["genres"]]
        unrated = [
            Movie(int(movie), str(title), parse_genres(listed))
            for movie, title, listed in found["unrated"]
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArtifactError(f"{path.name} does not have the form of genres: {error!r}") from None
    if len(genres) != len(movie_ids):
        raise ArtifactError(
            f"{path.name} has genres of {len(genres)} movies, catalogue.npz has {len(movie_ids)}"
        )
    both = sorted({movie.movie_id for movie in unrated} & set(movie_ids.tolist()))
    if both:
        raise ArtifactError(f"{path.name} calls movie {both[0]} unrated, which has ratings")
    return genres, unrated


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
