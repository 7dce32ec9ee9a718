"""The films: titles, genres, ids elsewhere, and how popular and how good each is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from pipeline.data.generation.draws import AliasTable, Draws, Ints
from pipeline.data.generation.size import Size
from pipeline.data.invented import genre_list, table_csv, title
from pipeline.data.words import ADJECTIVES, GENRES, NOUNS

__all__ = ["GROUPS", "Films"]

GROUPS: Final = 24
"""Taste groups: each film belongs to one."""
_WHERE: Final = 1
"""First number of the place of the draws made here."""
_SEQUELS: Final = (
    "", " II", " III", " Returns", " Forever", " Revisited", ": The Beginning", " IV",
    ": Homecoming",
)  # fmt: skip
_HEAD: Final = 30
_BEND: Final = 3_500
_UNIT: Final = 1 << 44


@dataclass(frozen=True)
class Films:
    """The films of one data set, in order of their ids.

    Attributes:
        ids: MovieLens ids, rising
        groups: taste group of each
        weights: how likely each is to be seen, as whole numbers
        quality: how much better or worse than others people find it, in sixths of half a star
    """

    size: Size
    seed: int
    ids: Ints
    groups: Ints
    weights: Ints
    quality: Ints

    @classmethod
    def of(cls, size: Size, seed: int) -> Films:
        """The films of a size and seed."""
        draws, count = Draws(seed, _WHERE, 0), size.movies
        rank = draws.shuffled(count)
        groups = draws.below(GROUPS, count)
        groups[:GROUPS] = np.arange(GROUPS)  # none is empty
        quality = draws.bell(5, count) - 6 * rank // count + 3
        return cls(
            size=size,
            seed=seed,
            ids=np.cumsum(1 + draws.below(8, count)),
            groups=groups,
            weights=_popularity(rank, size),
            quality=quality,
        )

    @cached_property
    def alias(self) -> tuple[Ints, Ints, Ints, Ints]:
        """By taste group, as `AliasTable.joined`; slots count films in the order of `by_group`."""
        return AliasTable.joined(
            [AliasTable(self.weights[self.groups == group]) for group in range(GROUPS)]
        )

    @cached_property
    def by_group(self) -> Ints:
        """Films in order of their groups."""
        return np.argsort(self.groups, kind="stable")

    def movies_csv(self) -> bytes:
        """movies.csv: titles in MovieLens' manner, "River, The (1994)"."""
        draws, count = Draws(self.seed, _WHERE, 1), len(self.ids)
        pairs = draws.shuffled(len(ADJECTIVES) * len(NOUNS))
        years = np.maximum(draws.below(63, count), draws.below(63, count)) + 1956
        forms, extra = draws.below(100, count), draws.below(3, count)
        others = draws.below(len(GENRES), 2 * count).reshape(-1, 2)
        rows = []
        for index, movie in enumerate(self.ids.tolist()):
            pair = int(pairs[index % len(pairs)])
            adjective, noun = ADJECTIVES[pair % len(ADJECTIVES)], NOUNS[pair // len(ADJECTIVES)]
            sequel = index // len(pairs)
            numeral = _SEQUELS[sequel] if sequel < len(_SEQUELS) else f" {sequel + 1}"
            named = f"{title(adjective, noun, int(forms[index]), numeral)} ({years[index]})"
            further = others[index, : extra[index]].tolist()
            rows.append((str(movie), named, genre_list(index, int(self.groups[index]), further)))
        return table_csv("movies", rows)

    def links_csv(self) -> bytes:
        """links.csv: every 700th film has no tmdbId."""
        draws, count = Draws(self.seed, _WHERE, 2), len(self.ids)
        imdb = np.cumsum(1 + draws.below(150, count)).tolist()
        tmdb = np.cumsum(1 + draws.below(15, count))[draws.shuffled(count)].tolist()
        return table_csv(
            "links",
            (
                (str(movie), f"{imdb[i]:07d}", "" if i % 700 == 699 else str(tmdb[i]))
                for i, movie in enumerate(self.ids.tolist())
            ),
        )


def _popularity(rank: Ints, size: Size) -> Ints:
    """A long tail: nearly flat for the first thirty, then as 1/rank, from rank 3,500 on 1/rank^3.

    A third of a rating for each film is spread evenly, so that the last films are not all unseen.
    In ml-latest-small the first film has 329 of 100,836 ratings, the 2,269th 10, the middle one 3.
    """
    tail = (rank + _HEAD) * (_BEND**2 + rank**2) // _BEND**2
    weights = _UNIT // tail
    even = int(weights.sum()) // (3 * size.ratings)
    return np.asarray(np.maximum(weights + even, 1))
