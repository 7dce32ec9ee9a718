"""Who rates what, when and how: drawn for a block of people at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count as count_from
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.data.generation.draws import Draws, Ints
from pipeline.data.generation.films import Films
from pipeline.data.generation.people import People

__all__ = ["BLOCK", "Block", "blocks"]

BLOCK: Final = 250_000
"""Ratings of a block, about: it takes some 100 MB."""
_WHERE: Final = 3
_DAY: Final = 86_400
_START: Final = int(datetime(1996, 1, 29, tzinfo=UTC).timestamp())
_END: Final = int(datetime(2018, 9, 24, tzinfo=UTC).timestamp())
_HALF_STARS_SINCE: Final = int(datetime(2003, 2, 18, tzinfo=UTC).timestamp())
"""MovieLens took whole stars only before."""
_ROUNDS: Final = 4
"""After so many of draws by popularity, who still needs films takes any."""
_HALF: Final = (-18, -16, -13, -10, -6, -2, 5, 11, 18)
_WHOLE: Final = (-16, -10, 0, 11)
"""From which liking on there is one half star, or star, more: the shares that ml-25m has."""


@dataclass(frozen=True)
class Block:
    """Ratings of some people, in order of person and film.

    Attributes:
        users: person of each, from 0
        movies: film of each, from 0
        halves: half stars, 1 to 10
        times: seconds since 1970
    """

    users: Ints
    movies: Ints
    halves: Ints
    times: Ints


def blocks(films: Films, people: People, seed: int) -> Iterator[Block]:
    """All ratings, block by block; each block has draws of its own."""
    ends = np.cumsum(people.counts)
    start = done = number = 0
    while start < len(ends):
        stop = max(start + 1, int(np.searchsorted(ends, done + BLOCK, side="right")))
        yield _block(films, people, np.arange(start, stop), Draws(seed, _WHERE, number))
        start, done, number = stop, int(ends[stop - 1]), number + 1


def _block(films: Films, people: People, who: Ints, draws: Draws) -> Block:
    counts = people.counts[who]
    person, movies = _seen(films, people, who, draws)
    times = _times(draws, counts)
    users = who[person]
    # What one likes and the film's own quality, in sixths of half a star, around none.
    liked = films.quality[movies] + people.mildness[users] + draws.bell(6, len(users))
    favourites = people.favourites[users] == films.groups[movies][:, None]
    liked += np.where(favourites.any(axis=1), 3, -3)
    half = 1 + np.searchsorted(np.array(_HALF), liked, side="right")
    whole = 2 + 2 * np.searchsorted(np.array(_WHOLE), liked, side="right")
    halves = np.where(people.whole[users] | (times < _HALF_STARS_SINCE), whole, half)
    order = _sorted_order(person * len(films.ids) + movies)
    return Block(users[order], movies[order], halves[order], times[order])


def _seen(films: Films, people: People, who: Ints, draws: Draws) -> tuple[Ints, Ints]:
    """Person (from 0 within `who`) and film of each rating, a person's in the order of seeing.

    Each draws a taste group, then a film of it by popularity, until all have as many different ones
    as they rate. Who has seen nearly all that is popular goes on with any films.
    """
    wanted, count = people.counts[who], len(films.ids)
    missing = wanted
    persons, movies = [], []
    person, movie = np.empty(0, np.int64), np.empty(0, np.int64)
    for turn in count_from(0):
        more = np.repeat(np.arange(len(who)), np.where(missing, missing + missing // 3 + 8, 0))
        if turn < _ROUNDS:
            seen = _drawn(films, people.groups(draws, who[more]), draws)
        else:  # of which everybody has seen a third at most
            seen = draws.below(count, len(more))
        person, movie = np.concatenate([person, more]), np.concatenate([movie, seen])
        keep = _first_ones(person, movie, count, wanted)
        person, movie = person[keep], movie[keep]
        have = np.bincount(person, minlength=len(who))
        missing = np.where(missing, wanted - have, 0)
        ready = missing[person] == 0
        persons.append(person[ready])
        movies.append(movie[ready])
        person, movie = person[~ready], movie[~ready]
        if not len(person):
            break
    all_persons = np.concatenate(persons)
    order = np.argsort(all_persons.astype(np.uint16), kind="stable")
    return all_persons[order], np.concatenate(movies)[order]


def _drawn(films: Films, groups: Ints, draws: Draws) -> Ints:
    """A film of each group, by popularity."""
    first, sizes, own, other = films.alias
    slot = first[groups] + draws.below(sizes[groups], len(groups))
    itself = draws.below(1 << 31, len(groups)) < own[slot]
    return np.asarray(films.by_group[np.where(itself, slot, other[slot])])


def _first_ones(person: Ints, movie: Ints, count: int, wanted: Ints) -> NDArray[np.bool_]:
    """Which draws to keep: the first of each pair, and no more of a person than wanted."""
    order = _sorted_order(person * count + movie)
    pair = (person * count + movie)[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = pair[1:] != pair[:-1]
    keep = np.zeros(len(person), dtype=np.bool_)
    keep[order[new]] = True
    # Number of kept draws of the same person before each.
    at = np.flatnonzero(keep)
    at = at[np.argsort(person[at].astype(np.uint16), kind="stable")]
    counts = np.bincount(person[at], minlength=len(wanted))
    position = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    keep[at[position >= wanted[person[at]]]] = False
    return keep


def _sorted_order(keys: Ints) -> Ints:
    """As argsort with kind="stable", in a third of its time: sorts keys with their places below."""
    bits = len(keys).bit_length()
    return np.asarray(np.sort(keys << bits | np.arange(len(keys))) & ((1 << bits) - 1))


def _times(draws: Draws, counts: Ints) -> Ints:
    """People come over the years and rate in sessions, at about the same hour of the day."""
    total = int(counts.sum())
    starts = np.cumsum(counts) - counts
    steps = 4 + draws.below(40, total)
    pause = np.flatnonzero(draws.below(60, total) == 0)
    days = np.minimum(65_536 // (1 + draws.below(65_536, len(pause))), 400)
    steps[pause] = days * _DAY + draws.bell(2_700, len(pause))
    steps[starts] = 0
    since = np.cumsum(steps)
    since -= np.repeat(since[starts], counts)
    lasts = since[starts + counts - 1]
    room = _END - _START - lasts
    arrival = _START + draws.below(np.maximum(room, 1), len(counts))
    hour = 19 * 3_600 + draws.bell(6_300, len(counts))
    arrival = np.maximum(arrival // _DAY * _DAY + hour - _DAY, _START)
    times = np.repeat(arrival, counts) + since
    # Who has rated for longer than there was MovieLens does so with shorter pauses.
    squeezed = np.repeat(np.maximum(lasts, _END - _START), counts)
    fits = np.repeat(room > 0, counts)
    return np.where(fits, times, _START + since * ((_END - _START) << 8) // squeezed // (1 << 8))
