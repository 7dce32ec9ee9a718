"""Schedule expressions, the function's package, and the picture of a drift."""

from __future__ import annotations

import io
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from pipeline.drift.plot import Point, bars, draw
from pipeline.drift.tastes import Rating, Tastes, calm, shifted
from pipeline.errors import DataError, SettingsError, StackError
from pipeline.retraining import schedule
from pipeline.retraining.schedule import expression_of
from pipeline.uploads import retraining_package


@pytest.mark.parametrize(
    ("every", "cron", "expression"),
    [
        ("1d", None, "rate(1 day)"),
        ("12h", None, "rate(12 hours)"),
        ("30m", None, "rate(30 minutes)"),
        (None, "0 3 * * ? *", "cron(0 3 * * ? *)"),
        (None, "cron(0  3 * * ? *)", "cron(0 3 * * ? *)"),
        (None, None, None),
    ],
)
def test_an_expression_is_eventbridges(
    every: str | None, cron: str | None, expression: str | None
) -> None:
    assert expression_of(every, cron) == expression


@pytest.mark.parametrize(
    ("every", "cron"),
    [("0d", None), ("1w", None), ("daily", None), (None, "* * * * *"), ("1d", "0 3 * * ? *")],
)
def test_what_is_no_schedule_is_refused(every: str | None, cron: str | None) -> None:
    with pytest.raises(SettingsError):
        expression_of(every, cron)


def test_a_time_that_eventbridge_refuses_names_the_schedules_own_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake = MagicMock()
    lake.stacks.deploy.side_effect = StackError(
        "Stack lake-schedule is ROLLBACK_COMPLETE: Parameter ScheduleExpression is not valid.",
        "Fix the cause, then: lake run (the stack is made again)",
    )
    monkeypatch.setattr(schedule, "upload", MagicMock())
    with pytest.raises(StackError) as refused:
        schedule.make_schedule(lake, "cron(0 99 * * ? *)")
    assert refused.value.message.startswith("cron(0 99 * * ? *) is not scheduled. Stack lake-")
    assert refused.value.hint.endswith("then: lake schedule --every 1d")


def test_the_functions_package_needs_boto3_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(retraining_package())) as archive:
        archive.extractall(tmp_path)
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import retrain
import pipeline.retraining.function as function
assert function.__file__.startswith({str(tmp_path)!r}), function.__file__
foreign = {{"numpy", "pandas", "rich", "typer", "yaml", "scipy"}} & set(sys.modules)
assert not foreign, foreign
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert retraining_package() == retraining_package()


def _points() -> list[Point]:
    return [
        Point("champion", False, 0.3, 0.25, 0.35, 40, 100),
        Point("champion", True, 0.1, 0.05, 0.15, 40, 100),
        Point("new model", True, 0.25, 0.2, 0.3, 40, 100),
    ]


def test_the_picture_is_svg_with_a_dot_for_each_point() -> None:
    text = draw(_points(), "Drift <7>")
    root = ET.fromstring(text)  # noqa: S314 - our own
    titles = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 4  # the picture's and three dots'
    assert "tastes shift" in text
    assert "another model serves" in text
    assert "Drift &lt;7&gt;" in text
    assert [bar.count("█") for _, _, bar in bars(_points())] == [30, 10, 25]


def _ratings(users: int, movies: int) -> list[Rating]:
    chance = np.random.default_rng(1)
    return [
        (user, movie, 4.0, 1000 + user)
        for user in range(users)
        for movie in chance.permutation(movies)[:20].tolist()
    ]


def test_tastes_shift_to_movies_that_nobody_of_them_has_rated_before() -> None:
    tastes = Tastes.of(iter(_ratings(40, 80)), 30, seed=7)
    assert len(tastes.user_ids) == 30
    quiet, loud = calm(tastes, 5, 7), shifted(tastes, 5, 8, 7)
    for made in (quiet, loud):
        assert made == sorted(made, key=lambda r: r[3])
        assert made[0][3] > tastes.newest
        pairs = {(r[0], r[1]) for r in made}
        assert len(pairs) == len(made)
        both = tastes.with_ratings(made)
        assert both.rated.sum() == tastes.rated.sum() + len(made)
        assert both.newest == made[-1][3]
    assert shifted(tastes, 5, 8, 7) == loud
    assert shifted(tastes, 5, 8, 9) != loud


def test_a_shift_leaves_movies_of_the_fashion_for_a_later_wave() -> None:
    tastes = Tastes.of(iter(_ratings(40, 80)), 40, seed=7)  # fashions of 20, some of them rated
    loud = shifted(tastes, 20, 8, 7, leave=5)
    last = shifted(tastes.with_ratings(loud), 5, 9, 7)
    given = Counter(r[0] for r in loud)
    assert min(given.values()) > 0
    assert Counter(r[0] for r in last) == dict.fromkeys(tastes.user_ids.tolist(), 5)


def test_too_few_people_have_no_tastes() -> None:
    with pytest.raises(DataError, match="29 users"):
        Tastes.of(iter(_ratings(29, 80)), 30, seed=7)
