"""`lake generate`: same arguments, same bytes; MovieLens' shape at any size; all or nothing."""

from __future__ import annotations

import csv
import errno
from collections import Counter, namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.data.generation import Size, folder, generate_folder, parse_size
from pipeline.data.generation.csv_text import RatingText
from pipeline.data.generation.draws import AliasTable, Draws
from pipeline.data.generation.films import Films
from pipeline.data.generation.people import People
from pipeline.data.generation.ratings import Block
from pipeline.data.tables import FILES
from pipeline.data.validation import clean
from pipeline.errors import DataError, SettingsError

NAMES = {"ratings.csv", "movies.csv", "links.csv", "tags.csv"}


def quiet(text: str, done: float, total: float) -> None:
    """Progress that nobody looks at."""


@pytest.fixture(scope="module")
def hundred_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("generated") / "100k"
    generate_folder(made, parse_size("100k"), 7, quiet)
    return made


@pytest.mark.parametrize(
    ("text", "ratings"),
    [
        ("10k", 10_000),
        ("100K", 100_000),
        ("1m", 1_000_000),
        ("2.5m", 2_500_000),
        ("25M", 25_000_000),
        ("100000", 100_000),
        ("1,000,209", 1_000_209),
        ("100_000", 100_000),
        ("1000m", 1_000_000_000),
    ],
)
def test_sizes_are_understood(text: str, ratings: int) -> None:
    assert parse_size(text).ratings == ratings


@pytest.mark.parametrize(
    "text", ["", "ten", "10g", "-5", "1e6", "1.0001k", "999", "1001m", "\uff11\uff10k"]
)
def test_another_size_is_refused_with_what_is_valid(text: str) -> None:
    with pytest.raises(SettingsError, match="valid are") as error:
        parse_size(text)
    assert error.value.hint == "lake generate --ratings 1m"


def test_people_and_films_grow_as_in_movielens() -> None:
    assert (Size.of(100_000).users, Size.of(100_000).movies) == (645, 9_500)  # 610, 9,742
    assert 150_000 < Size.of(25_000_000).users < 170_000  # 162,541
    assert 55_000 < Size.of(25_000_000).movies < 65_000  # 62,423


def test_the_bytes_depend_on_the_arguments_alone(tmp_path: Path) -> None:
    made = {
        name: generate_folder(tmp_path / name, parse_size("10k"), seed, quiet).sha256
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    }
    assert made["a"] == made["b"] != made["c"]
    # Computed once on x86-64; when this fails, data of the same name has other bytes than before.
    assert made["a"] == "bf7594096a2569cce3e5a0f797a43fac4056c111809e05bd55af678dd7e819b2"


def test_every_row_is_valid_and_no_pair_is_there_twice(
    hundred_thousand: Path, tmp_path: Path
) -> None:
    movies = None
    for name in ("movies", "links", "ratings", "tags"):
        found = clean(hundred_thousand / f"{name}.csv", tmp_path / name, FILES[name], movies=movies)
        assert found.file.rejected == []
        assert found.file.keys == found.file.rows
        movies = found.movies if name == "movies" else movies
        assert found.file.rows == {"ratings": 100_000, "tags": 1_300}.get(name, 9_500)


def test_histories_and_popularity_have_the_tails_of_ml_latest_small(hundred_thousand: Path) -> None:
    """20 ratings at least, quartiles 35, 70 and 168; films: median 3, most 329."""
    ratings = pd.read_csv(hundred_thousand / "ratings.csv")
    histories = ratings.groupby("userId").size()
    assert len(histories) == 645
    assert histories.min() == 20
    for share, theirs in ((0.25, 35), (0.5, 70), (0.75, 168)):
        assert theirs / 1.35 < histories.quantile(share) < theirs * 1.35
    assert 1_500 < histories.max() < 9_500 / 3
    films = ratings.groupby("movieId").size().sort_values(ascending=False).to_numpy()
    assert 200 < films[0] < 400
    assert 15 < films[1_000] < 35  # 24
    assert 7 < films[2_269] < 15  # 10
    assert 2 <= np.median(films) <= 5


def test_stars_have_the_shares_of_ml_25m(hundred_thousand: Path) -> None:
    stars = pd.read_csv(hundred_thousand / "ratings.csv")["rating"]
    shares = stars.value_counts(normalize=True).sort_index() * 100
    theirs = [1.57, 3.11, 1.60, 6.56, 5.05, 19.6, 12.7, 26.6, 8.8, 14.5]
    assert list(shares.index) == [half / 2 for half in range(1, 11)]
    assert all(abs(ours - their) < 3 for ours, their in zip(shares, theirs, strict=True))
    assert 3.4 < stars.mean() < 3.65


