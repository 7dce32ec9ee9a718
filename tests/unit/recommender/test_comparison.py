"""Models side by side: the same users, curves, groups, presets, aging, and `models/evaluate.py`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evaluate
from recommender.aging import SLICES, aging, stability_index
from recommender.breakdown import by_popularity, popularity_groups
from recommender.channel import number_again
from recommender.comparison import Plan, compare_models
from recommender.errors import DataError, SettingsError
from recommender.evaluation import Lists, fit, measure, rank
from recommender.hyperparameters import Hyperparameters
from recommender.presets import PRESETS, preset
from recommender.protocols import split
from recommender.ratings import fingerprint
from tests.unit.recommender.cases import checkerboard_rows, ratings_of, write_channel
from tests.unit.recommender.test_age import tastes

ALS = Hyperparameters(factors=8, iterations=6, regularization=2.0, threads=1)
BASELINE = replace(ALS, algorithm="popularity")


def plan(**other: Any) -> Plan:
    given = {
        "champion": ALS,
        "challengers": {"popularity": BASELINE},
        "protocol": "stratified_item",
        "test_fraction": 0.25,
        "seed": 42,
        "k": 10,
        "users": 10_000,
    }
    return Plan(**{**given, **other})


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def test_figures_are_those_of_the_training_job() -> None:
    ratings = ratings_of(tastes(1, dated=True))
    found = compare_models(ratings, plan(), ignore)
    held_out = split(ratings, "stratified_item", 0.25, 42)
    fitted = fit(held_out.train, ALS)
    alone = measure(fitted.model, fitted.confidence, held_out.test, 10).result()
    champion, popularity = found["models"]
    assert champion["metrics"] == alone
    assert found["users_measured"] == found["users"]
    assert champion["against_champion"] is None
    against = popularity["against_champion"]
    assert against["verdict"] == "worse"
    assert against["ndcg_difference"] == pytest.approx(
        popularity["metrics"]["ndcg_at_10"] - champion["metrics"]["ndcg_at_10"]
    )
    assert found["train"] + found["test"] + found["left_out"] == len(ratings)


def test_a_sample_is_drawn_by_seed_and_said() -> None:
    ratings = ratings_of(tastes(1, dated=True))
    said: list[str] = []
    found = compare_models(ratings, plan(users=50), said.append)
    assert (found["users"], found["users_measured"]) == (591, 50)
    assert "stratified_item: measuring 50 of 591 users, drawn by seed" in said
    again = compare_models(ratings, plan(users=50), ignore)
    assert again["models"][0]["metrics"] == found["models"][0]["metrics"]
    whole = compare_models(ratings, plan(), ignore)["models"][0]["intervals"]["ndcg_at_10"]
    sample = found["models"][0]["intervals"]["ndcg_at_10"]
    assert sample[1] - sample[0] > whole[1] - whole[0]


def test_curves_agree_with_the_figures() -> None:
    (champion, _) = compare_models(ratings_of(tastes(1, dated=True)), plan(), ignore)["models"]
    place = champion["lengths"].index(10)
    assert champion["curves"]["ndcg"][place][0] == champion["metrics"]["ndcg_at_10"]
    assert champion["curves"]["recall"] == sorted(champion["curves"]["recall"])
    assert sum(group["users"] for group in champion["by_history"]) == 591
    lengths = [(group["from"], group["to"]) for group in champion["by_history"]]
    assert lengths == sorted(lengths)


def test_popularity_groups_have_equal_shares_of_the_ratings() -> None:
    raters = np.array([1, 50, 1, 20, 20, 5, 3, 0])
    group = popularity_groups(raters)
    assert group[1] == 0 and group[7] == 4
    assert (np.diff(group[np.argsort(-raters, kind="stable")]) >= 0).all()
    lists = Lists(
        np.array([0]), np.array([[1, 3, -1]], np.int32), np.array([[True, False, False]]),
        np.array([2]),
    )  # fmt: skip
    found = by_popularity(lists, 3, raters, np.array([1, 7]))
    assert [g["held_out"] for g in found] == [1, 0, 0, 0, 1]
    assert found[0]["recall"] == 1.0 and found[1]["recall"] is None and found[4]["recall"] == 0.0
    assert sum(g["share_of_lists"] for g in found) == 1.0


def test_a_challenger_that_refuses_the_data_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.item_models.EASE_MAX_ITEMS", 10)
    ratings = ratings_of(tastes(1, dated=True))
    ease = replace(ALS, algorithm="ease")
    found = compare_models(ratings, plan(challengers={"ease": ease}), ignore)
    assert "valid: at most 10" in found["refused"]["ease"]
    with pytest.raises(DataError, match="valid: at most 10"):
        compare_models(ratings, plan(champion=ease), ignore)


def test_lists_shorter_than_k_are_filled_with_nothing() -> None:
    ratings = ratings_of(checkerboard_rows(6))
    held_out = split(ratings, "leave_last_one_out", 0.2)
    fitted = fit(held_out.train, ALS)
    lists = rank(fitted.model, fitted.confidence, held_out.test, 50)
    assert (lists.listed == -1).any()
    assert not lists.hits[lists.listed == -1].any()


def test_aging_counts_all_newer_rows() -> None:
    ratings = ratings_of(tastes(1, dated=True))
    found = aging(ratings, ALS, 10_000)
    newer = sum(part["rows"] for part in found["slices"])
    assert found["trained_on"] + newer == len(ratings)
    assert len(found["slices"]) == SLICES
    assert all(part["from"] > found["trained_until"] for part in found["slices"])
    assert all(part["rows_of_unknown_users"] <= part["rows"] for part in found["slices"])
    with pytest.raises(DataError, match="needs times"):
        aging(ratings_of(tastes(1, dated=False)), ALS, 10_000)


def test_the_stability_index_is_zero_for_equal_shares_and_grows() -> None:
    even = np.array([10.0, 10.0, 10.0])
    assert stability_index(even, even * 7) == 0
    little = stability_index(even, np.array([11.0, 10.0, 9.0]))
    assert 0 < little < 0.1 < stability_index(even, np.array([28.0, 1.0, 1.0]))
    assert np.isfinite(stability_index(even, np.array([30.0, 0.0, 0.0])))
    # By hand: shares 1/2, 1/2 and 3/4, 1/4.
    found = stability_index(np.array([2.0, 2.0]), np.array([3.0, 1.0]))
    assert found == pytest.approx(0.25 * np.log(1.5) - 0.25 * np.log(0.5))


def test_presets_name_their_data_and_their_source() -> None:
    with pytest.raises(SettingsError, match="valid: ml-100k-stratified"):
        preset("ml-100k")
    assert PRESETS["ml-100k-stratified"].published["BiVAE"]["ndcg_at_10"] == 0.475077
    for found in PRESETS.values():
        assert found.source
        for figures in found.published.values():
            assert all(name.endswith(f"_at_{found.k}") for name in figures)
    differs = PRESETS["ml-100k-stratified"].differs(ratings_of(checkerboard_rows(6)))
    assert "of 6 users and 6 movies; published were 100000, 943 and 1682" in differs


def test_rows_numbered_again_are_the_same_rows() -> None:
    ratings = ratings_of([*checkerboard_rows(6), (999, 9, 0.5, 1)])
    kept = number_again(ratings, ratings.rating >= 3.0)
    assert fingerprint(kept) == fingerprint(ratings_of(checkerboard_rows(6)))
    with pytest.raises(DataError, match="no rows are left"):
        number_again(ratings, ratings.rating > 5)


def test_the_fingerprint_is_of_the_ratings_alone() -> None:
    rows = checkerboard_rows(6)
    first = fingerprint(ratings_of(rows))
    assert fingerprint(ratings_of(rows[::-1])) == first
    user, movie, stars, time = rows[0]
    for other in (
        (user + 900, movie, stars, time),
        (user, movie, 0.5, time),
        (user, movie, stars, 1),
    ):
        assert fingerprint(ratings_of([other, *rows[1:]])) != first


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run the entry point on the checkerboard; returns its document."""
    channel = write_channel(tmp_path / "channel", checkerboard_rows(16), {7: "Unrated"})

    def call(status: int = 0, **request: Any) -> dict[str, Any]:
        (tmp_path / "request.json").write_text(json.dumps(request))
        given = [f"--{n}={tmp_path / f'{n}.json'}" for n in ("request", "output")]
        assert evaluate.main([f"--channel={channel}", *given]) == status
        text = (tmp_path / "output.json").read_text() if not status else "{}"
        found: dict[str, Any] = json.loads(text)
        return found

    return call


