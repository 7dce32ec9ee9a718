"""The price of the schedule: how often its expression fires, and what that leads to."""

from __future__ import annotations

import pytest

from pipeline.account.cost import estimate
from pipeline.account.schedule_cost import calls
from pipeline.account.templates import parse, resources
from pipeline.cloudformation import template_text
from pipeline.prices import PriceList
from pipeline.settings import SCHEDULE
from pipeline.sizes import Sizes


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(1 minute)", 43_200),
        ("rate(12 hours)", 60),
        ("rate(1 day)", 30),
        ("cron(0 3 * * ? *)", 30),
        ("cron(0/15 8-17 ? * MON-FRI *)", 4 * 10 * 30 * 5 / 7),
        ("cron(30 6,18 1 * ? *)", 2),
        ("cron(0 0 L * ? *)", 1),
        ("cron(0 0 ? JAN,JUL 2#1 *)", 30 / 7 * 2 / 12),
        ("at(2026-01-01T00:00:00)", 0),
    ],
)
def test_an_expression_fires_so_often_in_30_days(expression: str, times: float) -> None:
    assert calls(expression) == pytest.approx(times)


def _month(expression: str | None) -> dict[str, float]:
    made = []
    if expression is not None:
        given = {"Schedule": expression, "RetrainKey": "k", "FrameworkTag": "t"}
        made = resources(SCHEDULE, parse(template_text(SCHEDULE)), given, Region="us-east-1")
    costs = estimate(PriceList.of("us-east-1"), made, Sizes(), {}, {})
    assert costs.unknown == []
    return {i.what: i.usd or 0.0 for i in costs.monthly if i.what.startswith("schedule")}


def test_a_daily_schedule_is_priced_in_the_plan_and_none_costs_nothing() -> None:
    assert _month(None) == {}
    found = _month("rate(1 day)")
    # 43,230 calls of a second and half a GB; 60 jobs of ten minutes; 30 times 4 DPU for ten minutes
    assert found["schedule: function, time"] == pytest.approx(43_230 * 0.5 * 0.0000166667)
    assert found["schedule: jobs of 30 rounds, at most"] == pytest.approx(60 / 6 * 0.115)
    assert found["schedule: their crawls and Glue jobs, at most"] == pytest.approx(
        30 * 4 / 6 * 0.44
    )


def test_more_rounds_cost_more_and_idle_calls_stay() -> None:
    daily, hourly = _month("rate(1 day)"), _month("rate(1 hour)")
    assert sum(hourly.values()) > 20 * sum(daily.values())
    assert hourly["schedule: function, calls"] < 1.1 * daily["schedule: function, calls"]
