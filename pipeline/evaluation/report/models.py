"""The part of the page that one protocol has: models, curves, groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.evaluation.report.markup import element, safe
from pipeline.evaluation.report.plots import Point, Series, dots, lines
from pipeline.evaluation.report.style import style_of
from pipeline.evaluation.words import measured

__all__ = ["protocol_section"]

_METRICS = ("ndcg", "precision", "recall", "map", "mrr", "hit_rate", "coverage", "novelty", "gini")
_NAMES = {"ndcg": "nDCG", "map": "MAP", "mrr": "MRR", "gini": "Gini"}
_CURVES = {"ndcg": "nDCG", "precision": "Precision", "recall": "Recall", "hit_rate": "Hit rate"}
_GROUPS = ("most rated", "2nd fifth", "3rd fifth", "4th fifth", "long tail")


def protocol_section(protocol: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Heading, plots and table of one protocol."""
    models, k = protocol["models"], protocol["k"]
    rows = [
        (
            _label(model),
            style_of(model["name"]),
            _interval([model["metrics"][f"ndcg_at_{k}"], *model["intervals"][f"ndcg_at_{k}"]], 0),
        )
        for model in models
    ]
    published = (document.get("preset") or {}).get("published", {})
    rows += [(name, "s5", Point(0, figures[f"ndcg_at_{k}"])) for name, figures in published.items()]
    rows.sort(key=lambda row: -row[2].value)
    note = (
        f"{protocol['train']:,} rows to learn from, {protocol['test']:,} held out,"
        f" {protocol['left_out']:,} in neither; {measured(protocol)}; seed {protocol['seed']}."
    )
    detailed = [model for model in models if "curves" in model]
    plots = [dots(f"nDCG@{k} with intervals", rows, f"nDCG@{k}")]
    if detailed:
        plots += [_curve(detailed, name, title) for name, title in _CURVES.items()]
        plots += [_popularity(detailed, k), _shares(detailed, k), _history(detailed, k)]
    parts = [
        element("h2", f"Held out: {safe(protocol['protocol'])}"),
        element("p", note, class_="note"),
        _key(models),
        element("div", *plots, class_="plots"),
        _table(protocol, published),
    ]
    parts += [
        element("p", f"Not measured: {safe(name)}: {safe(reason)}", class_="note")
        for name, reason in protocol["refused"].items()
    ]
    if published:
        parts.append(
            element("p", f"Published: {safe(document['preset']['source'])}", class_="note")
        )
    return "".join(parts)


def _label(model: Mapping[str, Any]) -> str:
    name = str(model["name"])
    return f"{name} ({model['algorithm']})" if name == "champion" else name


def _key(models: Sequence[Mapping[str, Any]]) -> str:
    entries = [
        element("li", element("b"), element("span", safe(_label(m))), class_=style_of(m["name"]))
        for m in models
    ]
    return element("ul", *entries, class_="key")


def _interval(ends: Sequence[float], x: float, note: str = "") -> Point:
    value, low, high = ends
    return Point(x, value, low, high, note)


def _curve(models: Sequence[Mapping[str, Any]], name: str, title: str) -> str:
    lengths = models[0]["lengths"]
    series = [
        Series(
            _label(model),
            style_of(model["name"]),
            [
                Point(k, mean, low, high, f"lists of {k}")
                if model["name"] == "champion"
                else Point(k, mean, note=f"lists of {k}")
                for k, (mean, low, high) in zip(lengths, model["curves"][name], strict=True)
            ],
        )
        for model in models
    ]
    ticks = [(k, str(k)) for k in lengths if k in (1, 2, 5, 10, 20, 50, 100)]
    return lines(f"{title} by length of the list", series, ticks, "length k", scale=math.log)


def _popularity(models: Sequence[Mapping[str, Any]], k: int) -> str:
    series = [
        Series(
            _label(model),
            style_of(model["name"]),
            [
                Point(i, group["recall"], note=f"{_GROUPS[i]}, {group['movies']} movies")
                for i, group in enumerate(model["by_popularity"])
                if group["recall"] is not None
            ],
        )
        for model in models
    ]
    return lines(
        f"Recall@{k} by popularity of the movie", series, list(enumerate(_GROUPS)),
        "movies with a fifth of the ratings each",
    )  # fmt: skip


def _shares(models: Sequence[Mapping[str, Any]], k: int) -> str:
    series = [
        Series(
            _label(model),
            style_of(model["name"]),
            [
                Point(i, group["share_of_lists"], note=_GROUPS[i])
                for i, group in enumerate(model["by_popularity"])
            ],
        )
        for model in models
    ]
    return lines(
        f"Share of the lists of {k} by popularity", series, list(enumerate(_GROUPS)),
        "movies with a fifth of the ratings each",
    )  # fmt: skip


def _history(models: Sequence[Mapping[str, Any]], k: int) -> str:
    groups = models[0]["by_history"]
    ticks = [(i, f"{group['from']}-{group['to']}") for i, group in enumerate(groups)]
    series = []
    for place, model in enumerate(models):
        shift = 0.06 * (place - (len(models) - 1) / 2)
        points = [
            _interval(group["ndcg"], i + shift, f"{group['users']} users with {name} ratings")
            for (i, name), group in zip(ticks, model["by_history"], strict=True)
        ]
        series.append(Series(_label(model), style_of(model["name"]), points))
    return lines(f"nDCG@{k} by length of the history", series, ticks, "ratings to learn from")


def _table(protocol: Mapping[str, Any], published: Mapping[str, Mapping[str, float]]) -> str:
    k = protocol["k"]
    heads = [
        "model",
        *(_NAMES.get(name, name.replace("_", " ")) for name in _METRICS),
        "nDCG than champion",
    ]
    lines_ = [element("tr", *(element("th", safe(head), scope="col") for head in heads))]
    for model in protocol["models"]:
        cells = [_cell(model["metrics"].get(f"{name}_at_{k}")) for name in _METRICS]
        against = model["against_champion"]
        words = "" if against is None else (
            f"{against['ndcg_difference']:+.4f} ({against['low']:+.4f} to {against['high']:+.4f}),"
            f" {against['verdict']}"
        )  # fmt: skip
        first = element("th", safe(_label(model)), scope="row")
        lines_.append(element("tr", first, *cells, element("td", safe(words))))
    for name, figures in published.items():
        cells = [_cell(figures.get(f"{metric}_at_{k}")) for metric in _METRICS]
        first = element("th", f"{safe(name)} (published)", scope="row")
        lines_.append(element("tr", first, *cells, element("td")))
    return element("div", element("table", *lines_, class_="wide"), class_="scroll")


def _cell(value: float | None) -> str:
    return element("td", "" if value is None else f"{value:.3f}", class_="number")