def test_people_rate_in_sessions_at_their_hour(hundred_thousand: Path) -> None:
    ratings = pd.read_csv(hundred_thousand / "ratings.csv").sort_values(["userId", "timestamp"])
    assert ratings["timestamp"].between(822_873_600, 1_537_747_200).all()
    gaps = ratings.groupby("userId")["timestamp"].diff().dropna()
    assert gaps.quantile(0.9) < 60
    assert 0.01 < (gaps > 3_600).mean() < 0.03
    evening = (ratings["timestamp"] % 86_400 // 3_600).between(16, 22).mean()
    assert evening > 0.6
    early = ratings[ratings["timestamp"] < 1_045_526_400]["rating"]
    assert (early % 1 == 0).all()  # no half stars before 18 February 2003


def test_people_have_tastes_that_popularity_does_not_know() -> None:
    """What the like-minded have seen tells more than what most have seen."""
    size = parse_size("100k")
    films, people = Films.of(size, 7), People.of(size, 7)
    groups = people.groups(Draws(7, 99), np.repeat(np.arange(size.users), 200)).reshape(-1, 200)
    favoured = (groups[:, :, None] == people.favourites[:, None, :]).any(axis=2).mean()
    assert 0.5 < favoured < 0.7
    assert set(films.groups) == set(range(24))


def test_an_alias_table_draws_by_weight() -> None:
    weights = np.array([1, 0, 5, 94, 900], dtype=np.int64) + 1
    table, draws = AliasTable(weights), Draws(3)
    slot = draws.below(len(weights), 200_000)
    itself = draws.below(1 << 31, len(slot)) < table.own[slot]
    drawn = np.bincount(np.where(itself, slot, table.other[slot]), minlength=len(weights))
    assert np.abs(drawn / len(slot) - weights / weights.sum()).max() < 0.005


def test_draws_are_what_they_were() -> None:
    """PCG64's stream is promised not to change (NEP 19): so the values can be written down."""
    draws = Draws(7, 1, 2)
    assert draws.below(1_000, 5).tolist() == [923, 688, 720, 971, 266]
    bounds = np.array([1, 10, 100, 1 << 32])
    assert draws.below(bounds, 4).tolist() == [0, 9, 44, 3100360798]
    assert sorted(draws.shuffled(50).tolist()) == list(range(50))


def test_blocks_are_written_as_csv_writes_them() -> None:
    ids = np.array([1, 31, 9_999_999])
    block = Block(
        users=np.array([8, 8, 9, 999_998]),
        movies=np.array([0, 1, 2, 2]),
        halves=np.array([1, 10, 7, 2]),
        times=np.array([822_873_600, 999_999_999, 1_000_000_000, 1_537_747_200]),
    )
    assert RatingText(ids).rows(block) == (
        b"9,1,0.5,822873600\n9,31,5.0,999999999\n10,9999999,3.5,1000000000\n"
        b"999999,9999999,1.0,1537747200\n"
    )


def test_titles_are_many_and_have_movielens_edges(hundred_thousand: Path) -> None:
    with (hundred_thousand / "movies.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    titles = Counter(title for _, title, _ in rows)
    assert max(titles.values()) == 1
    assert sum("," in title for title in titles) > 500
    assert any('"' in title for title in titles)
    assert any(not title.isascii() for title in titles)
    assert sum(genres == "(no genres listed)" for _, _, genres in rows) == 19
    with (hundred_thousand / "links.csv").open(encoding="utf-8", newline="") as file:
        assert sum(tmdb == "" for _, _, tmdb in csv.reader(file)) == 13


def test_a_folder_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    made, size = tmp_path / "data", Size.of(1_000)
    first = generate_folder(made, size, 7, quiet)
    with pytest.raises(SettingsError, match="is there already") as error:
        generate_folder(made, size, 8, quiet)
    assert "--force" in error.value.hint
    assert generate_folder(made, size, 8, quiet, force=True).sha256 != first.sha256
    assert {path.name for path in made.iterdir()} == NAMES
    (made / "diary.txt").write_text("mine")
    with pytest.raises(SettingsError, match=r"diary\.txt is no file of a generated data set"):
        generate_folder(made, size, 8, quiet, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(text: str, done: float, total: float) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_folder(tmp_path / "data", Size.of(1_000), 7, interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "_write", full)
    with pytest.raises(DataError, match="The disk is full") as error:
        generate_folder(tmp_path / "data", Size.of(1_000), 7, quiet)
    assert "df -h" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_room_is_looked_at_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 0, 200_000_000))
    with pytest.raises(DataError, match=r"10,000,000 ratings need 0\.4 GB|need \d") as error:
        generate_folder(tmp_path / "data", Size.of(10_000_000), 7, quiet)
    assert "200.0 MB are free" in error.value.message
    assert "--output" in error.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_room_asked_for_is_enough(tmp_path: Path) -> None:
    for ratings in (1_000, 10_000):
        made = generate_folder(tmp_path / str(ratings), Size.of(ratings), 7, quiet)
        assert made.bytes < folder._most_bytes(Size.of(ratings)) < 2 * made.bytes + 10_000


def test_a_seed_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="seed -1"):
        generate_folder(tmp_path / "data", Size.of(1_000), -1, quiet)
