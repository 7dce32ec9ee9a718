"""When a challenger is trained, and when it takes the champion's place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.retraining.decision import Signs, Thresholds, decide, judge

QUIET = Signs(
    arrived=50,
    trained=1000,
    unknown_users=0.0,
    unknown_movies=0.0,
    stars_index=0.02,
    popularity_index=0.03,
    stars_chance=0.01,
    popularity_chance=0.01,
    replayed=(0.2, 0.18, 0.22),
    birth=0.2,
    slice_users=100,
)
LIMITS = Thresholds()


def test_nothing_new_is_no_reason_whoever_asks() -> None:
    for force in (False, True):
        found = decide(replace(QUIET, arrived=0, slice_users=0), LIMITS, force=force)
        assert not found.retrain
        assert found.reasons == ["no rating has come since the champion was trained"]


def test_what_is_quiet_is_refused_with_a_reason_and_can_be_forced() -> None:
    found = decide(QUIET, LIMITS)
    assert not found.retrain
    assert "50 new ratings (5.0%), no shift, no drop" in found.reasons[0]
    forced = decide(QUIET, LIMITS, force=True)
    assert forced.retrain
    assert forced.reasons[0].startswith("forced; ")


def test_too_few_users_cannot_be_told_apart() -> None:
    found = decide(replace(QUIET, arrived=900, slice_users=29), LIMITS, force=True)
    assert not found.retrain
    assert "29 users" in found.reasons[0]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"arrived": 100}, "100 new ratings, 10% of"),
        ({"unknown_users": 0.05}, "5% of the users"),
        ({"unknown_movies": 0.5}, "50% of the movies"),
        ({"stars_index": 0.27}, "index of ratings 0.27"),
        ({"popularity_index": 0.27}, "index of popularity 0.27"),
        ({"replayed": (0.15, 0.12, 0.17)}, "25% below the 0.200 of its birth"),
    ],
)
def test_each_sign_alone_is_a_reason(changed: dict[str, Any], word: str) -> None:
    found = decide(replace(QUIET, **changed), LIMITS)
    assert found.retrain
    [reason] = found.reasons
    assert word in reason


@pytest.mark.parametrize(
    "changed",
    [
        {"arrived": 99},
        {"stars_index": 0.3, "stars_chance": 0.1},  # as much as few ratings give by chance
        {"replayed": (0.15, 0.1, 0.19)},  # a drop within noise
        {"replayed": None},
        {"birth": None, "replayed": (0.01, 0.0, 0.02)},
    ],
)
def test_what_is_within_limits_is_none(changed: dict[str, Any]) -> None:
    assert not decide(replace(QUIET, **changed), LIMITS).retrain


def test_the_signs_are_read_from_the_report() -> None:
    found = Signs.of(
        {
            "stars": {"before": [50, 50], "after": [80, 20]},
            "popularity": {"before": [5, 5], "after": [5, 5]},
            "rows": {"before": 100, "after": 100},
            "users": {"after": 20, "unknown": 5},
            "movies": {"after": 0, "unknown": 0},
            "slice": {"rows": 50, "users": 12},
            "replay": {"mean": 0.1, "low": 0.05, "high": 0.15},
            "birth": 0.2,
        }
    )
    assert found.stars_index == pytest.approx(0.41589, abs=1e-5)
    assert found.popularity_index == 0.0
    assert found.unknown_users == 0.25
    assert found.unknown_movies == 0.0
    assert found.replayed == (0.1, 0.05, 0.15)
    assert found.stars_chance == pytest.approx(0.02)


def _challenge(low: float, mean: float, high: float, users: int = 100) -> dict[str, Any]:
    return {
        "k": 10,
        "slice": {"rows": 500, "users": users},
        "champion": {"mean": 0.2},
        "challenger": {"mean": 0.2 + mean},
        "difference": {"mean": mean, "low": low, "high": high},
    }


@pytest.mark.parametrize(
    ("low", "mean", "high", "users", "promote", "word"),
    [
        (0.01, 0.02, 0.03, 100, True, "better beyond noise"),
        (0.0, 0.02, 0.04, 100, False, "not better beyond noise"),
        (-0.01, 0.02, 0.05, 100, False, "not better beyond noise"),
        (-0.03, -0.02, -0.01, 100, False, "worse beyond noise"),
        (0.01, 0.02, 0.03, 29, False, "too few users"),
    ],
)
def test_only_what_is_better_beyond_noise_is_promoted(
    low: float, mean: float, high: float, users: int, promote: bool, word: str
) -> None:
    found = judge(_challenge(low, mean, high, users), LIMITS)
    assert found.promote is promote
    assert found.reason.startswith(word)
    assert f"for {users} users" in found.reason
