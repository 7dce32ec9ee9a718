"""Whether to retrain, and whether to promote: pure functions of what was measured, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.retraining.stability import LARGE, expected_by_chance, stability_index

__all__ = ["Decision", "Signs", "Thresholds", "Verdict", "decide", "judge"]


@dataclass(frozen=True)
class Thresholds:
    """From where on a sign counts; what has no source is our guess.

    Attributes:
        stability: of ratings and of popularity (Siddiqi 2006: a large shift)
        arrived: new ratings, as a share of what the champion was trained on
        unknown_users: as a share of the users who gave new ratings
        unknown_movies: the same of movies
        drop: of the champion's nDCG, as a share of its own when it was made
        least_users: in the newest slice, for any comparison to be made: a bootstrap interval over
            fewer users covers less than it says (Efron, Tibshirani 1993)
    """

    stability: float = LARGE
    arrived: float = 0.1
    unknown_users: float = 0.05
    unknown_movies: float = 0.05
    drop: float = 0.1
    least_users: int = 30


@dataclass(frozen=True)
class Signs:
    """What has been seen since the champion was made.

    Attributes:
        arrived: new ratings
        trained: ratings that the champion was trained on
        unknown_users: share of the users who gave new ratings that it does not know
        unknown_movies: the same of movies
        stars_index: population stability index of the ratings' stars
        popularity_index: the same of the movies' popularity
        replayed: its nDCG on the newest slice: mean, low, high; None without a slice
        birth: its own nDCG when it was made, on rows held out then; None when it has none
        slice_users: users in the newest slice
    """

    arrived: int
    trained: int
    unknown_users: float
    unknown_movies: float
    stars_index: float
    popularity_index: float
    stars_chance: float
    popularity_chance: float
    replayed: tuple[float, float, float] | None
    birth: float | None
    slice_users: int

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Signs:
        """From the monitoring job's report."""
        stars, popularity = report["stars"], report["popularity"]
        replayed = report["replay"]
        return cls(
            arrived=int(report["rows"]["after"]),
            trained=int(report["rows"]["before"]),
            unknown_users=_share(report["users"]),
            unknown_movies=_share(report["movies"]),
            stars_index=stability_index(stars["before"], stars["after"]),
            popularity_index=stability_index(popularity["before"], popularity["after"]),
            stars_chance=expected_by_chance(stars["before"], stars["after"]),
            popularity_chance=expected_by_chance(popularity["before"], popularity["after"]),
            replayed=(replayed["mean"], replayed["low"], replayed["high"]) if replayed else None,
            birth=report["birth"],
            slice_users=int(report["slice"]["users"]),
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Decision:
    """Whether to train a challenger.

    Attributes:
        retrain: whether to
        reasons: one sentence each, what speaks for it; or why it is refused
    """

    retrain: bool
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes the champion's place.

    Attributes:
        promote: whether it does
        reason: why, or why not
    """

    promote: bool
    reason: str


def decide(signs: Signs, thresholds: Thresholds, *, force: bool = False) -> Decision:
    """Whether what has come is a reason to train a challenger.

    Args:
        signs: what was seen
        thresholds: from where on it counts
        force: train whatever the signs say; nothing can be trained on nothing new, though

    Returns:
        the decision; every sign that counts is a reason
    """
    if not signs.arrived:
        return Decision(False, ["no rating has come since the champion was trained"])
    if signs.slice_users < thresholds.least_users:
        return Decision(
            False,
            [
                f"the newest ratings are of {signs.slice_users} users, and two models cannot be "
                f"told apart with fewer than {thresholds.least_users}"
            ],
        )
    reasons = list(_reasons(signs, thresholds))
    if reasons:
        return Decision(True, reasons)
    share = signs.arrived / signs.trained if signs.trained else 1.0
    quiet = f"nothing speaks for it: {signs.arrived:,} new ratings ({share:.1%}), no shift, no drop"
    return Decision(force, [f"forced; {quiet}" if force else quiet])


def judge(challenge: Mapping[str, Any], thresholds: Thresholds) -> Verdict:
    """Whether the challenger is better than the champion beyond noise.

    Args:
        challenge: the training job's report of the comparison on the newest slice
        thresholds: with the least number of users

    Returns:
        promote only when the whole interval of the paired difference is above 0
    """
    found, users = challenge["difference"], int(challenge["slice"]["users"])
    figures = (
        f"nDCG@{challenge['k']} {challenge['challenger']['mean']:.4f} against "
        f"{challenge['champion']['mean']:.4f} for {users:,} users, difference "
        f"{found['mean']:+.4f}, interval {found['low']:+.4f} to {found['high']:+.4f}"
    )
    if users < thresholds.least_users:
        return Verdict(False, f"too few users to tell them apart ({figures})")
    if found["low"] > 0:
        return Verdict(True, f"better beyond noise ({figures})")
    word = "worse beyond noise" if found["high"] < 0 else "not better beyond noise"
    return Verdict(False, f"{word} ({figures})")


def _reasons(signs: Signs, limits: Thresholds) -> Iterator[str]:
    if signs.arrived >= limits.arrived * signs.trained:
        yield (
            f"{signs.arrived:,} new ratings, {_ratio(signs.arrived, signs.trained)} of what the "
            f"champion was trained on (from {limits.arrived:.0%} on)"
        )
    for what, share, limit in (
        ("users", signs.unknown_users, limits.unknown_users),
        ("movies", signs.unknown_movies, limits.unknown_movies),
    ):
        if share >= limit:
            yield f"{share:.0%} of the {what} in new ratings are unknown (from {limit:.0%} on)"
    for what, index, chance in (
        ("ratings", signs.stars_index, signs.stars_chance),
        ("popularity", signs.popularity_index, signs.popularity_chance),
    ):
        # Few ratings move the index by chance alone.
        if index - chance >= limits.stability:
            yield (
                f"population stability index of {what} {index:.2f}, of which chance gives "
                f"{chance:.2f} (from {limits.stability:.2f} beyond that on)"
            )
    if signs.replayed is not None and signs.birth:
        mean, _, high = signs.replayed
        if high < (1 - limits.drop) * signs.birth:
            yield (
                f"the champion's nDCG on the newest ratings is {mean:.3f} (at most {high:.3f}), "
                f"{1 - mean / signs.birth:.0%} below the {signs.birth:.3f} of its birth "
                f"(from {limits.drop:.0%} beyond noise on)"
            )


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "all"


def _share(counted: Mapping[str, int]) -> float:
    return counted["unknown"] / counted["after"] if counted["after"] else 0.0
