"""Evaluations whose figures stand beside published ones.

A published figure compares only on the same data, rows, list length and metric. So a preset names
all of them, and says what the data must look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from recommender.errors import SettingsError
from recommender.ratings import Ratings


@dataclass(frozen=True)
class Preset:
    """One published evaluation.

    Attributes:
        protocol: of `recommender.protocols`
        test_fraction: share of the rows held out
        left_out_fraction: share of the rows that is neither trained on nor measured, where the
            publication had a validation part
        ratings, users, movies: of the data, after `least_stars`; 0 where nothing was published
        least_stars: rows of fewer stars are left out before the split
        source: where the figures were published
        published: model → metric → value
    """

    protocol: str
    test_fraction: float
    ratings: int
    users: int
    movies: int
    source: str
    seed: int = 42
    k: int = 10
    left_out_fraction: float = 0.0
    least_stars: float = 0.0
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def differs(self, ratings: Ratings) -> str:
        """Why figures on these rows do not compare with the published; "" when they do."""
        found = (len(ratings), *ratings.shape)
        wanted = (self.ratings, self.users, self.movies)
        if found == wanted:
            return ""
        return (
            f"the data has {found[0]} ratings of {found[1]} users and {found[2]} movies;"
            f" published were {wanted[0]}, {wanted[1]} and {wanted[2]}"
        )


def _rows(names: str, *rows: str) -> Mapping[str, Mapping[str, float]]:
    metrics = names.split()
    cells = (row.split() for row in rows)
    return {model: dict(zip(metrics, map(float, values), strict=True)) for model, *values in cells}


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "ml-100k-stratified": Preset(
            "stratified_item",
            0.25,
            100_000,
            943,
            1682,
            "Recommenders (Microsoft), README, section 'Algorithm Comparison'; its MAP divides by"
            " another number and is left out",
            published=_rows(
                "ndcg_at_10 precision_at_10 recall_at_10",
                "BiVAE 0.475077 0.411771 0.219145",
                "BPR 0.441997 0.388229 0.212522",
                "LightGCN 0.419846 0.379626 0.144336",
                "NCF 0.396118 0.347296 0.180775",
                "SAR 0.382461 0.330753 0.176385",
                "FastAI 0.147866 0.130329 0.053824",
                "SVD 0.095930 0.091198 0.032783",
                "Spark-ALS 0.044239 0.048462 0.017796",
            ),
        ),
        "ml-1m-recbole": Preset(
            "stratified_user",
            0.1,
            836_478,
            6040,
            3629,
            "RecBole-GNN, results/general/ml-1m.md: stars from 3, 8:1:1 at random within users",
            left_out_fraction=0.1,
            least_stars=3.0,
            published=_rows(
                "recall_at_10 mrr_at_10 ndcg_at_10 hit_rate_at_10 precision_at_10",
                "XSimGCL 0.2116 0.4638 0.2750 0.7743 0.1987",
                "NCL 0.2021 0.4599 0.2702 0.7565 0.1962",
                "LightGCN 0.1861 0.4388 0.2538 0.7330 0.1863",
                "BPR 0.1776 0.4187 0.2401 0.7199 0.1779",
                "NeuMF 0.1651 0.4020 0.2271 0.7029 0.1700",
            ),
        ),
        "ml-latest-small-newest": Preset(
            "newest_per_user",
            0.2,
            100_004,
            671,
            9066,
            "nothing is published; the project promises nDCG@10 of .135 at least",
        ),
    }
)


def preset(name: str) -> Preset:
    """The preset of that name; raises SettingsError naming all for another one."""
    if name not in PRESETS:
        raise SettingsError(f"preset={name!r} is unknown; valid: {', '.join(PRESETS)}")
    return PRESETS[name]
