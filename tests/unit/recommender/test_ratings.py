"""Reading the channel, the confidences and the settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.arguments import parse
from recommender.channel import read_channel
from recommender.confidence import ages, confidence_matrix, weighting
from recommender.errors import DataError, SettingsError
from recommender.hyperparameters import Hyperparameters
from tests.unit.recommender.cases import Row, ratings_of, write_channel

TITLES = {1: 'Pokémon, the "Movie" (1998)', 2: "Plain (2000)"}
ROWS: list[Row] = [(7, 2, 3.5, 20), (7, 1, 5.0, 10), (3, 1, 0.5, 5)]


def test_the_channel_is_read_sorted_and_numbered(tmp_path: Path) -> None:
    data = read_channel(write_channel(tmp_path, ROWS, TITLES))
    assert data.ratings.user_ids.tolist() == [3, 7]
    assert data.ratings.movie_ids.tolist() == [1, 2]
    assert data.ratings.user.tolist() == [0, 1, 1]
    assert data.ratings.item.tolist() == [0, 0, 1]
    assert data.ratings.rating.tolist() == [0.5, 5.0, 3.5]
    assert data.titles == TITLES
    assert (data.replaced, data.untitled) == (0, 0)


def test_the_latest_of_two_ratings_wins_and_is_counted(tmp_path: Path) -> None:
    rows = [*ROWS, (3, 1, 4.0, 6)]
    data = read_channel(write_channel(tmp_path, rows, {2: "Plain"}))
    assert data.ratings.rating[0] == 4.0
    assert (data.replaced, data.untitled) == (1, 1)


def test_empty_parts_and_other_files_are_passed_over(tmp_path: Path) -> None:
    write_channel(tmp_path, ROWS, TITLES)
    (tmp_path / "rating" / "part-00001.csv").touch()
    (tmp_path / "rating" / "_SUCCESS").touch()
    assert len(read_channel(tmp_path).ratings) == 3


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("x,1,4.0,5", "row 4 after the header: userid='x'"),
        ("1,1.5,4.0,5", "movieid='1.5'"),
        ("1,1,5.5,5", "rating='5.5'"),
        ("1,1,3.7,5", "rating='3.7'"),
        ("1,1,NaN,5", "rating='NaN'"),
        ("1,1,,5", "rating=''"),
        ("1,1,4.0,-5", "timestamp='-5'"),
        ("99999999999999999999,1,4.0,5", "userid="),
        ("1,1,4.0,5,6,7", "not readable CSV"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, line: str, named: str) -> None:
    write_channel(tmp_path, ROWS, TITLES)
    with (tmp_path / "rating" / "part-00000.csv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError) as caught:
        read_channel(tmp_path)
    assert named in str(caught.value)
    assert "rating/part-00000.csv" in str(caught.value)


@pytest.mark.parametrize("folder", ["rating", "movies"])
def test_a_folder_without_rows_is_named(tmp_path: Path, folder: str) -> None:
    write_channel(tmp_path, ROWS, TITLES)
    (tmp_path / folder / "part-00000.csv").unlink()
    with pytest.raises(DataError, match="no rows in"):
        read_channel(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    write_channel(tmp_path, ROWS, TITLES)
    (tmp_path / "rating" / "part-00000.csv").write_text("userid,rating\n1,4.0\n")
    with pytest.raises(DataError, match=r"missing: movieid$"):
        read_channel(tmp_path)


def test_a_channel_may_have_no_times_but_not_in_some_files_only(tmp_path: Path) -> None:
    write_channel(tmp_path, ROWS, TITLES)
    part = tmp_path / "rating" / "part-00000.csv"
    part.write_text("userid,movieid,rating\n7,2,3.5\n7,1,5.0\n3,1,0.5\n")
    data = read_channel(tmp_path)
    assert not data.timed
    assert not data.ratings.timed
    assert len(data.ratings) == 3
    (tmp_path / "rating" / "part-00001.csv").write_text("userid,movieid,rating,timestamp\n9,1,4,5")
    with pytest.raises(DataError, match="timestamp in all files or in none"):
        read_channel(tmp_path)


def test_a_missing_channel_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="SM_CHANNEL_TRAIN"):
        read_channel(tmp_path / "absent")


def test_confidence_grows_with_stars_and_fades_with_age() -> None:
    ratings = ratings_of([(1, m, 4.0, m) for m in range(4)] + [(2, 0, 2.0, 1), (2, 1, 4.0, 2)])
    settings = Hyperparameters(alpha=3.0, rating_power=1.0, recency=2.0)
    assert ages(ratings).tolist() == [0.75, 0.5, 0.25, 0.0, 0.5, 0.0]
    matrix = confidence_matrix(ratings, weighting(ratings, settings)).toarray()
    assert matrix[matrix > 0].mean() == pytest.approx(3.0)
    assert matrix[0, 3] / matrix[0, 1] == pytest.approx(np.exp(2.0 * 0.5))
    assert matrix[1, 1] / matrix[1, 0] == pytest.approx(2 * np.exp(2.0 * 0.5))


@pytest.mark.parametrize("recency", [0.0, 6.0])
def test_undated_ratings_get_the_mean_recency(recency: float) -> None:
    ratings = ratings_of([(1, m, 4.0, m) for m in range(2000)])
    chosen = weighting(ratings, Hyperparameters(alpha=2.0, recency=recency))
    assert chosen.undated(np.array([4.0]))[0] == pytest.approx(2.0, rel=0.01)


def test_arguments_win_over_the_environment() -> None:
    environment = {"SM_HP_FACTORS": "8", "SM_HP_SEED": '"5"', "SM_HP_SAGEMAKER_PROGRAM": "x"}
    settings = parse(["--factors", "16", "--tune-trials", "3", "--tune", "true"], environment)
    assert (settings.factors, settings.seed, settings.tune_trials) == (16, 5, 3)
    assert settings.tune


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--factors", "many"], "factors='many' is not a valid int"),
        (["--factors", "0"], "out of range"),
        (["--alpha", "nan"], "out of range"),
        (["--algorithm", "svd"], "valid: als, ease, bm25, blend, popularity, auto"),
        (["--depth", "3"], "valid: algorithm, factors"),
        (["--tune", "perhaps"], "true or false"),
        (["--protocol", "tomorrow"], "valid: newest_per_user, global_time"),
        (["--k", "0"], "k=0 is out of range"),
    ],
)
def test_bad_settings_are_named(arguments: list[str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(arguments, {})
    assert named in str(caught.value)


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="depth"):
        parse([], {"SM_HP_DEPTH": "3"})
