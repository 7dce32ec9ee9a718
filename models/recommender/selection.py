"""`--algorithm auto`: the model that validation rows favour, and by how much.

The rows are held out of the training rows under the job's protocol. ALS is the default, and
stays unless another model beats it beyond noise: a tie is no reason for another kind of model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from recommender.errors import DataError
from recommender.evaluation import fit, measure
from recommender.factory import MODELS
from recommender.hyperparameters import Hyperparameters
from recommender.protocols import split
from recommender.ratings import Ratings
from recommender.statistics import Comparison, compare


@dataclass(frozen=True)
class Pick:
    """The model picked, its gain over ALS (None when that is ALS), and all models' nDCG."""

    algorithm: str
    gain: Comparison | None
    scores: dict[str, float]
    refused: dict[str, str]
    """Models that cannot be fitted on this data, and why."""


def pick(train: Ratings, settings: Hyperparameters, report: Callable[[str], None]) -> Pick:
    """Fit every model on a validation split of the training rows and pick one.

    `report` gets one line per model. Raises DataError when the rows cannot be split.
    """
    held_out = split(train, settings.protocol, settings.test_fraction, settings.seed)
    found, refused = {}, {}
    for name in MODELS:
        try:
            fitted = fit(held_out.train, replace(settings, algorithm=name))
        except DataError as error:
            refused[name] = str(error)
            report(f"auto model={name} refused: {error}")
            continue
        measured = measure(fitted.model, fitted.confidence, held_out.test, settings.k)
        found[name] = measured.per_user["ndcg"]
        report(f"auto model={name} validation_ndcg={found[name].mean():.4f}")
    scores = {name: float(values.mean()) for name, values in found.items()}
    best = max(scores, key=lambda name: scores[name])  # the first of equals: MODELS' order
    gain = compare(found[best], found["als"])
    if best == "als" or not gain.better:
        return Pick("als", None, scores, refused)
    return Pick(best, gain, scores, refused)