SMALL = {"factors": 4, "iterations": 5, "threads": 1}


def test_the_entry_point_measures_all_models(run: Callable[..., dict[str, Any]]) -> None:
    found = run(settings=SMALL, protocols=["stratified-item", "newest_per_user"], k=5)
    assert [p["protocol"] for p in found["protocols"]] == ["stratified_item", "newest_per_user"]
    names = [model["name"] for model in found["protocols"][0]["models"]]
    assert names == ["champion", "als", "ease", "bm25", "blend", "popularity"]
    assert "ndcg_at_5" in found["protocols"][0]["models"][0]["metrics"]
    assert found["data"]["unrated_movies"] == 1
    assert found["peak_memory_bytes"] > 1_000_000
    assert "drift" not in found


def test_the_defaults_are_not_measured_twice(run: Callable[..., dict[str, Any]]) -> None:
    names = [m["name"] for m in run(algorithms=["als", "popularity"])["protocols"][0]["models"]]
    assert names == ["champion", "popularity"]


def test_details_bring_drift_and_people(run: Callable[..., dict[str, Any]]) -> None:
    found = run(settings=SMALL, algorithms=["popularity"], details=True, people=[101])
    assert found["drift"]["slices"]
    (person,) = found["people"]
    assert person["user_id"] == 101
    assert person["recommendations"][0]["because"]
    assert not {m["movie_id"] for m in person["history"]} & {
        m["movie_id"] for m in person["recommendations"]
    }


