"""The model card: what a model is, how good, on what, and what it is not for.

In the sections of Mitchell et al.: "Model Cards for Model Reporting" (FAT* 2019). It holds no
date and no path, so equal runs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from recommender.hyperparameters import Hyperparameters

_KINDS = {
    "als": "implicit-feedback alternating least squares (Hu, Koren, Volinsky 2008)",
    "ease": "item weights in closed form, EASE (Steck 2019)",
    "bm25": "item-item neighbours by BM25-weighted co-occurrence",
    "blend": "ALS and EASE by reciprocal rank fusion",
    "popularity": "movies by number of raters, the same for everybody",
}
_BASELINE = "popularity_"


class Described(Protocol):
    """What the card tells of an artifact (`recommender.artifact.Artifact`)."""

    @property
    def settings(self) -> Hyperparameters: ...
    @property
    def metrics(self) -> Mapping[str, float]: ...
    @property
    def intervals(self) -> Mapping[str, Any]: ...
    @property
    def protocol(self) -> Mapping[str, Any]: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


def model_card(artifact: Described, counts: Mapping[str, int], libraries: Mapping[str, str]) -> str:
    """The card as Markdown.

    Args:
        counts: users, items, ratings and unrated movies of the artifact
        libraries: versions, by name
    """
    settings = artifact.settings
    parts = [
        f"# Movie recommender: {settings.algorithm}",
        "## Model details",
        f"{_KINDS.get(settings.algorithm, settings.algorithm)}. Fitted on all ratings after it was"
        " measured on held-out ones.",
        table(("setting", "value"), settings.as_dict().items()),
        table(("made with", "version"), libraries.items()),
        "## Intended use",
        "Lists of movies for people with some ratings in a MovieLens-like data set, known ones and"
        " new ones by fold-in. Not meant for predicting stars, nor for decisions about people.",
        "## Training data",
        table(("of the data", ""), [*counts.items(), *sorted(artifact.data.items())]),
        "## Metrics",
        _measured(artifact),
        "## Limits",
        "\n".join(
            (
                "- Every held-out row counts as relevant, whatever its stars.",
                "- Popular movies are recommended more than their share: see Gini and novelty.",
                "- Intervals are over users; neither seeds nor splits are in them.",
                "- A movie that nobody rated is listed only when asked for, by its genres.",
                "- The ratings' users are no sample of any population.",
            )
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _measured(artifact: Described) -> str:
    rows: list[Sequence[Any]] = []
    for name, value in sorted(artifact.metrics.items()):
        if name.startswith(_BASELINE):
            continue
        low_high = artifact.intervals.get(name)
        rows.append(
            (
                name,
                f"{value:.4f}",
                f"{low_high[0]:.4f} to {low_high[1]:.4f}" if low_high else "",
                _number(artifact.metrics.get(_BASELINE + name)),
            )
        )
    if not rows:
        return "Not measured."
    protocol = ", ".join(f"{k} {v}" for k, v in sorted(artifact.protocol.items()) if k != "leakage")
    heading = f"Protocol: {protocol}." if protocol else "The protocol is not recorded."
    return heading + "\n\n" + table(("metric", "value", "95 % of users", "popularity"), rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; pipes within cells are escaped."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
