"""The page: models with intervals, curves, groups, drift, and some users' lists."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.data.room import amount
from pipeline.evaluation.report.markup import element, safe
from pipeline.evaluation.report.models import protocol_section
from pipeline.evaluation.report.over_time import drift_section
from pipeline.evaluation.report.style import STYLE

__all__ = ["page"]

_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>How good the recommender is</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(document: Mapping[str, Any]) -> str:
    """The whole page of an evaluation's document, as `Evaluation.as_dict` gives it.

    Its policy lets the page's own style in by its hash and nothing else: no script, no address
    (W3C, "Content Security Policy Level 3", section "hash-source").
    """
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(
        [
            _head(document),
            *(protocol_section(found, document) for found in document["protocols"]),
            drift_section(document.get("drift")),
            _people(document.get("people", [])),
            _settings(document),
        ]
    )
    return _DOCUMENT.format(policy=policy, style=STYLE, body=body)


def _head(document: Mapping[str, Any]) -> str:
    data = document["data"]
    best = document["protocols"][0]["models"][0]
    k = document["k"]
    low, high = best["intervals"][f"ndcg_at_{k}"]
    parts = [
        element("h1", "How good the recommender is"),
        element(
            "p",
            f"The champion ({safe(best['algorithm'])}) has an nDCG@{k} of"
            f" {best['metrics'][f'ndcg_at_{k}']:.3f} ({low:.3f} to {high:.3f}) under"
            f" {safe(document['protocols'][0]['protocol'])}. Intervals are over users"
            f" ({document['interval_level']:.0%}); neither seeds nor splits are in them.",
        ),
        element(
            "p",
            f"{data['ratings']:,} ratings of {data['users']:,} users and {data['movies']:,} movies,"
            f" from {safe(document['source'])}; champion: {safe(document['champion_from'])}."
            + ("" if data["timed"] else " The ratings have no times."),
            class_="note",
        ),
    ]
    preset = document.get("preset")
    if preset and preset["differs"]:
        parts.append(
            element(
                "p",
                f"The published figures of {safe(preset['name'])} do not compare:"
                f" {safe(preset['differs'])}.",
                class_="warning",
            )
        )
    return "".join(parts)


def _people(people: Sequence[Mapping[str, Any]]) -> str:
    if not people:
        return ""
    parts = [
        element("h2", "Recommendations beside history"),
        element(
            "p",
            "Of the champion fitted on all ratings. The history shows a user's best-rated movies.",
            class_="note",
        ),
    ]
    for person in people:
        history = [
            element("li", safe(row["title"]), f" <small>{row['rating']:g} stars</small>")
            for row in person["history"]
        ]
        listed = [
            element("li", safe(row["title"]), _because(row.get("because", [])))
            for row in person["recommendations"]
        ]
        parts.append(element("h3", f"User {person['user_id']}, {safe(person['reason'])}"))
        columns = (("Liked most", history), ("Recommended", listed))
        parts.append(
            element(
                "div",
                *(
                    element("div", element("h4", title), element("ol", *rows))
                    for title, rows in columns
                ),
                class_="people",
            )
        )
    return "".join(parts)


def _because(movies: Sequence[Mapping[str, Any]]) -> str:
    if not movies:
        return ""
    return element("small", "because of ", "; ".join(safe(movie["title"]) for movie in movies))


def _settings(document: Mapping[str, Any]) -> str:
    rows = [
        element("tr", element("th", safe(name), scope="row"), element("td", safe(value)))
        for name, value in document["champion"].items()
    ]
    cost = (
        f"Measured in {document['seconds']:.1f} s with at most"
        f" {amount(document['peak_memory_bytes'])} of memory. Ratings' SHA-256"
        f" {safe(document['data']['ratings_sha256'])}."
    )
    return "".join(
        [
            element("h2", "The champion's settings"),
            element("div", element("table", *rows), class_="scroll"),
            element("p", cost, class_="note"),
        ]
    )