def test_a_preset_on_other_data_publishes_nothing(run: Callable[..., dict[str, Any]]) -> None:
    found = run(settings=SMALL, algorithms=["popularity"], preset="ml-100k-stratified")
    assert found["preset"]["published"] == {}
    assert "published were 100000" in found["preset"]["differs"]
    assert found["protocols"][0]["test_fraction"] == 0.25
    left_out = run(settings=SMALL, algorithms=["popularity"], preset="ml-1m-recbole")
    assert left_out["protocols"][0]["left_out"] > 0


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "protocol": ({"protocols": ["newest"]}, "protocol newest is unknown; valid: newest_per_user"),
    "algorithm": ({"algorithms": ["svd"]}, "algorithm svd is no model; valid: als"),
    "auto": ({"settings": {"algorithm": "auto"}}, "'auto' is no model"),
    "preset": ({"preset": "x"}, "preset='x' is unknown"),
    "both": ({"preset": "ml-1m-recbole", "protocols": ["global_time"]}, "a preset names its"),
    "setting": ({"settings": {"depth": 3}}, "unknown hyper-parameter depth"),
    "type": ({"settings": {"factors": "x"}}, "a setting of another type"),
    "fraction": ({"test_fraction": 2.0}, "test_fraction=2.0 is out of range"),
    "k": ({"k": -1}, "k=-1 is out of range"),
    "no list": ({"k": 0}, "k=0 is out of range"),
    "nothing held out": ({"test_fraction": 0.0}, "test_fraction=0.0 is out of range"),
    "nobody": ({"users": 0}, "users=0; valid: 2 or more"),
    "users": ({"users": 1}, "users=1; valid: 2 or more"),
    "stranger": ({"people": [5]}, "user 5 has no ratings"),
    "key": ({"depth": 1}, "the request has depth"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_wish_is_named(
    run: Callable[..., dict[str, Any]], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request, named = WRONG[name]
    run(status=1, **request)
    errors = capsys.readouterr().err
    assert named in errors
    assert "Traceback" not in errors


def test_a_challenger_that_is_the_champion_again_is_left_out() -> None:
    """A deployed model's settings name the trainer that `auto` found, and how it was tuned."""
    deployed = {"trainer": "local", "tune": True, "tune_trials": 3, "threads": 2}
    champion = evaluate.champion_of({"settings": deployed})
    (found,) = evaluate.plans_of({}, champion, None)
    assert set(found.challengers) == {"ease", "bm25", "blend", "popularity"}
