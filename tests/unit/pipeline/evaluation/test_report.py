"""The page: whole without a network, safe with any title, and small."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import EvaluationError
from pipeline.evaluation.champion import Champion
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.report import page, write_report
from pipeline.evaluation.report.markup import element, safe
from pipeline.evaluation.report.plots import Point, Series, dots, lines, steps

EVIL = "<script>alert(\"1\")</script> & 'quotes'\x00"


class Page(HTMLParser):
    """Tags, attributes and text of a page; every tag has to be closed in order."""

    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def model(name: str, algorithm: str, ndcg: float) -> dict[str, Any]:
    """What `models/evaluate.py` says of a model, for lists of 10."""
    names = ("ndcg", "precision", "recall", "map", "mrr", "hit_rate")
    ends = [ndcg, ndcg - 0.01, ndcg + 0.01]
    return {
        "name": name,
        "algorithm": algorithm,
        "metrics": {f"{n}_at_10": ndcg for n in (*names, "coverage", "novelty", "gini")},
        "intervals": {f"{n}_at_10": ends[1:] for n in names},
        "against_champion": None
        if name == "champion"
        else {"ndcg_difference": -0.05, "low": -0.06, "high": -0.04, "verdict": "worse"},
        "lengths": [1, 10, 100],
        "curves": {n: [ends, ends, ends] for n in ("ndcg", "precision", "recall", "hit_rate")},
        "by_popularity": [
            {"movies": 3, "held_out": 5, "share_of_lists": 0.2, "recall": 0.4},
            {"movies": 3, "held_out": 0, "share_of_lists": 0.8, "recall": None},
        ],
        "by_history": [
            {"from": 1, "to": 5, "users": 9, "ndcg": ends},
            {"from": 6, "to": 50, "users": 8, "ndcg": ends},
        ],
    }


def document() -> dict[str, Any]:
    """An evaluation with everything a page can show."""
    part: dict[str, Any] = {
        "from": 10**9,
        "to": 10**9 + 5,
        "rows": 9,
        "rows_of_unknown_users": 3,
        "users": 7,
    }
    part |= {"rows_of_unknown_movies": 1, "ratings_index": 0.05, "popularity_index": 0.3}
    return {
        "source": EVIL,
        "champion_from": EVIL,
        "k": 10,
        "interval_level": 0.95,
        "data": {"ratings": 9, "users": 2, "movies": 3, "timed": True, "ratings_sha256": "ab"},
        "champion": {"algorithm": "als", "factors": 96},
        "preset": {
            "name": "ml-100k-stratified", "source": EVIL, "differs": "",
            "published": {"BiVAE": {"ndcg_at_10": 0.475}},
        },
        "protocols": [
            {
                "protocol": "stratified_item", "k": 10, "train": 7, "test": 2, "left_out": 0,
                "users": 900, "users_measured": 100, "seed": 42,
                "models": [model("champion", "als", 0.3), model("popularity", "popularity", 0.2)],
                "refused": {"ease": EVIL},
            }
        ],
        "drift": {
            "trained_on": 5,
            "trained_until": 10**9,
            "slices": [{**part, "champion": [0.2, 0.1, 0.3]}, {**part, "from": 2 * 10**9}],
        },
        "people": [
            {
                "user_id": 1, "rated": 2, "reason": EVIL,
                "history": [{"movie_id": 1, "title": EVIL, "rating": 4.5, "time": 0}],
                "recommendations": [
                    {"movie_id": 2, "title": EVIL, "because": [{"movie_id": 1, "title": EVIL}]}
                ],
            }
        ],
        "seconds": 1.5, "cpu_seconds": 1.0, "peak_memory_bytes": 10**8,
    }  # fmt: skip


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    found = Page(page(document()))
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(found.tags)
    for name, value in found.attributes:
        assert not name.startswith("on") and name not in {"src", "href", "style"}
        assert "url(" not in value and "http" not in value.replace("http-equiv", "")
    text = page(document())
    assert "@import" not in text and "@font-face" not in text and "://" not in text


def test_the_policy_lets_in_the_pages_own_style_alone() -> None:
    text = page(document())
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_titles_of_any_kind_are_text() -> None:
    found = Page(page(document()))
    shown = "".join(found.text)
    assert shown.count('<script>alert("1")</script> &') >= 7
    assert "\x00" not in page(document())
    assert element("a", title=EVIL).count('"') == 2
    assert safe("<b>") == "&lt;b&gt;"


def test_a_page_tells_what_was_asked() -> None:
    text = "".join(Page(page(document())).text)
    for words in (
        "nDCG@10 with intervals", "BiVAE (published)", "a SAMPLE of 100 of 900 users",
        "by length of the list", "by popularity of the movie", "by length of the history",
        "Over time", "Population stability index", "Recommendations beside history", "because of",
        "2001-09-09",
    ):  # fmt: skip
        assert words in text, words
    other = document()
    other["preset"]["differs"] = "9 ratings"
    other["drift"] = {"refused": "no times", "slices": []}
    text = "".join(Page(page(other)).text)
    assert "do not compare: 9 ratings" in text
    assert "Not measured: no times" in text


def test_a_large_evaluation_stays_under_three_megabytes() -> None:
    large = document()
    protocol = large["protocols"][0]
    protocol["models"] += [model(f"model {i}", "als", 0.1) for i in range(10)]
    large["protocols"] = [copy.deepcopy(protocol) for _ in range(5)]
    large["people"] = large["people"] * 100
    assert len(page(large).encode()) < 3_000_000


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 0.146), (0.0, 1e-6), (0.0, 0.0), (-0.3, 0.2), (0.0, 12345.0)]
)
def test_steps_cover_the_values_and_are_few(low: float, high: float) -> None:
    found = steps(low, high)
    assert found[0] <= low + 1e-9 and found[-1] >= high - 1e-9
    assert 2 <= len(found) <= 8


def test_points_lie_where_their_values_are() -> None:
    points = [Point(0, 0.0), Point(1, 0.5), Point(2, 1.0, 0.9, 1.0)]
    drawn = lines("t", [Series("a", "s0", points)], [(0, "x"), (2, "y")], "label")
    places = [tuple(map(float, xy)) for xy in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.1)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.1)
    assert y0 > y2
    whisker = re.findall(r'y1="([\d.]+)" y2="([\d.]+)" class="whisker"', drawn)
    assert float(whisker[0][1]) == pytest.approx(y2)


def test_nothing_to_plot_is_said() -> None:
    assert "Nothing to plot" in lines("t", [], [], "x")
    assert "Nothing to plot" in dots("t", [], "x")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    found = {k: v for k, v in document().items() if k not in {"source", "champion_from"}}
    evaluation = Evaluation(found, "s3://bucket", Champion("the defaults"))
    write_report(evaluation, tmp_path / "report.html")
    assert Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_report(evaluation, tmp_path / "absent" / "report.html")
