"""Ranges of hyperparameters, and what the strategies take of them."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import pytest

from lakestack.services.sagemaker.toolkit import user_hyperparameters
from lakestack.services.sagemaker.tuning.bayesian import BayesianSearch
from lakestack.services.sagemaker.tuning.ranges import (
    RangeError,
    combinations,
    grid,
    random_search,
    ranges_of,
)


def numeric(kind: str, low: str, high: str, scale: str = "Auto") -> dict[str, Any]:
    one = {"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scale}
    return {f"{kind}ParameterRanges": [one]}


def categorical(**values: list[str]) -> dict[str, Any]:
    found = [{"Name": name, "Values": each} for name, each in values.items()]
    return {"CategoricalParameterRanges": found}


def drawn(given: dict[str, Any], number: int = 400) -> list[float]:
    """First draws: of several by one search, none is like another."""
    ranges = ranges_of(given)
    return [float(next(random_search(ranges, seed))["x"]) for seed in range(number)]


def test_a_grid_has_every_combination_once() -> None:
    ranges = ranges_of(categorical(b=["1", "2"], a=["u", "v", "w"]))
    assert combinations(ranges) == 6
    found = list(grid(ranges))
    assert found[:2] == [{"a": "u", "b": "1"}, {"a": "u", "b": "2"}]
    assert len({tuple(each.values()) for each in found}) == 6


def test_a_seed_gives_the_same_search() -> None:
    given = {**numeric("Continuous", "0.1", "10"), **categorical(y=["a", "b"])}

    def search(seed: int | None) -> list[dict[str, str]]:
        return list(itertools.islice(random_search(ranges_of(given), seed), 8))

    assert search(1) == search(1)
    assert search(1) != search(2)
    assert search(None) != search(None)


def test_a_random_search_takes_nothing_twice_and_everything_in_the_end() -> None:
    given = {**numeric("Integer", "1", "9", "Logarithmic"), **categorical(y=["a", "b", "c"])}
    found = [tuple(each.values()) for each in random_search(ranges_of(given), 3)]
    assert len(found) == len(set(found)) == 27


@pytest.mark.parametrize(
    ("kind", "low", "high", "scale", "middle"),
    [
        ("Continuous", "1", "10000", "Linear", 5000),
        ("Continuous", "1", "10000", "Auto", 5000),
        ("Continuous", "1", "10000", "Logarithmic", 100),
        ("Integer", "1", "10000", "Logarithmic", 70),
        ("Integer", "1", "10000", "Linear", 5000),
        ("Continuous", "0", "0.9999", "ReverseLogarithmic", 0.99),
    ],
)
def test_scales(kind: str, low: str, high: str, scale: str, middle: float) -> None:
    found = drawn(numeric(kind, low, high, scale))
    assert float(low) <= min(found)
    assert max(found) <= float(high)
    half = statistics.median(found)
    if scale == "ReverseLogarithmic":
        assert math.log10(1 - half) == pytest.approx(math.log10(1 - middle), abs=0.4)
    elif scale == "Logarithmic":
        assert math.log10(half) == pytest.approx(math.log10(middle), abs=0.4)
    else:
        assert half == pytest.approx(middle, rel=0.15)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (numeric("Integer", "1.5", "2"), "invalid literal"),
        (numeric("Continuous", "a", "2"), "could not convert"),
        (numeric("Continuous", "nan", "2"), "MinValue nan"),
        (numeric("Continuous", "3", "2"), "must not be above"),
        (numeric("Continuous", "0", "2", "Logarithmic"), "greater than 0"),
        (numeric("Continuous", "0", "1", "ReverseLogarithmic"), "MaxValue < 1"),
        (numeric("Integer", "0", "0", "ReverseLogarithmic"), "continuous ranges"),
        ({**numeric("Integer", "1", "2"), **categorical(x=["1"])}, "unique"),
    ],
)
def test_ranges_that_are_none(given: dict[str, Any], said: str) -> None:
    with pytest.raises(RangeError, match=said):
        ranges_of(given)


RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "rate", "MinValue": "0.0001", "MaxValue": "1", "ScalingType": "Logarithmic"},
        {"Name": "keep", "MinValue": "0", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
    ],
    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "20"}],
    **categorical(kind=["a", "b", "c"]),
}


def loss(values: dict[str, str]) -> float:
    """Least at rate 0.01, depth 12, kind b."""
    rate, depth = math.log10(float(values["rate"])), int(values["depth"])
    return (rate + 2) ** 2 + ((depth - 12) / 6) ** 2 + (values["kind"] != "b")


def least(strategy: str, seed: int, number: int = 25) -> float:
    known: list[tuple[dict[str, str], float]] = []
    ranges = ranges_of(RANGES)
    at_random = random_search(ranges, seed)
    bayesian = BayesianSearch(ranges, maximize=False, seed=seed)
    for _ in range(number):
        values = bayesian.next(known, []) if strategy == "Bayesian" else next(at_random)
        known.append((values, loss(values)))
    return min(value for _, value in known)


def test_a_bayesian_search_is_better_than_chance() -> None:
    seeds = range(4)
    ours = [least("Bayesian", seed) for seed in seeds]
    assert statistics.mean(ours) < 0.5 * statistics.mean(least("Random", seed) for seed in seeds)
    assert least("Bayesian", 3) == ours[3]


def test_a_bayesian_search_takes_nothing_twice_and_everything_in_the_end() -> None:
    given = ranges_of({**numeric("Integer", "1", "5"), **categorical(y=["a", "b", "c"])})
    search = BayesianSearch(given, maximize=True, seed=1)
    known: list[tuple[dict[str, str], float]] = []
    running: list[dict[str, str]] = []
    for number in range(15):
        running.append(search.next(known, running))
        if number % 3 == 2:  # of three that ran beside each other one fails
            known += [(values, math.nan if n == 1 else 1.0) for n, values in enumerate(running)]
            running = []
    assert len({tuple(values.values()) for values, _ in known}) == 15


@pytest.mark.parametrize(("text", "place"), [("0.0001", 0.0), ("0.01", 0.5), ("1", 1.0)])
def test_a_place_is_one_of_the_scale(text: str, place: float) -> None:
    [rate] = [each for each in ranges_of(RANGES) if each.name == "rate"]
    assert rate.place(text) == pytest.approx([place])


def test_a_script_does_not_get_the_name_of_the_objective() -> None:
    """The training toolkit keeps it to itself, as it does what begins with sagemaker_."""
    given = {"_tuning_objective_metric": "ndcg", "sagemaker_program": "train.py", "factors": 8}
    assert user_hyperparameters(given) == {"factors": 8}
