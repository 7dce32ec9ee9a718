"""Both notebooks from a clean kernel, twice in a row: all cells, the plots, and what is left."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.faults.lake_runs import Machine
from tests.notebooks.execution import Executed, execute

pytestmark = pytest.mark.spark

RUNS = 2
LAB4_SECONDS = 90
PLOTS = {
    "lab4": ["ratings-per-user-and-film", "the-long-tail", "over-time", "compare"],
    "explore": ["bytes-by-folder", "stream", "genres"],
}


def standing(machine: Machine) -> dict[str, Any]:
    """What a notebook could leave behind: names and keys by service."""
    sagemaker, glue = machine.client("sagemaker"), machine.client("glue")
    return {
        "objects": sorted(machine.objects("")),
        "endpoints": sorted(e["EndpointName"] for e in sagemaker.list_endpoints()["Endpoints"]),
        "configs": sorted(
            c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ),
        "models": sorted(m["ModelName"] for m in sagemaker.list_models()["Models"]),
        "jobs": sorted(glue.list_jobs()["JobNames"]),
    }


@dataclass(frozen=True)
class Runs:
    """The runs of one notebook, one after another.

    Attributes:
        executed: what each shows
        seconds: how long each took
        before: what there was before the first run
        after: what there was after each
    """

    executed: list[Executed]
    seconds: list[float]
    before: Mapping[str, Any]
    after: Sequence[Mapping[str, Any]]


def runs(machine: Machine, name: str) -> Runs:
    """Run a notebook `RUNS` times."""
    before = standing(machine)
    executed, seconds, after = [], [], []
    for _ in range(RUNS):
        began = time.monotonic()
        executed.append(execute(name, machine.environment))
        seconds.append(time.monotonic() - began)
        after.append(standing(machine))
    return Runs(executed, seconds, before, after)


@pytest.fixture(scope="module")
def lab4(lake: Machine) -> Runs:
    return runs(lake, "lab4")


@pytest.fixture(scope="module")
def explore(lake: Machine) -> Runs:
    return runs(lake, "explore")


def test_lab_4_goes_through_twice_in_time(lab4: Runs) -> None:
    assert len(lab4.executed) == RUNS
    assert min(lab4.seconds) <= LAB4_SECONDS, lab4.seconds


def test_lab_4_finds_a_model_better_than_popularity(lab4: Runs) -> None:
    for executed in lab4.executed:
        assert ": better beyond noise;" in executed.text("compare")
        assert "folded in from 3 movies given" in executed.text("recommend-for-own-ratings")
        assert re.search(r"user \d+: rated \d+ movies", executed.text("recommend-for-a-user"))


def test_lab_4_says_the_same_twice(lab4: Runs) -> None:
    first, second = lab4.executed
    for cell in ("split", "baseline", "fetch", "recommend-for-own-ratings"):
        assert first.text(cell) == second.text(cell)


def test_explore_sees_the_lake(explore: Runs, lake: Machine) -> None:
    for executed in explore.executed:
        for table in ("firehose", "ratings_t", "movies_t", "links_t"):
            assert table in executed.text("catalog")
        assert "SUCCEEDED" in executed.text("script")
        assert "Drama" in executed.text("genres")


@pytest.mark.parametrize("name", PLOTS)
def test_the_plots_are_there_and_small(name: str, request: pytest.FixtureRequest) -> None:
    found: Runs = request.getfixturevalue(name)
    for executed in found.executed:
        pictures = dict(executed.pictures())
        assert list(pictures) == PLOTS[name]
        assert all(2_000 < len(picture) < 200_000 for picture in pictures.values())


@pytest.mark.parametrize("name", PLOTS)
def test_nothing_is_left(name: str, request: pytest.FixtureRequest) -> None:
    found: Runs = request.getfixturevalue(name)
    for after in found.after:
        assert after == found.before


@pytest.mark.parametrize("name", PLOTS)
def test_no_cell_warns(name: str, request: pytest.FixtureRequest) -> None:
    found: Runs = request.getfixturevalue(name)
    for executed in found.executed:
        for cell in executed.cells:
            said = [o["text"] for o in cell.get("outputs", []) if o.get("name") == "stderr"]
            assert not said, (cell["id"], said)
