"""The synthetic generator: same seed, same bytes; MovieLens' shape; tastes to be found."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pipeline.data.synthetic import Shape, generate
from pipeline.data.tables import FILES
from pipeline.data.validation import clean

SMALL = Shape(users=60, movies=900, ratings=4_000, streamed=1_000, tags=50, seed=7)


def rows(folder: Path, name: str) -> list[list[str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    generate(folder)
    return folder


def test_the_default_has_the_workshops_counts_and_every_row_is_valid(
    full: Path, tmp_path: Path
) -> None:
    movies: set[int] | None = None
    counts = {}
    for name, table in FILES.items():
        found = clean(full / f"{name}.csv", tmp_path / name, table, movies=movies)
        if name == "movies":
            movies = found.movies
        assert found.file.rejected == []
        assert found.file.keys == found.file.rows
        counts[name] = found.file.rows
    assert counts == {
        "movies": 9_000,
        "links": 9_000,
        "ratings": 80_004,
        "ratings-partial-load": 20_000,
        "tags": 1_296,
    }


def test_the_edges_of_movielens_are_there(full: Path) -> None:
    movies = rows(full, "movies")
    titles = [title for _, title, _ in movies]
    assert sum("," in title for title in titles) > 1_000
    assert any('"' in title for title in titles)
    assert sum(not title.isascii() for title in titles) > 100
    assert len(titles) - len(set(titles)) == 1
    assert sum(genres == "(no genres listed)" for _, _, genres in movies) == 18
    assert sum(tmdb == "" for _, _, tmdb in rows(full, "links")) == 13


def test_ratings_have_movielens_shape(full: Path) -> None:
    streamed, loaded = rows(full, "ratings-partial-load"), rows(full, "ratings")
    ratings = streamed + loaded
    pairs = {(user, movie) for user, movie, _, _ in ratings}
    assert len(pairs) == 100_004
    assert len({row[0] for row in ratings}) == 610
    # One person is in both files, as user 133 is in the workshop's.
    assert len({row[0] for row in streamed} & {row[0] for row in loaded}) == 1

    users = Counter(row[0] for row in ratings)
    assert min(users.values()) == 20
    assert max(users.values()) > 1_000
    popularity = sorted(Counter(row[1] for row in ratings).values(), reverse=True)
    assert popularity[0] > 20 * np.median(popularity)
    stars = np.array([float(row[2]) for row in ratings])
    assert 3.3 < stars.mean() < 3.8
    assert set(stars) == {half / 2 for half in range(1, 11)}
    times = [int(row[3]) for row in ratings]
    assert min(times) > 800_000_000
    assert max(times) < 1_476_000_000


def test_people_have_tastes_that_popularity_does_not_know(full: Path) -> None:
    """People share movies with the like-minded far more often than by chance."""
    index: dict[str, int] = {}
    ratings = rows(full, "ratings") + rows(full, "ratings-partial-load")
    seen = np.zeros((610, 9_000), dtype=np.float32)
    for user, movie, _, _ in ratings:
        seen[int(user) - 1, index.setdefault(movie, len(index))] = 1
    count, popularity = seen.sum(axis=1), seen.mean(axis=0)
    usual = np.flatnonzero(count < 200)
    shared = seen[usual] @ seen[usual].T
    by_chance = np.outer(count[usual], count[usual]) * (popularity**2).sum() / popularity.sum() ** 2
    lift = shared / by_chance
    np.fill_diagonal(lift, 0)
    assert np.median(np.sort(lift, axis=1)[:, -10:]) > 3


def digest(folder: Path) -> str:
    content = b"".join((folder / f"{name}.csv").read_bytes() for name in FILES)
    return hashlib.sha256(content).hexdigest()


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    made = []
    for name, shape in (
        ("a", SMALL),
        ("b", SMALL),
        ("c", Shape(60, 900, 4_000, 1_000, tags=50, seed=8)),
    ):
        (tmp_path / name).mkdir()
        generate(tmp_path / name, shape)
        made.append(digest(tmp_path / name))
    assert made[0] == made[1] != made[2]


def test_the_default_bytes_change_only_with_the_version(full: Path) -> None:
    """When this fails, raise synthetic.VERSION: cached data is found by it."""
    assert digest(full) == ("9a69656b0c821bd335687cae97b3836e41ae8bcdf9f37f4f51a968e69477b62e")


@pytest.mark.parametrize(
    "shape",
    [
        {"users": 0},
        {"movies": 10},
        {"movies": 10**6},
        {"ratings": 100, "streamed": 100},
        {"users": 2, "ratings": 9_000},
        {"tags": 200_000},
        {"streamed": 0},
    ],
)
def test_an_impossible_shape_is_refused(shape: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="ratings per user or more"):
        Shape(**shape)


@pytest.mark.parametrize("users", [1, 3, 60])
def test_small_shapes_have_exact_counts(tmp_path: Path, users: int) -> None:
    shape = Shape(users=users, movies=9_000, ratings=40 * users, streamed=10 * users, tags=5)
    generate(tmp_path, shape)
    assert len(rows(tmp_path, "ratings")) == 40 * users
    assert len(rows(tmp_path, "ratings-partial-load")) == 10 * users
    assert len(rows(tmp_path, "tags")) == 5
