"""A small MovieLens-shaped folder with known counts and a few rows that cannot be used."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

USERS, MOVIES = 60, 120
LOADED, STREAMED, TAGS = 2_400, 600, 150


@dataclass(frozen=True)
class Expected:
    """What the folder that `write_folder` made must give."""

    items: dict[str, int]
    streamed: int
    pairs: int
    rejected: dict[str, int]


def write_folder(folder: Path, seed: int = 7) -> Expected:
    """Write the five files of the workshop; users like movies of their own number's parity."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    pairs = [(user, movie) for user in range(1, USERS + 1) for movie in range(1, MOVIES + 1)]
    weights = [8 if user % 2 == movie % 2 else 1 for user, movie in pairs]
    chosen: dict[tuple[int, int], None] = {}
    while len(chosen) < LOADED + STREAMED:
        chosen.update(dict.fromkeys(chance.choices(pairs, weights, k=500)))
    ratings = [
        (user, movie, chance.randint(1, 10) / 2, 1_200_000_000 + 60 * number)
        for number, (user, movie) in enumerate(list(chosen)[: LOADED + STREAMED])
    ]
    header = ["userId", "movieId", "rating", "timestamp"]
    bad = [(1, 1, 9.5, 1_200_000_000), ("x", 2, 3.0, 1_200_000_000)]
    _write(folder / "ratings.csv", header, [*ratings[:LOADED], *bad])
    _write(folder / "ratings-partial-load.csv", header, [*ratings[LOADED:], (1, 1, "nan", 1)])
    titles = [
        (n, f'Film {n}, The "Très" Best (19{n % 80 + 10})', "Comedy|Drama")
        for n in range(1, MOVIES + 1)
    ]
    _write(folder / "movies.csv", ["movieId", "title", "genres"], titles)
    links = [(n, f"{n:07d}", n * 3 if n % 20 else "") for n in range(1, MOVIES + 1)]
    _write(folder / "links.csv", ["movieId", "imdbId", "tmdbId"], links)
    tags = [(n % USERS + 1, n % MOVIES + 1, f"tag, {n}", 1_300_000_000 + n) for n in range(TAGS)]
    _write(folder / "tags.csv", ["userId", "movieId", "tag", "timestamp"], tags)
    return Expected(
        items={"ratings_t": LOADED, "movies_t": MOVIES, "links_t": MOVIES, "tags_t": TAGS},
        streamed=STREAMED,
        pairs=LOADED + STREAMED,
        rejected={"ratings": 2, "ratings-partial-load": 1},
    )


def _write(path: Path, header: list[str], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
